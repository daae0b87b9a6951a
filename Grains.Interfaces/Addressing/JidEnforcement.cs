using System.Diagnostics.CodeAnalysis;

namespace Krewe.Contracts.Addressing;

/// <summary>Preparation and enforcement of the three parts of an address (RFC 7622 §3, RFC 8265, RFC 5895).</summary>
public static class JidEnforcement
{
    /// <summary>RFC 7622 §3.1: each part is 1 to 1023 octets after preparation.</summary>
    public const int PartBytesMax = 1023;

    public static bool TryPrepareLocalpart(string text, [NotNullWhen(true)] out string? prepared)
    {
        prepared = text.ToLowerInvariant();
        return prepared.Length is > 0 and <= PartBytesMax && prepared.IndexOfAny([' ', '"', '&', '\'', '/', ':', '<', '>', '@']) < 0;
    }

    public static bool TryPrepareDomainpart(string text, [NotNullWhen(true)] out string? prepared)
    {
        prepared = text.ToLowerInvariant().TrimEnd('.');
        return prepared.Length is > 0 and <= PartBytesMax && prepared.IndexOfAny([' ', '@', '/', '<', '&', '\'']) < 0;
    }

    public static bool TryPrepareResourcepart(string text, [NotNullWhen(true)] out string? prepared)
    {
        prepared = text;
        return prepared.Length is > 0 and <= PartBytesMax;
    }
}
