using Krewe.Contracts.Addressing;
using Krewe.Contracts.Muc;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Streams;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Muc;

/// <summary>
/// Takes the inside out of a client's stanza, so that the room can send it on in stanzas of its own: as it was written, but without what only a room may say
/// (XEP-0045 §17.3, XEP-0421 §4, XEP-0203 §4), and with whatever the start tag says that the inside depends on.
/// </summary>
internal static class MucStanzaReader
{
    /// <param name="element">The whole stanza. It declares every prefix that it uses.</param>
    /// <param name="streamLang">The stream's <c>xml:lang</c>, escaped, for a stanza without one (RFC 6120 §8.1.5); may be empty.</param>
    /// <param name="room">The room that it was sent to, or to one of whose occupants.</param>
    public static MucContent Read(ReadOnlySpan<byte> element, StanzaKind kind, ReadOnlySpan<byte> streamLang, Jid room)
    {
        var output = ReplyBuffer.Rent();
        var xml = new XmppWriter(output);
        var reader = new XmlElementReader(element);
        reader.Read();
        WriteAttributes(ref xml, reader.Attributes, streamLang);
        var attributes = output.WrittenCount;
        var children = MucChildren.None;
        if (!reader.IsEmpty)
        {
            var copied = reader.Position;
            while (reader.Read())
            {
                if (reader.Node != XmlNode.Start || reader.Depth != 1)
                {
                    continue;
                }

                children |= Classify(reader, kind);
                var isKept = kind == StanzaKind.Iq || !IsForTheRoomToSay(reader, kind, room);
                var child = reader.OuterRange();
                if (!isKept)
                {
                    xml.Raw(element[copied..child.Start]);
                    copied = child.End;
                }
            }

            xml.Raw(element[copied..element.LastIndexOf("</"u8)]);
        }

        if (output.WrittenCount == 0)
        {
            return new MucContent(MucPayload.Empty, children);
        }

        var bytes = output.WrittenSpan.ToArray().AsMemory();
        return new MucContent(new MucPayload(bytes[attributes..], bytes[..attributes]), children);
    }

    /// <summary>The language and the prefixes of the start tag; neither addresses, which are the room's to write, nor the content namespace, which every stream has.</summary>
    private static void WriteAttributes(ref XmppWriter xml, ReadOnlySpan<byte> attributes, ReadOnlySpan<byte> streamLang)
    {
        var hasLang = false;
        var cursor = new AttributeCursor(attributes);
        while (cursor.MoveNext())
        {
            var isLang = cursor.Name.SequenceEqual("xml:lang"u8);
            hasLang |= isLang;
            if (isLang || cursor.Name.StartsWith("xmlns:"u8))
            {
                xml.Raw(attributes[cursor.Start..cursor.End]);
            }
        }

        if (!hasLang && !streamLang.IsEmpty)
        {
            xml.AttributeRaw("xml:lang"u8, streamLang);
        }
    }

    private static MucChildren Classify(in XmlElementReader child, StanzaKind kind) => kind switch
    {
        StanzaKind.Presence => child.Is("x"u8, MucNamespaces.Muc) ? MucChildren.Join : MucChildren.None,
        StanzaKind.Iq => child.Is("ping"u8, MucNamespaces.Ping) ? MucChildren.Ping : MucChildren.None,
        _ => child.Is("body"u8, Tokens.ClientNamespace) ? MucChildren.Body
            : child.Is("subject"u8, Tokens.ClientNamespace) ? MucChildren.Subject
            : !child.NameIs("x"u8) ? MucChildren.None
            : child.NamespaceIs(MucNamespaces.User) ? MucChildren.User
            : child.NamespaceIs(MucNamespaces.DataForm) ? MucChildren.Form
            : MucChildren.None,
    };

    private static bool IsForTheRoomToSay(in XmlElementReader child, StanzaKind kind, Jid room) =>
        child.NameIs("x"u8) ? child.NamespaceIs(MucNamespaces.Muc) || child.NamespaceIs(MucNamespaces.User)
        : child.NameIs("occupant-id"u8) ? child.NamespaceIs(MucNamespaces.OccupantId)
        : kind == StanzaKind.Message && child.Is("delay"u8, MucNamespaces.Delay)
            && child.TryGetAttribute("from"u8, out var from) && Jid.TryParse(from, out var claimed) && claimed.Bare == room.Bare;
}
