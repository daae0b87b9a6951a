using System.Globalization;
using System.Text;

namespace Krewe.Contracts.Addressing;

/// <summary>The contextual rules for code points that are only allowed beside certain others (RFC 5892 appendix A).</summary>
internal static class PrecisContext
{
    /// <summary>A cluster of more marks than this around a joiner is no word of any language.</summary>
    private const int JoinerWindowChars = 24;

    /// <summary>Appendix A.1 and A.2, zero width (non-)joiner: after a virama, or between letters that join. ICU has the joining types.</summary>
    internal static bool AllowsJoiner(string text, int index)
    {
        int start = index - 1, end = index + 1;
        while (start > 0 && IsMark(text, start))
        {
            start--;
        }

        while (end < text.Length - 1 && IsMark(text, end))
        {
            end++;
        }

        if (start < 0 || end - start > JoinerWindowChars)
        {
            return false;
        }

        // A letter beyond the basic plane is two characters.
        start -= start > 0 && char.IsLowSurrogate(text[start]) ? 1 : 0;
        end += end < text.Length - 1 && char.IsHighSurrogate(text[end]) ? 1 : 0;
        try
        {
            new IdnMapping().GetAscii(text, start, Math.Min(end + 1, text.Length) - start);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    /// <summary>Appendix A.3 to A.9.</summary>
    internal static bool AllowsOther(string text, int index) => text[index] switch
    {
        '\u00B7' => index > 0 && index < text.Length - 1 && text[index - 1] == 'l' && text[index + 1] == 'l',
        '\u0375' => index < text.Length - 1 && text[index + 1] is (>= '\u0370' and <= '\u03E1') or (>= '\u03F0' and <= '\u03FF') or (>= '\u1F00' and <= '\u1FFF'),
        '\u05F3' or '\u05F4' => index > 0 && text[index - 1] is (>= '\u0591' and <= '\u05F4') or (>= '\uFB1D' and <= '\uFB4F'),
        '\u30FB' => HasJapanese(text),
        >= '\u0660' and <= '\u0669' => !text.AsSpan().ContainsAnyInRange('\u06F0', '\u06F9'),
        >= '\u06F0' and <= '\u06F9' => !text.AsSpan().ContainsAnyInRange('\u0660', '\u0669'),
        _ => false,
    };

    /// <summary>Hiragana, Katakana or Han somewhere in the text.</summary>
    private static bool HasJapanese(string text)
    {
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune.Value is (>= 0x3041 and <= 0x3096) or (>= 0x309D and <= 0x309F) or (>= 0x30A1 and <= 0x30FA) or (>= 0x30FD and <= 0x30FF)
                or (>= 0x31F0 and <= 0x31FF) or 0x3005 or 0x3007 or (>= 0x3400 and <= 0x4DBF) or (>= 0x4E00 and <= 0x9FFF) or (>= 0xF900 and <= 0xFAFF)
                or (>= 0x20000 and <= 0x3FFFF))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsMark(string text, int index) =>
        char.GetUnicodeCategory(text[index]) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.SpacingCombiningMark;
}
