using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace Krewe.Contracts.Addressing;

/// <summary>
/// Preparation and enforcement of the three parts of an address (RFC 7622 §3): UsernameCaseMapped and OpaqueString (RFC 8265 §3.3, §4.2) for the
/// localpart and the resourcepart, <see cref="JidDomainpart"/> for the domainpart. What is prepared once is never changed by preparing it again.
/// </summary>
public static class JidEnforcement
{
    /// <summary>RFC 7622 §3.1: each part is 1 to 1023 octets after preparation.</summary>
    public const int PartBytesMax = 1023;

    /// <summary>No text longer than this is looked at: preparation shortens a text to a third at most (full-width letters).</summary>
    public const int UnpreparedCharsMax = 3 * Jid.BytesMax;

    /// <summary>RFC 8264 §7: a text that is not stable after that many further applications of a profile is refused.</summary>
    private const int ReapplicationsMax = 3;

    /// <summary>RFC 7622 §3.3.1, beside what the IdentifierClass does not have anyway.</summary>
    private static readonly SearchValues<char> LocalpartExcluded = SearchValues.Create("\"&'/:<>@");

    public static bool TryPrepareLocalpart(string text, [NotNullWhen(true)] out string? prepared) =>
        TryApply(text, ApplyUsernameCaseMapped, out prepared) && prepared.AsSpan().IndexOfAny(LocalpartExcluded) < 0;

    public static bool TryPrepareDomainpart(string text, [NotNullWhen(true)] out string? prepared)
    {
        prepared = text.Length <= UnpreparedCharsMax ? JidDomainpart.Prepare(text) : null;
        return prepared is not null && Encoding.UTF8.GetByteCount(prepared) <= PartBytesMax;
    }

    /// <summary>A leading space is refused (RFC 7622 §3.5, table 2), although OpaqueString would keep it: nobody could tell the two apart.</summary>
    public static bool TryPrepareResourcepart(string text, [NotNullWhen(true)] out string? prepared) =>
        TryApply(text, ApplyOpaqueString, out prepared) && prepared[0] != ' ';

    /// <summary>A prepared domain as DNS, TLS and file names have it, with A-labels (RFC 5890 §2.3.2.1); null for an IPv6 literal.</summary>
    public static string? DomainToAscii(string preparedDomain) => JidDomainpart.ToAscii(preparedDomain);

    /// <summary>
    /// Throws when the process runs in invariant globalization mode or without ICU. There normalization silently does nothing and different
    /// domains become one, so that no address could be trusted.
    /// </summary>
    public static void EnsureGlobalization() => EnsureGlobalization(
        text => text.Normalize(NormalizationForm.FormC), domain => new IdnMapping().GetAscii(domain));

    internal static void EnsureGlobalization(Func<string, string> normalize, Func<string, string> toAscii)
    {
        if (normalize("e\u0301") != "\u00E9" || toAscii("B\u00DCCHER.example") != "xn--bcher-kva.example" || toAscii("fa\u00DF.example") != "xn--fa-hia.example")
        {
            throw new InvalidOperationException(
                "Krewe needs ICU to compare addresses (RFC 7622), but this process has no working one: install libicu, "
                + "and leave DOTNET_SYSTEM_GLOBALIZATION_INVARIANT and InvariantGlobalization off.");
        }
    }

    private static bool TryApply(string text, Func<string, string?> profile, [NotNullWhen(true)] out string? prepared)
    {
        prepared = null;
        if (text.Length is 0 or > UnpreparedCharsMax)
        {
            return false;
        }

        var current = text;
        for (var i = 0; i <= ReapplicationsMax; i++)
        {
            var next = profile(current);
            if (string.IsNullOrEmpty(next))
            {
                return false;
            }

            if (next == current)
            {
                prepared = Encoding.UTF8.GetByteCount(current) <= PartBytesMax ? current : null;
                return prepared is not null;
            }

            current = next;
        }

        return false;
    }

    /// <summary>RFC 8265 §3.3: width mapping, IdentifierClass, lower case, NFC, Bidi Rule; null when refused.</summary>
    private static string? ApplyUsernameCaseMapped(string text)
    {
        var mapped = Precis.MapWidth(text);
        if (!Precis.IsIdentifier(mapped))
        {
            return null;
        }

        // U+0130 has two letters in lower case, which the runtime's mapping of single letters leaves as it is.
        mapped = mapped.ToLowerInvariant().Replace("\u0130", "i\u0307", StringComparison.Ordinal).Normalize(NormalizationForm.FormC);
        return BidiRule.IsSatisfiedBy(mapped) ? mapped : null;
    }

    /// <summary>RFC 8265 §4.2: FreeformClass, every space is U+0020, NFC; null when refused.</summary>
    private static string? ApplyOpaqueString(string text) =>
        Precis.IsFreeform(text) ? Precis.MapSpaces(text).Normalize(NormalizationForm.FormC) : null;
}
