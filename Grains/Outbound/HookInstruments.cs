using System.Diagnostics.Metrics;

namespace Krewe.Grains.Outbound;

/// <summary>What the calls to tenants' services came to, of the meter <c>Krewe.Grains</c>. The host is a tag here; whoever exports bounds how many are told apart.</summary>
internal static class HookInstruments
{
    private static readonly Meter Meter = new("Krewe.Grains");

    private static readonly Counter<long> Calls = Meter.CreateCounter<long>("krewe.hook.calls", description: "Hook calls by outcome");

    private static readonly Histogram<double> Duration =
        Meter.CreateHistogram<double>("krewe.hook.duration", "s", "Time from the call to its outcome, waits included");

    private static readonly Counter<long> RosterCache =
        Meter.CreateCounter<long>("krewe.roster.cache", description: "Where rosters came from");

    private static readonly Counter<long> RosterSkipped =
        Meter.CreateCounter<long>("krewe.roster.skipped", description: "Entries of roster documents that were left out");

    public static void Called(HookEndpoint endpoint, HookResponse response)
    {
        Calls.Add(1, new("hook", endpoint.Hook), new("outcome", response.Name), new("host", endpoint.Host));
        Duration.Record(response.Elapsed.TotalSeconds, new("hook", endpoint.Hook), new KeyValuePair<string, object?>("host", endpoint.Host));
    }

    /// <param name="result"><c>hit</c>, <c>stale</c>, <c>fetch</c>, <c>not_modified</c> or <c>failed</c>.</param>
    public static void Roster(string result, string host) => RosterCache.Add(1, new("result", result), new KeyValuePair<string, object?>("host", host));

    public static void Skipped(int count, string host) => RosterSkipped.Add(count, new KeyValuePair<string, object?>("host", host));
}
