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

    private static readonly Counter<long> MucDecisions =
        Meter.CreateCounter<long>("krewe.muc.decisions", description: "Where decisions about joins came from");

    private static readonly Counter<long> MucMalformed =
        Meter.CreateCounter<long>("krewe.muc.malformed", description: "Answers about joins with status 200 that say neither yes nor no");

    private static readonly Counter<long> MucIgnored =
        Meter.CreateCounter<long>("krewe.muc.ignored", description: "Unusable values in answers about joins");

    private static readonly Counter<long> MucForgotten =
        Meter.CreateCounter<long>("krewe.muc.forgotten", description: "Decisions about joins that were forgotten because too many were remembered");

    private static readonly Counter<long> DelegationMalformed =
        Meter.CreateCounter<long>("krewe.delegation.malformed", description: "Answers for delegated namespaces that are none");

    public static void Called(HookEndpoint endpoint, HookResponse response)
    {
        Calls.Add(1, new("hook", endpoint.Hook), new("outcome", response.Name), new("host", endpoint.Host));
        Duration.Record(response.Elapsed.TotalSeconds, new("hook", endpoint.Hook), new KeyValuePair<string, object?>("host", endpoint.Host));
    }

    /// <param name="result"><c>hit</c>, <c>stale</c>, <c>fetch</c>, <c>not_modified</c> or <c>failed</c>.</param>
    public static void Roster(string result, string host) => RosterCache.Add(1, new("result", result), new KeyValuePair<string, object?>("host", host));

    public static void Skipped(int count, string host) => RosterSkipped.Add(count, new KeyValuePair<string, object?>("host", host));

    /// <param name="result"><c>hit</c>: remembered. <c>asked</c>: the service admitted. <c>refused</c>: it refused. <c>failed</c>: it gave no answer. <c>fallback</c>:
    /// neither, and <c>muc_http_auth_on_error</c> decided.</param>
    public static void MucDecision(string result, string host) => MucDecisions.Add(1, new("result", result), new KeyValuePair<string, object?>("host", host));

    public static void MucAnswerMalformed(string host) => MucMalformed.Add(1, new KeyValuePair<string, object?>("host", host));

    public static void MucValuesIgnored(int count, string host) => MucIgnored.Add(count, new KeyValuePair<string, object?>("host", host));

    public static void DelegationAnswerMalformed(string host) => DelegationMalformed.Add(1, new KeyValuePair<string, object?>("host", host));

    public static void MucDecisionForgotten() => MucForgotten.Add(1);
}
