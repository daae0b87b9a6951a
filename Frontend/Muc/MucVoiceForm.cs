using Krewe.Contracts.Muc;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Muc;

/// <summary>The form of voice requests (XEP-0045 §7.13, §8.6): a visitor submits it to ask, a moderator to answer.</summary>
/// <param name="Nickname">Whose request it is, in a moderator's; null for none.</param>
/// <param name="IsAnswer">A moderator's: it says whether the request is granted.</param>
internal sealed record MucVoiceForm(string? Nickname, bool IsAnswer, bool IsGranted)
{
    private const string FormType = "http://jabber.org/protocol/muc#request";

    /// <summary>Does what was submitted. A request that is not granted just stays open.</summary>
    public async Task<StanzaError?> ApplyAsync(RoomVisit visit, MucSession sender)
    {
        if (!IsAnswer)
        {
            return await visit.Grain.RequestVoiceAsync(sender);
        }

        if (!IsGranted)
        {
            return null;
        }

        return Nickname is { Length: > 0 } nickname
            ? await visit.Grain.AdministerAsync(sender, [new MucAdminItem(nickname, null, null, MucRole.Participant, null)])
            : StanzaError.BadRequest;
    }

    /// <summary>Null when the message holds no such form, or one that was not submitted.</summary>
    public static MucVoiceForm? Read(ReadOnlySpan<byte> message)
    {
        var reader = new XmlElementReader(message);
        while (reader.Read())
        {
            if (reader.Node != XmlNode.Start || reader.Depth == 0)
            {
                continue;
            }

            if (reader.Is("x"u8, MucNamespaces.DataForm) && reader.TryGetAttribute("type"u8, out var type) && type == "submit" && ReadForm(ref reader) is { } form)
            {
                return form;
            }

            reader.Skip();
        }

        return null;
    }

    private static MucVoiceForm? ReadForm(ref XmlElementReader reader)
    {
        string? formType = null, nickname = null, allow = null;
        while (reader.Read() && !(reader.Node == XmlNode.End && reader.Depth == 1))
        {
            if (reader.Node != XmlNode.Start || !reader.TryGetAttribute("var"u8, out var name))
            {
                reader.Skip();
                continue;
            }

            var value = ReadValue(ref reader);
            switch (name)
            {
                case "FORM_TYPE":
                    formType = value;
                    break;
                case "muc#roomnick":
                    nickname = value;
                    break;
                case "muc#request_allow":
                    allow = value;
                    break;
            }
        }

        return formType == FormType ? new MucVoiceForm(nickname, allow is not null, allow?.Trim() is "true" or "1") : null;
    }

    /// <summary>The first value of the field that the reader stands on; moves to the field's end.</summary>
    private static string ReadValue(ref XmlElementReader reader)
    {
        string? value = null;
        while (reader.Read() && !(reader.Node == XmlNode.End && reader.Depth == 2))
        {
            if (reader.Node == XmlNode.Start && reader.Is("value"u8, MucNamespaces.DataForm))
            {
                value ??= reader.ReadText();
            }
            else
            {
                reader.Skip();
            }
        }

        return value ?? "";
    }
}
