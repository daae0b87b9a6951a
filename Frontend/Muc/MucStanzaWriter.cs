using System.Buffers;
using System.Globalization;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Muc;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Routing;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Muc;

/// <summary>
/// What a room sends, as bytes (XEP-0045). The start up to <c>to='</c> and the rest from the closing quote on are the same for every reader, so that
/// between them only the reader's address has to be put.
/// </summary>
internal static class MucStanzaWriter
{
    /// <summary>In front of the reader's full JID.</summary>
    public static ReadOnlySpan<byte> Start(StanzaKind kind) => kind switch
    {
        StanzaKind.Message => "<message to='"u8,
        StanzaKind.Presence => "<presence to='"u8,
        _ => "<iq to='"u8,
    };

    /// <summary>Behind it.</summary>
    public static void WriteRest(IBufferWriter<byte> output, MucStanza stanza)
    {
        var xml = new XmppWriter(output);
        xml.Raw("' from='"u8);
        WriteJid(ref xml, stanza.From);
        xml.Raw("'"u8);
        if (Contracts.Stanzas.StanzaTypes.WireName(stanza.Type) is { } type)
        {
            xml.Attribute("type"u8, type);
        }

        if (stanza.Id is { } id)
        {
            xml.Attribute("id"u8, id);
        }

        xml.Raw(stanza.Payload.Attributes.Span);
        xml.Raw(">"u8);
        xml.Raw(stanza.Payload.Xml.Span);
        WriteInside(ref xml, stanza);
        xml.Raw(stanza.Kind switch { StanzaKind.Message => "</message>"u8, StanzaKind.Presence => "</presence>"u8, _ => "</iq>"u8 });
    }

    private static void WriteInside(ref XmppWriter xml, MucStanza stanza)
    {
        if (stanza.Subject is { } subject)
        {
            WriteElement(ref xml, "subject"u8, subject);
        }

        if (stanza.VoiceRequest is { } request)
        {
            WriteVoiceRequest(ref xml, request);
        }

        if (stanza.Error is { } error)
        {
            StanzaErrorWriter.WriteError(ref xml, error);
        }

        if (stanza.User is { } user)
        {
            WriteUser(ref xml, user);
        }

        if (stanza.OccupantId is { } occupant)
        {
            xml.Raw("<occupant-id xmlns='urn:xmpp:occupant-id:0'"u8);
            xml.Attribute("id"u8, occupant);
            xml.Raw("/>"u8);
        }

        if (stanza.SentAt is { } sentAt)
        {
            xml.Raw("<delay xmlns='urn:xmpp:delay'"u8);
            xml.Attribute("from"u8, stanza.From.Bare);
            xml.Attribute("stamp"u8, sentAt.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture));
            xml.Raw("/>"u8);
        }
    }

    private static void WriteUser(ref XmppWriter xml, MucUserExtension user)
    {
        if (user is { Item: null, Destroy: null } && user.Statuses.IsDefaultOrEmpty)
        {
            xml.Raw("<x xmlns='http://jabber.org/protocol/muc#user'/>"u8);
            return;
        }

        xml.Raw("<x xmlns='http://jabber.org/protocol/muc#user'>"u8);
        if (user.Item is { } item)
        {
            WriteItem(ref xml, item);
        }

        if (user.Destroy is { } destroy)
        {
            WriteDestroy(ref xml, destroy);
        }

        if (!user.Statuses.IsDefaultOrEmpty)
        {
            foreach (var status in user.Statuses)
            {
                xml.Raw("<status code='"u8);
                xml.Number(status);
                xml.Raw("'/>"u8);
            }
        }

        xml.Raw("</x>"u8);
    }

    /// <summary>XEP-0045 §15.5.2.</summary>
    private static void WriteItem(ref XmppWriter xml, MucUserItem item)
    {
        xml.Raw(item.Affiliation switch
        {
            MucAffiliation.Owner => "<item affiliation='owner'"u8,
            MucAffiliation.Admin => "<item affiliation='admin'"u8,
            MucAffiliation.Member => "<item affiliation='member'"u8,
            MucAffiliation.Outcast => "<item affiliation='outcast'"u8,
            _ => "<item affiliation='none'"u8,
        });
        xml.Raw(item.Role switch
        {
            MucRole.Moderator => " role='moderator'"u8,
            MucRole.Participant => " role='participant'"u8,
            MucRole.Visitor => " role='visitor'"u8,
            _ => " role='none'"u8,
        });
        if (item.Jid is { } jid)
        {
            xml.Raw(" jid='"u8);
            WriteJid(ref xml, jid);
            xml.Raw("'"u8);
        }

        if (item.Nickname is { } nickname)
        {
            xml.Attribute("nick"u8, nickname);
        }

        if (item is { Actor: null, Reason: null })
        {
            xml.Raw("/>"u8);
            return;
        }

        xml.Raw(">"u8);
        if (item.Actor is { } actor)
        {
            xml.Raw("<actor"u8);
            xml.Attribute("nick"u8, actor);
            xml.Raw("/>"u8);
        }

        if (item.Reason is { } reason)
        {
            WriteElement(ref xml, "reason"u8, reason);
        }

        xml.Raw("</item>"u8);
    }

    /// <summary>XEP-0045 §10.9.</summary>
    private static void WriteDestroy(ref XmppWriter xml, MucDestroy destroy)
    {
        xml.Raw("<destroy"u8);
        if (destroy.Alternate is { } alternate)
        {
            xml.Attribute("jid"u8, alternate.ToString());
        }

        xml.Raw(">"u8);
        if (destroy.Reason is { } reason)
        {
            WriteElement(ref xml, "reason"u8, reason);
        }

        if (destroy.Password is { } password)
        {
            WriteElement(ref xml, "password"u8, password);
        }

        xml.Raw("</destroy>"u8);
    }

    /// <summary>XEP-0045 §7.13, §15.5.4: what moderators are asked.</summary>
    private static void WriteVoiceRequest(ref XmppWriter xml, MucVoiceRequest request)
    {
        xml.Raw("<x xmlns='jabber:x:data' type='form'><title>Voice request</title><instructions>Somebody without voice asks to speak in this room.</instructions>"u8);
        xml.Raw("<field var='FORM_TYPE' type='hidden'><value>http://jabber.org/protocol/muc#request</value></field>"u8);
        xml.Raw("<field var='muc#role' type='list-single' label='Requested role'><value>participant</value><option label='Participant'><value>participant</value></option></field>"u8);
        xml.Raw("<field var='muc#jid' type='jid-single' label='User'>"u8);
        WriteElement(ref xml, "value"u8, request.Jid.ToString());
        xml.Raw("</field><field var='muc#roomnick' type='text-single' label='Nickname'>"u8);
        WriteElement(ref xml, "value"u8, request.Nickname);
        xml.Raw("</field><field var='muc#request_allow' type='boolean' label='Grant voice?'><value>false</value></field></x>"u8);
    }

    private static void WriteElement(ref XmppWriter xml, ReadOnlySpan<byte> name, string text)
    {
        xml.Raw("<"u8);
        xml.Raw(name);
        xml.Raw(">"u8);
        xml.Text(text);
        xml.Raw("</"u8);
        xml.Raw(name);
        xml.Raw(">"u8);
    }

    /// <summary>Its parts one after the other: no string for the whole.</summary>
    private static void WriteJid(ref XmppWriter xml, Jid jid)
    {
        xml.Escaped(jid.Bare);
        if (jid.Resourcepart is { } resource)
        {
            xml.Raw("/"u8);
            xml.Escaped(resource);
        }
    }
}
