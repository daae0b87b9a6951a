namespace Krewe.Frontend.Rosters;

/// <summary>The order of a roster's versions, <c>epoch.n</c>: n never goes back, whatever the epoch.</summary>
internal static class RosterVersions
{
    public static bool IsLater(string version, string than) => Number(version) > Number(than);

    private static long Number(string version) => long.TryParse(version.AsSpan(version.LastIndexOf('.') + 1), out var number) ? number : 0;
}
