using System.Text;
using Krewe.Frontend.Streams;

namespace Krewe.Frontend.Xml;

/// <summary>The XML declaration in front of a stream header (XML 1.0 §2.8): version 1.0 and UTF-8 only (RFC 6120 §11.5, §11.6).</summary>
internal static class XmlDeclaration
{
    /// <summary>Bounds also what is read again when the declaration arrives in pieces; a usual one has 38 bytes.</summary>
    public const int BytesMax = 256;

    private static ReadOnlySpan<byte> Open => "<?xml"u8;

    /// <summary>False when the end has not arrived. Any other processing instruction is restricted XML.</summary>
    public static bool TryScan(ReadOnlySpan<byte> data, out int length)
    {
        length = 0;
        var known = Math.Min(data.Length, Open.Length);
        if (!data[..known].SequenceEqual(Open[..known]) || (data.Length > Open.Length && !XmlChars.IsSpace(data[Open.Length])))
        {
            StreamException.Throw(StreamErrorCondition.RestrictedXml);
        }

        var window = data[..Math.Min(data.Length, BytesMax)];
        length = window.IndexOf("?>"u8) + 2;
        if (length >= 2)
        {
            Check(window[Open.Length..(length - 2)]);
            return true;
        }

        if (window.Length == BytesMax)
        {
            StreamException.Throw(StreamErrorCondition.NotWellFormed);
        }

        return false;
    }

    private static void Check(ReadOnlySpan<byte> attributes)
    {
        var wellFormed = TryTake(ref attributes, "version"u8, out var version) && version.SequenceEqual("1.0"u8);
        var encoded = TryTake(ref attributes, "encoding"u8, out var encoding);
        if (TryTake(ref attributes, "standalone"u8, out var standalone))
        {
            wellFormed &= standalone.SequenceEqual("yes"u8) || standalone.SequenceEqual("no"u8);
        }

        if (!wellFormed || !attributes.Trim(" \t\r\n"u8).IsEmpty)
        {
            StreamException.Throw(StreamErrorCondition.NotWellFormed);
        }

        if (encoded && !Ascii.EqualsIgnoreCase(encoding, "UTF-8"u8))
        {
            StreamException.Throw(StreamErrorCondition.UnsupportedEncoding);
        }
    }

    private static bool TryTake(ref ReadOnlySpan<byte> attributes, ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        value = default;
        var rest = attributes.TrimStart(" \t\r\n"u8);
        if (rest.Length == attributes.Length || !rest.StartsWith(name))
        {
            return false;
        }

        rest = rest[name.Length..].TrimStart(" \t\r\n"u8);
        if (rest is not [(byte)'=', .. var assigned])
        {
            return false;
        }

        assigned = assigned.TrimStart(" \t\r\n"u8);
        if (assigned is not [(byte)'\'' or (byte)'"', ..])
        {
            return false;
        }

        var end = assigned[1..].IndexOf(assigned[0]);
        if (end < 0)
        {
            return false;
        }

        value = assigned.Slice(1, end);
        attributes = assigned[(end + 2)..];
        return true;
    }
}
