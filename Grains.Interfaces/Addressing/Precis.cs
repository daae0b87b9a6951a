using System.Globalization;
using System.Text;

namespace Krewe.Contracts.Addressing;

/// <summary>
/// The string classes of PRECIS (RFC 8264 §4, §9): which code points an IdentifierClass and a FreeformClass string may hold. The properties are
/// derived from the runtime's Unicode data in the order of §8; what Unicode had not assigned when that was made is refused.
/// </summary>
internal static class Precis
{
    private enum Property
    {
        Disallowed,
        FreeformOnly,
        Valid,
        ContextJ,
        ContextO,
    }

    internal static bool IsIdentifier(string text) => IsOf(text, Property.Valid);

    internal static bool IsFreeform(string text) => IsOf(text, Property.FreeformOnly);

    /// <summary>RFC 8264 §5.2.1: full-width and half-width code points become what they decompose to.</summary>
    internal static string MapWidth(string text)
    {
        if (!text.AsSpan().ContainsAnyInRange('\uFF00', '\uFFEF') && !text.Contains('\u3000'))
        {
            return text;
        }

        var mapped = new StringBuilder(text.Length);
        foreach (var character in text)
        {
            mapped.Append(character is >= '\uFF00' and <= '\uFFEF' or '\u3000' ? character.ToString().Normalize(NormalizationForm.FormKC) : character);
        }

        return mapped.ToString();
    }

    /// <summary>RFC 8265 §4.2.2 (2): non-ASCII spaces (Zs) become U+0020.</summary>
    internal static string MapSpaces(string text) =>
        Ascii.IsValid(text) ? text : string.Create(text.Length, text, static (mapped, source) =>
        {
            for (var i = 0; i < mapped.Length; i++)
            {
                mapped[i] = char.GetUnicodeCategory(source[i]) == UnicodeCategory.SpaceSeparator ? ' ' : source[i];
            }
        });

    /// <summary>RFC 8264 §9.13: Default_Ignorable_Code_Point and Noncharacter_Code_Point (the two joiners are judged before).</summary>
    internal static bool IsIgnorable(int value) => value is
        0x00AD or 0x034F or 0x061C or 0x115F or 0x1160 or 0x17B4 or 0x17B5 or (>= 0x180B and <= 0x180F) or (>= 0x200B and <= 0x200F)
        or (>= 0x202A and <= 0x202E) or (>= 0x2060 and <= 0x206F) or 0x3164 or (>= 0xFE00 and <= 0xFE0F) or 0xFEFF or 0xFFA0
        or (>= 0xFFF0 and <= 0xFFF8) or (>= 0x1BCA0 and <= 0x1BCA3) or (>= 0x1D173 and <= 0x1D17A) or (>= 0xE0000 and <= 0xE0FFF)
        or (>= 0xFDD0 and <= 0xFDEF) || (value & 0xFFFE) == 0xFFFE;

    private static bool IsOf(string text, Property least)
    {
        for (var i = 0; i < text.Length;)
        {
            if (Rune.DecodeFromUtf16(text.AsSpan(i), out var rune, out var length) != System.Buffers.OperationStatus.Done)
            {
                return false;
            }

            var property = Of(rune);
            if (property < least
                || (property == Property.ContextJ && !PrecisContext.AllowsJoiner(text, i))
                || (property == Property.ContextO && !PrecisContext.AllowsOther(text, i)))
            {
                return false;
            }

            i += length;
        }

        return true;
    }

    private static Property Of(Rune rune)
    {
        var value = rune.Value;
        if (value is >= 0x21 and <= 0x7E)
        {
            return Property.Valid;
        }

        // RFC 8264 §9.6, Exceptions.
        switch (value)
        {
            case 0x00DF or 0x03C2 or 0x06FD or 0x06FE or 0x0F0B or 0x3007:
                return Property.Valid;
            case 0x00B7 or 0x0375 or 0x05F3 or 0x05F4 or 0x30FB or (>= 0x0660 and <= 0x0669) or (>= 0x06F0 and <= 0x06F9):
                return Property.ContextO;
            case 0x0640 or 0x07FA or 0x302E or 0x302F or (>= 0x3031 and <= 0x3035) or 0x303B:
                return Property.Disallowed;
            case 0x200C or 0x200D:
                return Property.ContextJ;

            // §9.9, OldHangulJamo.
            case (>= 0x1100 and <= 0x11FF) or (>= 0xA960 and <= 0xA97C) or (>= 0xD7B0 and <= 0xD7FB):
                return Property.Disallowed;
        }

        var category = Rune.GetUnicodeCategory(rune);
        if (category is UnicodeCategory.OtherNotAssigned or UnicodeCategory.Control || IsIgnorable(value))
        {
            return Property.Disallowed;
        }

        // §9.17, HasCompat.
        Span<char> utf16 = stackalloc char[2];
        if (!((ReadOnlySpan<char>)utf16[..rune.EncodeToUtf16(utf16)]).IsNormalized(NormalizationForm.FormKC))
        {
            return Property.FreeformOnly;
        }

        return category switch
        {
            UnicodeCategory.LowercaseLetter or UnicodeCategory.UppercaseLetter or UnicodeCategory.OtherLetter or UnicodeCategory.DecimalDigitNumber
                or UnicodeCategory.ModifierLetter or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark => Property.Valid,
            UnicodeCategory.PrivateUse or UnicodeCategory.Surrogate or UnicodeCategory.Format
                or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator => Property.Disallowed,
            _ => Property.FreeformOnly,
        };
    }
}
