namespace Krewe.Grains.Audit;

/// <summary>How long, and how much, audit logs keep. Beyond that the oldest entries go, of each log by itself.</summary>
internal sealed record AuditKeeping(TimeSpan KeptFor)
{
    /// <summary>8,192 entries and those of the page that is being filled, some 2 MB.</summary>
    private const int HostChangesPagesMax = 128;

    /// <summary>Refusals, sign-ins and actions, of which equal ones are one entry: 1,024.</summary>
    private const int HostAccessesPagesMax = 16;

    private const int ProviderChangesPagesMax = 2048;

    private const int ProviderAccessesPagesMax = 256;

    /// <summary>How many full pages a log may have.</summary>
    /// <param name="log">The log's key; the provider's begin with the slash.</param>
    public static int PagesMax(string log) => (log.StartsWith('/'), log.EndsWith("/changes", StringComparison.Ordinal)) switch
    {
        (false, true) => HostChangesPagesMax,
        (false, false) => HostAccessesPagesMax,
        (true, true) => ProviderChangesPagesMax,
        (true, false) => ProviderAccessesPagesMax,
    };
}
