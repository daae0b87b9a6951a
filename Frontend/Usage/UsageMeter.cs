using System.Collections.Immutable;
using Krewe.Contracts.Usage;
using Krewe.Frontend.Observability;

namespace Krewe.Frontend.Usage;

/// <summary>One host's counters since they were last reported. They go on counting for the metrics, so what was reported is subtracted here.</summary>
internal sealed class UsageMeter(string host, FrontendInstruments instruments)
{
    private static readonly (string Counter, Func<HostCounters, long> Read)[] OfClients =
    [
        (UsageCounters.StanzasReceived, static counters => counters.AllReceived),
        (UsageCounters.StanzasSent, static counters => counters.AllSent),
        (UsageCounters.BytesReceived, static counters => counters.BytesReceivedSoFar),
        (UsageCounters.BytesSent, static counters => counters.BytesSentSoFar),
        (UsageCounters.Logins, static counters => counters.LoginsSoFar),
        (UsageCounters.MessagesStored, static counters => counters.MessagesStoredSoFar),
    ];

    private static readonly (string Counter, Func<HostCounters, long> Read)[] OfComponents =
    [
        (UsageCounters.ComponentStanzasReceived, static counters => counters.AllReceived),
        (UsageCounters.ComponentStanzasSent, static counters => counters.AllSent),
        (UsageCounters.ComponentBytesReceived, static counters => counters.BytesReceivedSoFar),
        (UsageCounters.ComponentBytesSent, static counters => counters.BytesSentSoFar),
    ];

    private readonly long[] _reported = new long[OfClients.Length + OfComponents.Length];
    private string? _day;

    /// <summary>One report at a time.</summary>
    public SemaphoreSlim Turn { get; } = new(1);

    /// <summary>Something was counted, or there are sessions of which a new day does not know yet.</summary>
    public bool IsDue(string day) => IsDue(Counted(), day);

    /// <summary>What was counted since the last time; null for nothing.</summary>
    /// <param name="sessions">How many there are: the peak of the time to come is at least that.</param>
    public (ImmutableArray<UsageAmount> Amounts, long SessionsPeak)? Take(string day, int sessions)
    {
        lock (_reported)
        {
            ImmutableArray<UsageAmount> counted = [.. Counted()];
            var isDue = IsDue(counted, day);
            for (var i = 0; i < counted.Length; i++)
            {
                _reported[i] += counted[i].Amount;
            }

            var peak = instruments.FindHost(host)?.TakeSessionsPeak(sessions) ?? 0;
            _day = day;
            return isDue ? (counted.RemoveAll(static each => each.Amount == 0), peak) : null;
        }
    }

    private bool IsDue(IEnumerable<UsageAmount> counted, string day) =>
        counted.Any(static each => each.Amount != 0) || (_day != day && instruments.FindHost(host) is { SessionsPeak: > 0 });

    private IEnumerable<UsageAmount> Counted() => Read(OfClients, instruments.FindHost(host)).Concat(Read(OfComponents, instruments.FindComponent(host)))
        .Select((counted, i) => counted with { Amount = counted.Amount - _reported[i] });

    private static IEnumerable<UsageAmount> Read((string Counter, Func<HostCounters, long> Read)[] all, HostCounters? counters) =>
        all.Select(each => new UsageAmount(each.Counter, counters is null ? 0 : each.Read(counters)));
}
