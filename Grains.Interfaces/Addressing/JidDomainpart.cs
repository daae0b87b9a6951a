using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Krewe.Contracts.Addressing;

/// <summary>
/// Preparation of a domainpart (RFC 7622 §3.2): an IPv6 literal, or NR-LDH labels and U-labels (an IPv4 address is a sequence of the former).
/// Mapping is that of UTS #46, which the runtime's ICU has; what IDNA2008 (RFC 5892) disallows in a U-label is refused on top of it.
/// </summary>
internal static class JidDomainpart
{
    private const string AcePrefix = "xn--";

    private static readonly IdnMapping Idn = new();

    /// <summary>The prepared form, null when it is no domain.</summary>
    internal static string? Prepare(string text)
    {
        if (text.StartsWith('['))
        {
            return PrepareIPv6(text);
        }

        // RFC 7622 §3.2: one dot at the end, which stands for the root, is not part of the name. IDNA has three more dots (RFC 3490 §3.1).
        var domain = text.Replace('\u3002', '.').Replace('\uFF0E', '.').Replace('\uFF61', '.');
        domain = domain.EndsWith('.') ? domain[..^1] : domain;
        var labels = domain.Split('.');
        var hasRightToLeft = false;
        for (var i = 0; i < labels.Length; i++)
        {
            if (PrepareLabel(labels[i]) is not { } label)
            {
                return null;
            }

            labels[i] = label;
            hasRightToLeft |= BidiRule.HasRightToLeft(label);
        }

        // RFC 5893 §2: where one label is right to left, all of them must obey.
        return hasRightToLeft && !Array.TrueForAll(labels, BidiRule.IsObeyedBy) ? null : string.Join('.', labels);
    }

    /// <summary>The form for DNS, TLS and file names: A-labels; null for an IP literal and for what has none.</summary>
    internal static string? ToAscii(string prepared)
    {
        if (Ascii.IsValid(prepared))
        {
            return prepared.StartsWith('[') ? null : prepared;
        }

        var labels = prepared.Split('.');
        for (var i = 0; i < labels.Length; i++)
        {
            if (!TryIdn(Idn.GetAscii, labels[i], out labels[i]!))
            {
                return null;
            }
        }

        return string.Join('.', labels);
    }

    private static string? PrepareIPv6(string text)
    {
        var inner = text.EndsWith(']') ? text[1..^1] : "";
        return inner.All(c => char.IsAsciiHexDigit(c) || c is ':' or '.')
            && IPAddress.TryParse(inner, out var address) && address.AddressFamily == AddressFamily.InterNetworkV6
            ? $"[{address}]"
            : null;
    }

    private static string? PrepareLabel(string label)
    {
        if (label.Length == 0)
        {
            return null;
        }

        if (!Ascii.IsValid(label))
        {
            // ICU would drop what is ignorable, and make one domain of two that IDNA2008 keeps apart from all others.
            return label.EnumerateRunes().Any(rune => Precis.IsIgnorable(rune.Value) && rune.Value is not (0x200C or 0x200D))
                || !TryIdn(Idn.GetAscii, label, out var ascii) ? null
                : ascii.StartsWith(AcePrefix, StringComparison.Ordinal) ? PrepareALabel(ascii)
                : PrepareLabel(ascii);
        }

        var lower = label.ToLowerInvariant();
        return lower.StartsWith(AcePrefix, StringComparison.Ordinal) ? PrepareALabel(lower)
            : lower.Length <= AsciiJid.LabelBytesMax && lower.All(IsLdh) && HasHyphensInPlace(lower) ? lower
            : null;
    }

    /// <summary>The U-label of an A-label; both must be each other's only form (RFC 5890 §2.3.2.1).</summary>
    private static string? PrepareALabel(string ascii) =>
        ascii.Length <= AsciiJid.LabelBytesMax
        && TryIdn(Idn.GetUnicode, ascii, out var unicode) && !Ascii.IsValid(unicode)
        && TryIdn(Idn.GetAscii, unicode, out var again) && again == ascii
        && IsULabel(unicode)
            ? unicode
            : null;

    /// <summary>RFC 5891 §4.2.3 and RFC 5892 §2: the IdentifierClass has the same letters, digits, exceptions and contextual rules.</summary>
    private static bool IsULabel(string label) =>
        HasHyphensInPlace(label)
        && Rune.GetUnicodeCategory(Rune.GetRuneAt(label, 0))
            is not (UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark)
        && label.EnumerateRunes().All(rune => rune.IsAscii ? IsLdh((char)rune.Value) : !IsInIgnorableBlock(rune.Value))
        && Precis.IsIdentifier(label);

    /// <summary>RFC 5892 §2.4.</summary>
    private static bool IsInIgnorableBlock(int value) => value is (>= 0x20D0 and <= 0x20FF) or (>= 0x1D100 and <= 0x1D24F);

    private static bool IsLdh(char character) => character is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '-';

    private static bool HasHyphensInPlace(string label) =>
        label[0] != '-' && label[^1] != '-' && !(label.Length >= 4 && label[2] == '-' && label[3] == '-');

    /// <summary>The runtime says no with an exception; here it is an answer.</summary>
    private static bool TryIdn(Func<string, string> convert, string label, out string converted)
    {
        try
        {
            converted = convert(label);
            return true;
        }
        catch (ArgumentException)
        {
            converted = "";
            return false;
        }
    }
}
