using Krewe.Contracts.Addressing;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Forms;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Muc.Iq;

/// <summary>What somebody wants who sends a registration (XEP-0077 §3.1, §3.2): a nickname, by form or without, or no registration any more. Neither is a form given up.</summary>
internal sealed record MucRegisterRequest(string? Nickname, bool IsRemoval)
{
    public const string Namespace = "jabber:iq:register";

    public const string FormType = "http://jabber.org/protocol/muc#register";

    public const string NicknameField = "muc#register_roomnick";

    /// <summary>What is wrong with the request is the result.</summary>
    public static StanzaError? Read(ReadOnlySpan<byte> iq, out MucRegisterRequest request)
    {
        request = new MucRegisterRequest(null, false);
        DataForm? form = null;
        string? username = null;
        var isRemoval = false;
        var others = 0;
        var reader = new XmlElementReader(iq);
        reader.ReadToFirstChild();
        var depth = reader.Depth;
        while (reader.Read() && reader.Depth > depth)
        {
            if (reader.Node != XmlNode.Start)
            {
                continue;
            }

            isRemoval |= reader.Is("remove"u8, "jabber:iq:register"u8);
            others += reader.Is("remove"u8, "jabber:iq:register"u8) ? 0 : 1;
            if (reader.Is("x"u8, "jabber:x:data"u8))
            {
                if (!DataForm.TryRead(ref reader, out form))
                {
                    return StanzaError.BadRequest;
                }
            }
            else if (reader.Is("username"u8, "jabber:iq:register"u8))
            {
                username = reader.ReadText();
            }
            else
            {
                reader.Skip();
            }
        }

        if (isRemoval)
        {
            // XEP-0077 §3.2: nothing goes with it.
            request = new MucRegisterRequest(null, true);
            return others > 0 ? StanzaError.BadRequest : null;
        }

        return form is { Type: DataFormType.Cancel } ? null : ReadNickname(form, username, out request);
    }

    private static StanzaError? ReadNickname(DataForm? form, string? username, out MucRegisterRequest request)
    {
        request = new MucRegisterRequest(null, false);
        if (form is not (null or { Type: DataFormType.Submit, FormType: null or FormType }) || (form is null && username is null))
        {
            return StanzaError.BadRequest;
        }

        var text = form is null ? username : form.Find(NicknameField) is { Values: [var value] } ? value : null;
        if (text is null || !JidEnforcement.TryPrepareResourcepart(text, out var nickname))
        {
            return StanzaError.NotAcceptable with { Text = $"{NicknameField} must be a nickname" };
        }

        request = new MucRegisterRequest(nickname, false);
        return null;
    }
}
