using System.Text;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Rosters;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Delivery;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Rosters;

/// <summary>What is in <c>jabber:iq:roster</c> queries (RFC 6121 §2.1).</summary>
internal static class RosterQuery
{
    /// <summary>RFC 6121 §2.1.2.4 leaves the length of names to the server; a roster document has the same bound.</summary>
    private const int NameBytesMax = 1023;

    /// <summary>The version that whoever asks has already; false for what is no roster get.</summary>
    public static bool TryReadGet(ReadOnlySpan<byte> iq, out string? version)
    {
        version = null;
        var reader = new XmlElementReader(iq);
        if (!reader.ReadToFirstChild())
        {
            return false;
        }

        if (reader.TryGetAttribute("ver"u8, out var known))
        {
            version = known;
        }

        // RFC 6121 §2.1.3: a get has no items.
        while (reader.Read() && reader.Depth > 1)
        {
            if (reader.Node == XmlNode.Start)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>RFC 6121 §2.3.3: what is wrong with a roster set; null when nothing is.</summary>
    public static StanzaError? ReadSet(ReadOnlySpan<byte> iq, out RosterSet? change)
    {
        change = null;
        var reader = new XmlElementReader(iq);
        if (!reader.ReadToFirstChild() || reader.IsEmpty)
        {
            return StanzaError.BadRequest;
        }

        var depth = reader.Depth;
        Jid? jid = null;
        string? name = null;
        var isRemove = false;
        var groups = new List<string>();
        var items = 0;
        while (reader.Read() && reader.Depth > depth)
        {
            if (reader.Node != XmlNode.Start || reader.Depth != depth + 1)
            {
                if (reader.Node == XmlNode.Start && items == 1 && reader.Is("group"u8, "jabber:iq:roster"u8))
                {
                    groups.Add(reader.ReadText());
                }

                continue;
            }

            if (++items > 1 || !reader.Is("item"u8, "jabber:iq:roster"u8)
                || !reader.TryGetAttribute("jid"u8, out var text) || !Jid.TryParse(text, out jid))
            {
                return StanzaError.BadRequest;
            }

            isRemove = reader.TryGetAttribute("subscription"u8, out var subscription) && subscription == "remove";
            name = reader.TryGetAttribute("name"u8, out var given) ? given : null;
        }

        if (jid is null || groups.Distinct().Count() != groups.Count)
        {
            return StanzaError.BadRequest;
        }

        if (groups.Exists(group => group.Length == 0 || IsTooLong(group)) || IsTooLong(name))
        {
            return StanzaError.NotAcceptable;
        }

        change = new RosterSet(jid.ToBare(), isRemove, string.IsNullOrEmpty(name) ? null : name, [.. groups.Order(StringComparer.Ordinal)]);
        return null;
    }

    /// <summary>A result's payload: nothing for who has this very version (RFC 6121 §2.6.3).</summary>
    public static void Write(ref XmppWriter xml, RosterSnapshot roster, string? knownVersion)
    {
        if (knownVersion == roster.Version)
        {
            return;
        }

        xml.Raw("<query xmlns='jabber:iq:roster'"u8);
        xml.Attribute("ver"u8, roster.Version);
        xml.Raw(">"u8);
        foreach (var item in roster.Items)
        {
            if (item.IsShown)
            {
                ServerStanzaWriter.WriteItem(ref xml, item);
            }
        }

        xml.Raw("</query>"u8);
    }

    private static bool IsTooLong(string? text) => text is not null && Encoding.UTF8.GetByteCount(text) > NameBytesMax;
}
