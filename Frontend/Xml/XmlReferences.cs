using System.Buffers;
using System.Globalization;
using Krewe.Frontend.Streams;

namespace Krewe.Frontend.Xml;

/// <summary>The references that RFC 6120 §11.1 leaves of XML: the five predefined entities and characters by number (XML 1.0 §4.1, §4.6).</summary>
internal static class XmlReferences
{
    /// <summary>The longest useful one has 10 bytes; leading zeros are legal, but not without end.</summary>
    public const int BytesMax = 32;

    private static readonly SearchValues<byte> s_bodyBytes =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789#-._:"u8);

    /// <summary>Checks the reference at the start of <paramref name="data"/>, an ampersand. False when its end has not arrived.</summary>
    public static bool TryScan(ReadOnlySpan<byte> data, out int length)
    {
        var window = data[..Math.Min(data.Length, BytesMax)];
        var body = window[1..].IndexOfAnyExcept(s_bodyBytes);
        length = body + 2;
        if (body < 0)
        {
            if (window.Length == BytesMax)
            {
                StreamException.Throw(StreamErrorCondition.PolicyViolation, "reference too long");
            }

            return false;
        }

        if (window[body + 1] != (byte)';' || body == 0)
        {
            StreamException.Throw(StreamErrorCondition.NotWellFormed);
        }

        if (Decode(window.Slice(1, body)) < 0)
        {
            StreamException.Throw(window[1] == (byte)'#' ? StreamErrorCondition.NotWellFormed : StreamErrorCondition.RestrictedXml);
        }

        return true;
    }

    /// <summary>The character that a reference without its <c>&amp;</c> and <c>;</c> stands for; negative when there is none.</summary>
    public static int Decode(ReadOnlySpan<byte> body)
    {
        if (body is [(byte)'#', .. var number])
        {
            var isHex = number is [(byte)'x', ..];
            var digits = isHex ? number[1..] : number;
            var parsed = uint.TryParse(digits, isHex ? NumberStyles.AllowHexSpecifier : NumberStyles.None, CultureInfo.InvariantCulture, out var value);
            return parsed && value <= 0x10FFFF && XmlChars.IsChar((int)value) ? (int)value : -1;
        }

        return body.SequenceEqual("lt"u8) ? '<'
            : body.SequenceEqual("gt"u8) ? '>'
            : body.SequenceEqual("amp"u8) ? '&'
            : body.SequenceEqual("apos"u8) ? '\''
            : body.SequenceEqual("quot"u8) ? '"'
            : -1;
    }
}
