using System.Buffers;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Components;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Privileges;

/// <summary>What became of looking for a stanza inside another.</summary>
internal enum EnclosedOutcome : byte
{
    Found,

    /// <summary>What should enclose it is not there: the stanza is about something else.</summary>
    Absent,

    /// <summary>It is enclosed wrongly, or not alone.</summary>
    Malformed,

    /// <summary>It is in no namespace that a user's stanza could be in (XEP-0356 §6.3).</summary>
    NotClient,
}

/// <summary>A stanza that an entity has put into another, to be sent on behalf of a user (XEP-0356 §5.1, §6.3).</summary>
/// <param name="Xml">The element, in the clients' namespace.</param>
/// <param name="Declarations">Of the prefixes that are declared around it, as in a start tag.</param>
internal sealed record EnclosedStanza(byte[] Xml, ElementHead Head, byte[] Declarations)
{
    private static readonly SearchValues<byte> NameEnds = SearchValues.Create(" \t\r\n/>"u8);

    private static ReadOnlySpan<byte> ForwardNamespace => "urn:xmpp:forward:0"u8;

    private static ReadOnlySpan<byte> DelayNamespace => "urn:xmpp:delay"u8;

    /// <summary>XEP-0356 §5.1: <c>privilege</c>, in it <c>forwarded</c>, and in that the message.</summary>
    /// <param name="content">The content namespace of the entity's stream.</param>
    /// <param name="privilege">The namespace of the generation that the entity speaks.</param>
    /// <param name="streamDeclarations">Of the prefixes that the entity's stream header declared.</param>
    public static EnclosedOutcome ReadMessage(
        ReadOnlySpan<byte> element, string content, ReadOnlySpan<byte> privilege, ReadOnlySpan<byte> streamDeclarations, out EnclosedStanza? message)
    {
        message = null;
        var reader = new XmlElementReader(element, content);
        var scope = new PrefixScope(streamDeclarations);
        reader.Read();
        scope.Enter(reader.Attributes);
        do
        {
            if (!reader.ReadToNextChild())
            {
                return EnclosedOutcome.Absent;
            }
        }
        while (!reader.Is("privilege"u8, privilege));

        scope.Enter(reader.Attributes);
        if (!TryReadOnlyChild(ref reader, 2) || !reader.Is("forwarded"u8, ForwardNamespace))
        {
            return EnclosedOutcome.Malformed;
        }

        scope.Enter(reader.Attributes);
        return ReadStanza(element, content, ref reader, 3, StanzaKind.Message, scope, out message);
    }

    /// <summary>XEP-0356 §6.3: <c>privileged_iq</c>, which is the only child, and in it the IQ.</summary>
    public static EnclosedOutcome ReadIq(ReadOnlySpan<byte> element, string content, ReadOnlySpan<byte> streamDeclarations, out EnclosedStanza? iq)
    {
        iq = null;
        var reader = new XmlElementReader(element, content);
        var scope = new PrefixScope(streamDeclarations);
        reader.Read();
        scope.Enter(reader.Attributes);
        if (!reader.ReadToFirstChild() || !reader.Is("privileged_iq"u8, PrivilegeNamespaces.Second))
        {
            return EnclosedOutcome.Absent;
        }

        scope.Enter(reader.Attributes);
        return ReadStanza(element, content, ref reader, 2, StanzaKind.Iq, scope, out iq);
    }

    /// <summary>The same stanza with another id.</summary>
    public EnclosedStanza WithId(ReadOnlySpan<byte> id)
    {
        byte[] xml = [.. Xml.AsSpan()[..Head.IdRange.Start], .. id, .. Xml.AsSpan()[Head.IdRange.End..]];
        return this with { Xml = xml, Head = ContentScope.Reframe(xml, Declarations).Head };
    }

    private static EnclosedOutcome ReadStanza(
        ReadOnlySpan<byte> element, string content, ref XmlElementReader reader, int depth, StanzaKind kind, PrefixScope scope, out EnclosedStanza? stanza)
    {
        stanza = null;
        ByteRange? found = null;
        var isClient = false;
        var isOfStream = false;
        while (TryReadChild(ref reader, depth))
        {
            if (kind == StanzaKind.Message && reader.Is("delay"u8, DelayNamespace))
            {
                // XEP-0297 §3.1 allows the time of what is forwarded beside it.
                reader.Skip();
                continue;
            }

            if (found is not null || !reader.NameIs(kind == StanzaKind.Message ? "message"u8 : "iq"u8))
            {
                return EnclosedOutcome.Malformed;
            }

            isClient = reader.NamespaceIs(Tokens.ClientNamespace);
            isOfStream = reader.Namespace == content;
            found = reader.OuterRange();
        }

        if (found is not { } range)
        {
            return EnclosedOutcome.Malformed;
        }

        // COMPAT: components' libraries may leave a message in the namespace of their own stream.
        if (!isClient && !(isOfStream && kind == StanzaKind.Message))
        {
            return EnclosedOutcome.NotClient;
        }

        var inner = range.Of(element);
        var nameEnd = inner.IndexOfAny(NameEnds);
        if (scope.HidesStreams || nameEnd < 0 || inner[..nameEnd].Contains((byte)':'))
        {
            // RFC 6120 §4.8.5: no prefix for the content namespace.
            return EnclosedOutcome.Malformed;
        }

        var output = new ArrayBufferWriter<byte>(inner.Length);
        var xml = ContentScope.TryRescope(inner, Tokens.ComponentNamespace, Tokens.ClientNamespace, output) ? output.WrittenSpan.ToArray() : inner.ToArray();
        var declarations = scope.ToDeclarations();
        stanza = new EnclosedStanza(xml, ContentScope.Reframe(xml, declarations).Head, declarations);
        return EnclosedOutcome.Found;
    }

    private static bool TryReadOnlyChild(ref XmlElementReader reader, int depth)
    {
        if (!TryReadChild(ref reader, depth))
        {
            return false;
        }

        var rest = reader;
        rest.Skip();
        return !TryReadChild(ref rest, depth);
    }

    /// <summary>The next child of the element that is being read, or of which the last child was read; false behind the last.</summary>
    private static bool TryReadChild(ref XmlElementReader reader, int depth)
    {
        while (reader.Read() && reader.Depth >= depth)
        {
            if (reader.Node == XmlNode.Start && reader.Depth == depth)
            {
                return true;
            }
        }

        return false;
    }
}
