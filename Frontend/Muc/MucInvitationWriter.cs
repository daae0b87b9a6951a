using Krewe.Contracts.Addressing;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Streams;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Muc;

/// <summary>What a room sends to users who are not in it (XEP-0045 §7.8.2).</summary>
internal static class MucInvitationWriter
{
    /// <summary>An invitation, with a direct one beside it for clients that know only those (XEP-0249 §2).</summary>
    /// <param name="inviter">The full JID.</param>
    public static StanzaFrame Invite(Jid room, Jid inviter, MucInvitation invitation, string? password)
    {
        var to = invitation.To!;
        var output = ReplyBuffer.Rent();
        var xml = new XmppWriter(output);
        var toEnd = WriteStart(ref xml, output, room, to);
        xml.Raw("<x xmlns='http://jabber.org/protocol/muc#user'><invite"u8);
        xml.Attribute("from"u8, inviter.ToString());
        xml.Raw(">"u8);
        WriteElement(ref xml, "reason"u8, invitation.Reason);
        if (invitation.Thread is { } thread)
        {
            xml.Raw("<continue"u8);
            WriteAttribute(ref xml, "thread"u8, thread.Length == 0 ? null : thread);
            xml.Raw("/>"u8);
        }

        xml.Raw("</invite>"u8);
        WriteElement(ref xml, "password"u8, password);
        xml.Raw("</x><x xmlns='jabber:x:conference'"u8);
        xml.Attribute("jid"u8, room.Bare);
        WriteAttribute(ref xml, "reason"u8, invitation.Reason);
        WriteAttribute(ref xml, "password"u8, password);
        xml.Raw("/></message>"u8);
        return new StanzaFrame(StanzaKind.Message, StanzaType.Normal, room, to, null, output.WrittenSpan.ToArray(), toEnd);
    }

    /// <param name="invitee">Who declines.</param>
    public static StanzaFrame Decline(Jid room, Jid invitee, Jid inviter, string? reason)
    {
        var output = ReplyBuffer.Rent();
        var xml = new XmppWriter(output);
        var toEnd = WriteStart(ref xml, output, room, inviter);
        xml.Raw("<x xmlns='http://jabber.org/protocol/muc#user'><decline"u8);
        xml.Attribute("from"u8, invitee.Bare);
        xml.Raw(">"u8);
        WriteElement(ref xml, "reason"u8, reason);
        xml.Raw("</decline></x></message>"u8);
        return new StanzaFrame(StanzaKind.Message, StanzaType.Normal, room, inviter, null, output.WrittenSpan.ToArray(), toEnd);
    }

    private static int WriteStart(ref XmppWriter xml, ReplyBuffer output, Jid room, Jid to)
    {
        xml.Raw("<message"u8);
        xml.Attribute("to"u8, to.ToString());
        var toEnd = output.WrittenCount;
        xml.Attribute("from"u8, room.Bare);
        xml.Raw(">"u8);
        return toEnd;
    }

    private static void WriteAttribute(ref XmppWriter xml, ReadOnlySpan<byte> name, string? value)
    {
        if (value is not null)
        {
            xml.Attribute(name, value);
        }
    }

    private static void WriteElement(ref XmppWriter xml, ReadOnlySpan<byte> name, string? text)
    {
        if (text is not null)
        {
            xml.Raw("<"u8);
            xml.Raw(name);
            xml.Raw(">"u8);
            xml.Text(text);
            xml.Raw("</"u8);
            xml.Raw(name);
            xml.Raw(">"u8);
        }
    }
}
