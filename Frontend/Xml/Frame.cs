using System.Buffers;

namespace Krewe.Frontend.Xml;

internal enum FrameKind : byte
{
    /// <summary>The start tag of the stream (RFC 6120 §4.2).</summary>
    StreamHeader,

    /// <summary>One whole first-level element: a stanza or an element of the negotiation.</summary>
    Element,

    /// <summary>The end tag of the stream (RFC 6120 §4.4).</summary>
    StreamEnd,
}

/// <summary>One item of a stream. Its bytes are valid until the framer is asked for the next or the buffer is given back.</summary>
/// <param name="Bytes">Exactly the item, from <c>&lt;</c> to its last <c>&gt;</c>.</param>
internal readonly record struct Frame(FrameKind Kind, ReadOnlySequence<byte> Bytes, ElementHead Head)
{
    /// <summary>The bytes in one piece, copied into <paramref name="rented"/> (for the caller to return) only where they are not.</summary>
    public ReadOnlySpan<byte> Contiguous(ref byte[]? rented)
    {
        if (Bytes.IsSingleSegment)
        {
            return Bytes.FirstSpan;
        }

        var length = (int)Bytes.Length;
        rented ??= ArrayPool<byte>.Shared.Rent(length);
        Bytes.CopyTo(rented);
        return rented.AsSpan(0, length);
    }
}
