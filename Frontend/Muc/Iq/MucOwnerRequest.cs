using Krewe.Contracts.Addressing;
using Krewe.Contracts.Muc;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Forms;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Muc.Iq;

/// <summary>A muc#owner request (XEP-0045 §15.4): for the form when it has neither of these.</summary>
/// <param name="Form">Submitted or cancelled.</param>
internal sealed record MucOwnerRequest(DataForm? Form = null, MucDestroy? Destroy = null)
{
    public const string Namespace = "http://jabber.org/protocol/muc#owner";

    internal const int ReasonCharactersMax = 1024;

    internal const int PasswordCharactersMax = 255;

    /// <summary>What is wrong with the request is the result. A get has no children, a set has one.</summary>
    public static StanzaError? Read(ReadOnlySpan<byte> iq, StanzaType type, out MucOwnerRequest request)
    {
        request = new MucOwnerRequest();
        var reader = new XmlElementReader(iq);
        reader.ReadToFirstChild();
        var depth = reader.Depth;
        var children = 0;
        while (reader.Read() && reader.Depth > depth)
        {
            if (reader.Node != XmlNode.Start)
            {
                continue;
            }

            if (type == StanzaType.Get || ++children > 1)
            {
                return StanzaError.BadRequest;
            }

            if (ReadChild(ref reader, ref request) is { } malformed)
            {
                return malformed;
            }
        }

        return type == StanzaType.Set && children == 0 ? StanzaError.BadRequest : null;
    }

    private static StanzaError? ReadChild(ref XmlElementReader reader, ref MucOwnerRequest request)
    {
        if (reader.Is("destroy"u8, "http://jabber.org/protocol/muc#owner"u8))
        {
            return ReadDestroy(ref reader, out request);
        }

        if (!reader.Is("x"u8, "jabber:x:data"u8) || !DataForm.TryRead(ref reader, out var form) || form.Type is not (DataFormType.Submit or DataFormType.Cancel))
        {
            return StanzaError.BadRequest;
        }

        request = new MucOwnerRequest(form);
        return null;
    }

    private static StanzaError? ReadDestroy(ref XmlElementReader reader, out MucOwnerRequest request)
    {
        request = new MucOwnerRequest();
        Jid? alternate = null;
        if (reader.TryGetAttribute("jid"u8, out var address) && !Jid.TryParse(address, out alternate))
        {
            return StanzaError.JidMalformed;
        }

        string? reason = null, password = null;
        var depth = reader.Depth;
        while (reader.Read() && reader.Depth > depth)
        {
            if (reader.Node != XmlNode.Start)
            {
                continue;
            }

            if (reader.NameIs("reason"u8))
            {
                reason = reader.ReadText();
            }
            else if (reader.NameIs("password"u8))
            {
                password = reader.ReadText();
            }
            else
            {
                reader.Skip();
            }
        }

        if (reason?.Length > ReasonCharactersMax || password?.Length > PasswordCharactersMax)
        {
            return StanzaError.NotAcceptable with { Text = $"a reason has at most {ReasonCharactersMax} characters, a password {PasswordCharactersMax}" };
        }

        request = new MucOwnerRequest(Destroy: new MucDestroy(alternate?.ToBare(), NullIfEmpty(reason), NullIfEmpty(password)));
        return null;
    }

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
