using System.Buffers;
using Krewe.Frontend.Streams;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Components;

/// <summary>
/// The change of content namespace between a component's stream and the others (RFC 6120 §4.8.3, specs C-012). What is routed declares none, so it is done for nearly
/// every stanza by leaving it as it is. Only where an element names one of the two namespaces itself are its declarations rewritten: on elements of the content
/// namespace whose ancestors all are, and never inside a foreign element such as <c>&lt;forwarded/&gt;</c>.
/// </summary>
internal static class ContentScope
{
    /// <summary>Whether an element as routed may have to be re-scoped for a component.</summary>
    public static bool MayNameClient(ReadOnlySpan<byte> part) => part.IndexOf(Tokens.ClientNamespace) >= 0;

    /// <summary>
    /// Whether an element of a component may have to be re-scoped before it is routed. A default declaration in its own start tag is not asked for: stamping takes it out.
    /// </summary>
    public static bool MayNameComponent(ReadOnlySpan<byte> element, in ElementHead head)
    {
        if (element[head.StartTagEnd..].IndexOf(Tokens.ComponentNamespace) >= 0)
        {
            return true;
        }

        var start = element[..head.StartTagEnd];
        return start.IndexOf("xmlns:"u8) >= 0 && start.IndexOf(Tokens.ComponentNamespace) >= 0;
    }

    /// <summary>
    /// Writes elements with their declarations of one content namespace turned into such of the other. False, and nothing written, when there are none.
    /// </summary>
    public static bool TryRescope(ReadOnlySpan<byte> elements, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, IBufferWriter<byte> output)
    {
        var written = 0;
        for (var position = 0; position < elements.Length;)
        {
            Rescope(elements, ref position, from, to, output, ref written);
        }

        if (written == 0)
        {
            return false;
        }

        output.Write(elements[written..]);
        return true;
    }

    /// <summary>One element, from <paramref name="position"/> to its end.</summary>
    /// <param name="written">Up to where the elements are in the output.</param>
    private static void Rescope(
        ReadOnlySpan<byte> elements, ref int position, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, IBufferWriter<byte> output, ref int written)
    {
        var begin = position;
        position = elements.Length;
        var reader = new XmlElementReader(elements[begin..]);
        while (reader.Read())
        {
            if (reader.Node == XmlNode.Start && !reader.NamespaceIs(Tokens.ClientNamespace) && !reader.NamespaceIs(Tokens.ComponentNamespace))
            {
                reader.Skip();
            }

            if (reader.Node == XmlNode.End && reader.Depth == 0)
            {
                position = begin + reader.Position;
                return;
            }

            // Empty for anything but a start.
            var attributes = reader.Attributes;
            var start = begin + reader.Position - (reader.IsEmpty ? 2 : 1) - attributes.Length;
            var cursor = new AttributeCursor(attributes);
            while (cursor.MoveNext())
            {
                if (IsDeclaration(cursor.Name) && cursor.Value.SequenceEqual(from))
                {
                    // In front of its closing quote.
                    var value = start + cursor.End - 1 - from.Length;
                    output.Write(elements[written..value]);
                    output.Write(to);
                    written = value + from.Length;
                }
            }
        }
    }

    /// <summary>A stream header's declarations of prefixes, as <see cref="StreamHeader.PrefixDeclarations"/> has them, with one content namespace in place of the other.</summary>
    public static byte[] RescopeDeclarations(ReadOnlySpan<byte> declarations)
    {
        var output = new ArrayBufferWriter<byte>(declarations.Length + 1);
        var cursor = new AttributeCursor(declarations);
        while (cursor.MoveNext())
        {
            var isContent = cursor.Value.SequenceEqual(Tokens.ComponentNamespace);
            output.Write(isContent ? declarations[cursor.Start..(cursor.End - 1 - cursor.Value.Length)] : declarations[cursor.Start..cursor.End]);
            if (isContent)
            {
                output.Write(Tokens.ClientNamespace);
                output.Write(declarations[(cursor.End - 1)..cursor.End]);
            }
        }

        return output.WrittenSpan.ToArray();
    }

    /// <summary>An element that was re-scoped, looked at anew: as of a client's stream that declares these prefixes.</summary>
    /// <param name="element">The element, with what the component named it in turned into the clients' namespace.</param>
    /// <param name="declarations">From <see cref="RescopeDeclarations"/>.</param>
    public static Frame Reframe(ReadOnlyMemory<byte> element, ReadOnlyMemory<byte> declarations)
    {
        var stream = new ArrayBufferWriter<byte>(element.Length + declarations.Length + 128);
        stream.Write("<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'"u8);
        var cursor = new AttributeCursor(declarations.Span);
        while (cursor.MoveNext())
        {
            if (!cursor.Name.SequenceEqual("xmlns:stream"u8))
            {
                stream.Write(declarations.Span[cursor.Start..cursor.End]);
            }
        }

        stream.Write(">"u8);
        stream.Write(element.Span);
        var buffer = new ReadOnlySequence<byte>(stream.WrittenMemory);
        var framer = new StanzaFramer(stream.WrittenCount, StreamLimits.OfComponents);
        return framer.TryRead(ref buffer, out _) && framer.TryRead(ref buffer, out var frame)
            ? frame
            : throw new StreamException(StreamErrorCondition.InternalServerError);
    }

    private static bool IsDeclaration(ReadOnlySpan<byte> name) => name.StartsWith("xmlns"u8) && (name.Length == 5 || name[5] == (byte)':');
}
