using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace Krewe.Contracts.Accounts;

/// <summary>
/// SASLprep (RFC 4013), which SCRAM applies to passwords (RFC 5802 §5.1), over the runtime's Unicode rather than that of 2002. Without the rule on
/// directions: it would only keep people from passwords that their clients send as they are typed.
/// </summary>
public static class SaslPrep
{
    public const int PasswordCharsMax = 1024;

    /// <summary>False for an empty or overlong password and for one with control or unassigned characters.</summary>
    public static bool TryPrepare(string password, [NotNullWhen(true)] out string? prepared)
    {
        prepared = null;
        if (password.Length is 0 or > PasswordCharsMax)
        {
            return false;
        }

        if (password.AsSpan().ContainsAnyExceptInRange(' ', '~'))
        {
            if (Map(password) is not { Length: > 0 } mapped)
            {
                return false;
            }

            password = mapped.Normalize(NormalizationForm.FormKC);
            if (!password.EnumerateRunes().All(IsAllowed))
            {
                return false;
            }
        }

        prepared = password;
        return true;
    }

    /// <summary>RFC 4013 §2.1; null for text that is not well-formed.</summary>
    private static string? Map(string password)
    {
        var mapped = new StringBuilder(password.Length);
        for (var i = 0; i < password.Length;)
        {
            if (Rune.DecodeFromUtf16(password.AsSpan(i), out var rune, out var length) != System.Buffers.OperationStatus.Done)
            {
                return null;
            }

            i += length;
            if (Rune.GetUnicodeCategory(rune) == UnicodeCategory.SpaceSeparator || rune.Value == 0x200B)
            {
                mapped.Append(' ');
            }
            else if (!IsMappedToNothing(rune.Value))
            {
                mapped.Append(rune.ToString());
            }
        }

        return mapped.ToString();
    }

    /// <summary>RFC 3454 table B.1.</summary>
    private static bool IsMappedToNothing(int value) => value is
        0x00AD or 0x034F or 0x1806 or (>= 0x180B and <= 0x180D) or 0x200C or 0x200D or 0x2060 or (>= 0xFE00 and <= 0xFE0F) or 0xFEFF;

    /// <summary>RFC 4013 §2.3 by category, with what is inappropriate for plain text or canonical representation named.</summary>
    private static bool IsAllowed(Rune rune) =>
        rune.Value is not ((>= 0xFFFC and <= 0xFFFD) or (>= 0x2FF0 and <= 0x2FFB))
        && Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.PrivateUse or UnicodeCategory.Surrogate
            or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
}
