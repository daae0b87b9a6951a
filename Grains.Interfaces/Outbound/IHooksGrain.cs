using System.Collections.Immutable;

namespace Krewe.Contracts.Outbound;

/// <summary>
/// What became of the calls to one host's hooks. Key: the host's domain. It tells what the silo that it lives in has called, and keeps nothing itself: the log is in memory, for
/// looking at a hook and not for the books.
/// </summary>
[Alias("hooks")]
public interface IHooksGrain : IGrainWithStringKey
{
    /// <summary>The hooks that were called of late, by name and part.</summary>
    [Alias("log")]
    Task<ImmutableArray<HookLog>> LogAsync();

    /// <summary>Brings the host's usage up to date with the calls that this silo has made.</summary>
    [Alias("report")]
    Task ReportUsageAsync();

    /// <summary>Those of the URLs that name an address that the provider's egress policy refuses, as it is now. Names are not looked up: they are judged when they are connected to.</summary>
    [Alias("refused")]
    Task<ImmutableArray<string>> RefusedAsync(ImmutableArray<string> urls);
}

/// <summary>One hook's log, since the process started or forgot it.</summary>
/// <param name="Hook">What it is for: <c>roster</c>, <c>muc-auth</c>, <c>delegation</c>.</param>
/// <param name="Part">Which of the host's hooks of this kind: the room service's domain, the namespace; empty where there is one only.</param>
/// <param name="IsResting">The breaker is open: the last calls failed, and there are none for a moment.</param>
/// <param name="Failures">Calls that brought no answer that the service could have meant.</param>
/// <param name="Median">Of the latencies of the last calls that were made.</param>
/// <param name="Percentile95">Of the same.</param>
/// <param name="Last">The last calls, the newest first.</param>
[GenerateSerializer, Immutable, Alias("hook-log")]
public sealed record HookLog(
    [property: Id(0)] string Hook, [property: Id(1)] string Part, [property: Id(2)] bool IsResting, [property: Id(3)] long Calls, [property: Id(4)] long Failures,
    [property: Id(5)] TimeSpan Median, [property: Id(6)] TimeSpan Percentile95, [property: Id(7)] ImmutableArray<HookLogCall> Last);

/// <summary>One call: never its URL, which may hold a name or a token, nor anything of a body.</summary>
/// <param name="Outcome">As in the metrics: <c>ok</c>, <c>status</c>, <c>timeout</c>, …</param>
/// <param name="Status">The HTTP status; 0 where there was none.</param>
/// <param name="Id">The <c>webhook-id</c> that it was signed with; null for a call that was not signed.</param>
[GenerateSerializer, Immutable, Alias("hook-log-call")]
public sealed record HookLogCall(
    [property: Id(0)] DateTimeOffset At, [property: Id(1)] string Outcome, [property: Id(2)] int Status, [property: Id(3)] TimeSpan Latency, [property: Id(4)] string? Id);
