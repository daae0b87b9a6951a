using System.Buffers;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Delegation;

/// <summary>
/// Reads what a delegate answers (XEP-0355 §4.3): the wrapper's result, <c>delegation</c>, <c>forwarded</c> and the client's IQ, each exactly once, with white space between them
/// at most; and turns that IQ into what the server itself would have answered. Anything else is no answer (specs D-045).
/// </summary>
internal static class DelegationReply
{
    /// <summary>What the answered request lets the inner IQ say (specs D-041, D-042).</summary>
    /// <param name="Requester">The inner <c>to</c>.</param>
    /// <param name="To">As the requester gave it: the inner <c>from</c>, which may be absent.</param>
    /// <param name="Host">What the inner <c>from</c> may be, besides the requester's account, when the requester gave no <c>to</c>.</param>
    /// <param name="Id">The inner id.</param>
    /// <param name="Generation">Of the namespace of the delegation.</param>
    /// <param name="ContentNamespace">Of the delegate's stream.</param>
    internal readonly record struct Expected(Jid Requester, Jid? To, string Host, string Id, int Generation, string ContentNamespace = "jabber:component:accept");

    /// <param name="wrapper">The whole outer IQ, of type result, with all declarations that it needs.</param>
    /// <param name="requester">Escaped for an attribute.</param>
    /// <param name="iq">The answer as it is routed: <c>to</c> first, in no declared namespace.</param>
    public static bool TryRead(ReadOnlySpan<byte> wrapper, in Expected expected, ReadOnlySpan<byte> requester, out byte[] iq)
    {
        iq = [];
        var reader = new XmlElementReader(wrapper, expected.ContentNamespace);
        ArrayBufferWriter<byte>? declarations = null;
        if (!reader.Read())
        {
            return false;
        }

        Collect(reader.Attributes, ref declarations);
        if (!TryEnter(ref reader, "delegation"u8, DelegationWriter.Namespace(expected.Generation)))
        {
            return false;
        }

        Collect(reader.Attributes, ref declarations);
        if (!TryEnter(ref reader, "forwarded"u8, DelegationWriter.ForwardNamespace))
        {
            return false;
        }

        Collect(reader.Attributes, ref declarations);
        if (!TryEnter(ref reader, "iq"u8, Tokens.ClientNamespace))
        {
            return false;
        }

        var attributes = reader.Attributes;
        var (tagEnd, isEmpty) = (reader.Position, reader.IsEmpty);
        var inner = reader.OuterRange();
        if (!TryLeave(ref reader) || !TryDescribe(inner.Of(wrapper), attributes, tagEnd - inner.Start, isEmpty, declarations is not null, out var head)
            || !Fits(inner.Of(wrapper), head, expected))
        {
            return false;
        }

        var from = expected.To is null ? default : XmppWriter.Escape(expected.To.ToString());
        iq = StanzaStamp.Stamp(inner.Of(wrapper), head, from, requester, default, declarations is null ? default : declarations.WrittenSpan, out _);
        return IqContent.IsProper(iq, head.StanzaType == StanzaType.Error);
    }

    /// <summary>Goes into the next element, which must be this one.</summary>
    private static bool TryEnter(ref XmlElementReader reader, ReadOnlySpan<byte> name, ReadOnlySpan<byte> space)
    {
        while (reader.Read() && reader.Node == XmlNode.Text && reader.IsWhiteSpace)
        {
        }

        return reader.Node == XmlNode.Start && reader.Is(name, space);
    }

    /// <summary>From the end of the innermost to the end of the whole, with nothing on the way.</summary>
    private static bool TryLeave(ref XmlElementReader reader)
    {
        while (reader.Read())
        {
            if (reader.Node != XmlNode.End && !(reader.Node == XmlNode.Text && reader.IsWhiteSpace))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Prefixes that outer elements declare, in use or not, for the inner one to declare; of equal ones the innermost counts.</summary>
    private static void Collect(ReadOnlySpan<byte> attributes, ref ArrayBufferWriter<byte>? declarations)
    {
        if (attributes.IndexOf("xmlns:"u8) < 0)
        {
            return;
        }

        var outer = declarations;
        declarations = new ArrayBufferWriter<byte>();
        var cursor = new AttributeCursor(attributes);
        while (cursor.MoveNext())
        {
            if (cursor.Name.StartsWith("xmlns:"u8))
            {
                declarations.Write(attributes[cursor.Start..cursor.End]);
            }
        }

        if (outer is null)
        {
            return;
        }

        var inner = declarations.WrittenSpan.ToArray();
        var outerCursor = new AttributeCursor(outer.WrittenSpan);
        while (outerCursor.MoveNext())
        {
            if (!Has(inner, outerCursor.Name))
            {
                declarations.Write(outer.WrittenSpan[outerCursor.Start..outerCursor.End]);
            }
        }
    }

    private static bool Has(ReadOnlySpan<byte> attributes, ReadOnlySpan<byte> name)
    {
        var cursor = new AttributeCursor(attributes);
        while (cursor.MoveNext())
        {
            if (cursor.Name.SequenceEqual(name))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The inner IQ's head; false when its name has a prefix, which no stream would let through.</summary>
    private static bool TryDescribe(
        ReadOnlySpan<byte> iq, ReadOnlySpan<byte> attributes, int tagEnd, bool isEmpty, bool hasOuterDeclarations, out ElementHead head)
    {
        const int Name = 2;
        head = default;
        if (!iq.StartsWith("<iq"u8) || iq[1 + Name] == (byte)':')
        {
            return false;
        }

        ByteRange to = default, from = default, id = default, type = default;
        var start = tagEnd - (isEmpty ? 2 : 1) - attributes.Length;
        var cursor = new AttributeCursor(attributes);
        while (cursor.MoveNext())
        {
            var value = new ByteRange(start + cursor.End - 1 - cursor.Value.Length, cursor.Value.Length);
            _ = cursor.Name switch
            {
                [(byte)'t', (byte)'o'] => to = value,
                [(byte)'i', (byte)'d'] => id = value,
                [(byte)'f', (byte)'r', (byte)'o', (byte)'m'] => from = value,
                [(byte)'t', (byte)'y', (byte)'p', (byte)'e'] => type = value,
                _ => default,
            };
        }

        head = new ElementHead
        {
            IsStanza = true,
            Kind = StanzaKind.Iq,
            StanzaType = Xml.StanzaTypes.Parse(StanzaKind.Iq, type.Exists, type.Exists ? type.Of(iq) : default),
            IsEmptyElement = isEmpty,
            StartTagEnd = tagEnd,
            NameRange = new ByteRange(1, Name),
            ToRange = to,
            FromRange = from,
            IdRange = id,
            TypeRange = type,
            UsesStreamPrefix = hasOuterDeclarations,
        };
        return true;
    }

    private static bool Fits(ReadOnlySpan<byte> iq, in ElementHead head, in Expected expected) =>
        head.StanzaType is StanzaType.Result or StanzaType.Error
        && head.HasId && XmlText.DecodeValue(head.Id(iq)) == expected.Id
        && head.HasTo && RawValues.TryParseJid(head.To(iq), out var to) && to.Equals(expected.Requester)
        && (!head.HasFrom || (RawValues.TryParseJid(head.From(iq), out var from) && IsFrom(from, expected)));

    private static bool IsFrom(Jid from, in Expected expected) => expected.To is { } asked
        ? from.Equals(asked)
        : from.IsBare && (from.Bare == expected.Requester.Bare || from.Bare == expected.Host);
}
