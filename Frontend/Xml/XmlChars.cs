using System.Buffers;
using System.Text;
using System.Text.Unicode;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Streams;

namespace Krewe.Frontend.Xml;

/// <summary>Which bytes and characters XML 1.0 allows where (§2.2, §2.3); UTF-8 as RFC 6120 §11.6 demands it.</summary>
internal static class XmlChars
{
    private static ReadOnlySpan<byte> Controls => [0, 1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31];

    /// <summary>What ends a run of plain text: markup, references, the start of an unescaped <c>]]&gt;</c>, and what is forbidden.</summary>
    public static readonly SearchValues<byte> TextStops = SearchValues.Create([.. Controls, .. "<&]"u8]);
    public static readonly SearchValues<byte> CDataStops = SearchValues.Create([.. Controls, .. "]"u8]);
    public static readonly SearchValues<byte> SingleQuotedStops = SearchValues.Create([.. Controls, .. "<&'"u8]);
    public static readonly SearchValues<byte> DoubleQuotedStops = SearchValues.Create([.. Controls, .. "<&\""u8]);

    /// <summary>The ASCII part of an NCName (Namespaces in XML 1.0 §3) behind its first character.</summary>
    public static readonly SearchValues<byte> NameBytes = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._"u8);

    public static bool IsSpace(byte value) => value is (byte)' ' or (byte)'\t' or (byte)'\n' or (byte)'\r';

    public static bool IsChar(int value) => value is 0x9 or 0xA or 0xD or (>= 0x20 and <= 0xD7FF) or (>= 0xE000 and <= 0xFFFD) or (>= 0x10000 and <= 0x10FFFF);

    public static bool IsNameStart(int value) => XmlNames.IsNameStart(value);

    public static bool IsName(int value) => XmlNames.IsName(value);

    public static int SkipSpace(ReadOnlySpan<byte> data, int position)
    {
        while (position < data.Length && IsSpace(data[position]))
        {
            position++;
        }

        return position;
    }

    /// <summary>
    /// How many bytes of a run without ASCII control characters are whole characters. What remains, three bytes at most and none when the run
    /// is <paramref name="complete"/>, is the beginning of a character whose end has not arrived. Throws at the first character that is no XML.
    /// </summary>
    public static int CountWhole(ReadOnlySpan<byte> run, bool complete)
    {
        if (Ascii.IsValid(run))
        {
            return run.Length;
        }

        var whole = complete ? run.Length : run.Length - CountUnfinished(run);
        var text = run[..whole];
        if (!Utf8.IsValid(text) || text.IndexOf("\uFFFE"u8) >= 0 || text.IndexOf("\uFFFF"u8) >= 0)
        {
            ThrowAtFirstFault(text);
        }

        return whole;
    }

    private static int CountUnfinished(ReadOnlySpan<byte> run)
    {
        for (var length = 1; length <= Math.Min(3, run.Length); length++)
        {
            if (run[^length] >= 0xC0)
            {
                return Rune.DecodeFromUtf8(run[^length..], out _, out _) == OperationStatus.NeedMoreData ? length : 0;
            }
        }

        return 0;
    }

    // One character after the other, so that of two faults the first is told, as it is when the same bytes arrive one by one.
    private static void ThrowAtFirstFault(ReadOnlySpan<byte> text)
    {
        while (!text.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(text, out var rune, out var length) != OperationStatus.Done)
            {
                StreamException.Throw(StreamErrorCondition.UnsupportedEncoding);
            }

            if (!IsChar(rune.Value))
            {
                StreamException.Throw(StreamErrorCondition.NotWellFormed);
            }

            text = text[length..];
        }
    }
}
