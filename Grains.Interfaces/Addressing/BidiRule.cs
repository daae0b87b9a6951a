using System.Globalization;
using System.Text;

namespace Krewe.Contracts.Addressing;

/// <summary>
/// The Bidi Rule (RFC 5893 §2) for localparts (RFC 8265 §3.3) and the labels of domains: a text that mixes directions so that it would be
/// displayed as another is refused. The classes are those of the code points that pass the IdentifierClass.
/// </summary>
internal static class BidiRule
{
    private enum Class
    {
        L,
        R,
        AL,
        AN,
        EN,
        NSM,

        /// <summary>ES, CS, ET, ON and BN, which the rule never tells apart.</summary>
        Neutral,
    }

    /// <summary>True for a text without right-to-left code points, and for one that obeys the rule.</summary>
    internal static bool IsSatisfiedBy(string text) => !HasRightToLeft(text) || IsObeyedBy(text);

    internal static bool HasRightToLeft(string text)
    {
        if (!text.AsSpan().ContainsAnyExceptInRange('\0', '\u058F'))
        {
            return false;
        }

        foreach (var rune in text.EnumerateRunes())
        {
            if (Of(rune) is Class.R or Class.AL or Class.AN)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The six conditions, whatever the text's direction: for the labels of a domain that has one right-to-left label.</summary>
    internal static bool IsObeyedBy(string text)
    {
        var first = Of(Rune.GetRuneAt(text, 0));
        if (first is not (Class.L or Class.R or Class.AL))
        {
            return false;
        }

        var isLeftToRight = first == Class.L;
        bool hasArabicNumber = false, hasEuropeanNumber = false;
        var last = first;
        foreach (var rune in text.EnumerateRunes())
        {
            var present = Of(rune);
            hasArabicNumber |= present == Class.AN;
            hasEuropeanNumber |= present == Class.EN;
            if (isLeftToRight ? present is Class.R or Class.AL or Class.AN : present == Class.L)
            {
                return false;
            }

            last = present == Class.NSM ? last : present;
        }

        return isLeftToRight ? last is Class.L or Class.EN : last is not Class.Neutral && !(hasArabicNumber && hasEuropeanNumber);
    }

    private static Class Of(Rune rune)
    {
        var value = rune.Value;
        if (value < 0x80)
        {
            return Rune.IsDigit(rune) ? Class.EN : Rune.IsLetter(rune) ? Class.L : Class.Neutral;
        }

        var category = Rune.GetUnicodeCategory(rune);
        return (value, category) switch
        {
            (_, UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark) => Class.NSM,
            ((>= 0x0660 and <= 0x0669) or (>= 0x10D30 and <= 0x10D39), _) => Class.AN,
            (>= 0x06F0 and <= 0x06F9, _) => Class.EN,
            ((>= 0x0608 and <= 0x07BF) or (>= 0x0860 and <= 0x08FF) or (>= 0xFB50 and <= 0xFDFF) or (>= 0xFE70 and <= 0xFEFE), _) => Class.AL,
            ((>= 0x10D00 and <= 0x10D3F) or (>= 0x10EC0 and <= 0x10EFF) or (>= 0x10F30 and <= 0x10F6F), _) => Class.AL,
            ((>= 0x1EC70 and <= 0x1ECBF) or (>= 0x1ED00 and <= 0x1ED4F) or (>= 0x1EE00 and <= 0x1EEFF), _) => Class.AL,
            ((>= 0x0590 and <= 0x05FF) or (>= 0x07C0 and <= 0x085F) or (>= 0xFB1D and <= 0xFB4F), _) => Class.R,
            ((>= 0x10800 and <= 0x10FFF) or (>= 0x1E800 and <= 0x1EFFF), _) => Class.R,

            // Modifier letters without a direction.
            (0x02B9 or 0x02BA or (>= 0x02C2 and <= 0x02CF) or 0x02EC or 0x0374 or 0x2E2F or 0xA67F or (>= 0xA717 and <= 0xA71F) or 0xA788, _) => Class.Neutral,
            (_, UnicodeCategory.LowercaseLetter or UnicodeCategory.UppercaseLetter or UnicodeCategory.OtherLetter or UnicodeCategory.ModifierLetter
                or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.DecimalDigitNumber) => Class.L,
            _ => Class.Neutral,
        };
    }
}
