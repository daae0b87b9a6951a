using System.Buffers;
using System.Text;

namespace Krewe.Frontend.Xml;

/// <summary>
/// What raw bytes of well-formed XML mean: references resolved, line ends (XML 1.0 §2.11) and white space in attributes (§3.3.3) normalised.
/// The result is never longer than the raw bytes.
/// </summary>
internal static class XmlText
{
    private const int StackBytesMax = 256;
    private static readonly SearchValues<byte> s_textStops = SearchValues.Create("&\r"u8);
    private static readonly SearchValues<byte> s_valueStops = SearchValues.Create("&\r\n\t"u8);

    public static string DecodeText(ReadOnlySpan<byte> raw) => Decode(raw, s_textStops, isValue: false);

    /// <summary>An attribute's value, as a head or a header has it, as the string that it stands for.</summary>
    public static string DecodeValue(ReadOnlySpan<byte> raw) => Decode(raw, s_valueStops, isValue: true);

    /// <summary>Whether two raw attribute values stand for the same.</summary>
    public static bool ValuesEqual(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
        => left.IndexOfAny(s_valueStops) < 0 && right.IndexOfAny(s_valueStops) < 0
            ? left.SequenceEqual(right)
            : DecodeValue(left) == DecodeValue(right);

    /// <summary>Whether a raw attribute value has to be decoded before it is compared.</summary>
    public static bool NeedsDecoding(ReadOnlySpan<byte> raw) => raw.IndexOfAny(s_valueStops) >= 0;

    private static string Decode(ReadOnlySpan<byte> raw, SearchValues<byte> stops, bool isValue)
    {
        var stop = raw.IndexOfAny(stops);
        if (stop < 0)
        {
            return Encoding.UTF8.GetString(raw);
        }

        byte[]? rented = null;
        var decoded = raw.Length <= StackBytesMax ? stackalloc byte[StackBytesMax] : rented = ArrayPool<byte>.Shared.Rent(raw.Length);
        var length = 0;
        while (stop >= 0)
        {
            raw[..stop].CopyTo(decoded[length..]);
            length += stop;
            raw = raw[stop..];
            raw = raw[DecodeStop(raw, isValue, decoded, ref length)..];
            stop = raw.IndexOfAny(stops);
        }

        raw.CopyTo(decoded[length..]);
        var text = Encoding.UTF8.GetString(decoded[..(length + raw.Length)]);
        if (rented is not null)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }

        return text;
    }

    private static int DecodeStop(ReadOnlySpan<byte> raw, bool isValue, Span<byte> decoded, ref int length)
    {
        if (raw[0] != (byte)'&')
        {
            decoded[length++] = isValue ? (byte)' ' : (byte)'\n';
            return raw is [(byte)'\r', (byte)'\n', ..] ? 2 : 1;
        }

        var end = raw.IndexOf((byte)';');
        var value = end < 0 ? -1 : XmlReferences.Decode(raw[1..end]);
        if (value < 0)
        {
            // The framer lets none of these through; bytes from elsewhere are taken as they are.
            decoded[length++] = raw[0];
            return 1;
        }

        length += new Rune(value).EncodeToUtf8(decoded[length..]);
        return end + 1;
    }
}
