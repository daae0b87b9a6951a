using System.Buffers;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Rosters;
using Krewe.Contracts.Sessions;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Streams;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Delivery;

/// <summary>Stanzas that the server makes itself, as bytes. Attribute order is fixed, so that transcripts are stable.</summary>
internal static class ServerStanzaWriter
{
    /// <summary>The start of a stanza whose rest is written as it came: the element's name and a new <c>to</c>.</summary>
    public static void WriteStart(IBufferWriter<byte> output, StanzaKind kind, Jid to)
    {
        var xml = new XmppWriter(output);
        xml.Raw(kind switch { StanzaKind.Message => "<message"u8, StanzaKind.Presence => "<presence"u8, _ => "<iq"u8 });
        xml.Attribute("to"u8, to.ToString());
    }

    /// <summary>Presence without payload.</summary>
    public static void WritePresence(IBufferWriter<byte> output, StanzaFrame presence, Jid to)
    {
        var xml = new XmppWriter(output);
        xml.Raw("<presence"u8);
        xml.Attribute("to"u8, to.ToString());
        xml.Attribute("from"u8, presence.From.ToString());
        if (Contracts.Stanzas.StanzaTypes.WireName(presence.Type) is { } type)
        {
            xml.Attribute("type"u8, type);
        }

        if (presence.Id is { } id)
        {
            xml.Attribute("id"u8, id);
        }

        xml.Raw("/>"u8);
    }

    /// <summary>RFC 6121 §2.1.6: one item, no <c>from</c>, an id of its own; the version makes the best id there is.</summary>
    /// <param name="owner">Whose roster it is, where that is not who is told (XEP-0356 §4.4).</param>
    public static void WriteRosterPush(IBufferWriter<byte> output, RosterChange change, Jid to, Jid? owner = null)
    {
        var xml = new XmppWriter(output);
        xml.Raw("<iq"u8);
        xml.Attribute("to"u8, to.ToString());
        if (owner is not null)
        {
            xml.Attribute("from"u8, owner.Bare);
        }

        xml.Raw(" type='set'"u8);
        xml.Attribute("id"u8, $"push-{change.Version}");
        xml.Raw("><query xmlns='jabber:iq:roster'"u8);
        xml.Attribute("ver"u8, change.Version);
        xml.Raw(">"u8);
        if (change.After is { IsShown: true } item)
        {
            WriteItem(ref xml, item);
        }
        else
        {
            xml.Raw("<item"u8);
            xml.Attribute("jid"u8, change.Jid.ToString());
            xml.Raw(" subscription='remove'/>"u8);
        }

        xml.Raw("</query></iq>"u8);
    }

    /// <summary>RFC 6121 §2.1.2.</summary>
    public static void WriteItem(ref XmppWriter xml, RosterItem item)
    {
        xml.Raw("<item"u8);
        xml.Attribute("jid"u8, item.Jid.ToString());
        if (item.Name is { } name)
        {
            xml.Attribute("name"u8, name);
        }

        xml.Raw(item.Subscription switch
        {
            SubscriptionState.Both => " subscription='both'"u8,
            SubscriptionState.To => " subscription='to'"u8,
            SubscriptionState.From => " subscription='from'"u8,
            _ => " subscription='none'"u8,
        });
        if (item.Ask)
        {
            xml.Raw(" ask='subscribe'"u8);
        }

        if (item.Approved)
        {
            xml.Raw(" approved='true'"u8);
        }

        if (item.Groups.IsEmpty)
        {
            xml.Raw("/>"u8);
            return;
        }

        xml.Raw(">"u8);
        foreach (var group in item.Groups)
        {
            xml.Raw("<group>"u8);
            xml.Text(group);
            xml.Raw("</group>"u8);
        }

        xml.Raw("</item>"u8);
    }
}
