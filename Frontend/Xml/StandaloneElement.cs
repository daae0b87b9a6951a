using System.Buffers;

namespace Krewe.Frontend.Xml;

/// <summary>What an element as it stands in a stream lacks when it stands alone, as each message over WebSocket does (RFC 7395 §3.3.3).</summary>
internal static class StandaloneElement
{
    private static ReadOnlySpan<byte> ClientDeclaration => " xmlns='jabber:client'"u8;

    private static ReadOnlySpan<byte> StreamsDeclaration => " xmlns:stream='http://etherx.jabber.org/streams'"u8;

    /// <summary>The declaration that the stream's header would have made: the stanzas' namespace or the prefix <c>stream</c>. Everything else declares its own.</summary>
    /// <param name="element">From its start to behind its name at least.</param>
    /// <param name="nameEnd">Where the declaration belongs.</param>
    public static ReadOnlySpan<byte> MissingDeclaration(ReadOnlySpan<byte> element, out int nameEnd)
    {
        nameEnd = element.IndexOfAny(" />"u8);
        var name = nameEnd < 0 ? default : element[..nameEnd];
        if (name.SequenceEqual("<message"u8) || name.SequenceEqual("<presence"u8) || name.SequenceEqual("<iq"u8))
        {
            return ClientDeclaration;
        }

        if (name.StartsWith("<stream:"u8))
        {
            return StreamsDeclaration;
        }

        nameEnd = 0;
        return default;
    }

    /// <summary>Writes an element with the declaration that it lacks.</summary>
    /// <param name="element">From its start to behind its name at least.</param>
    public static void Write(IBufferWriter<byte> output, ReadOnlySpan<byte> element)
    {
        var declaration = MissingDeclaration(element, out var nameEnd);
        output.Write(element[..nameEnd]);
        output.Write(declaration);
        output.Write(element[nameEnd..]);
    }
}
