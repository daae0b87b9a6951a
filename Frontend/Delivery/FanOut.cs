using System.Collections.Concurrent;
using Krewe.Contracts.Hosts;
using Krewe.Frontend.Streams;

namespace Krewe.Frontend.Delivery;

/// <summary>
/// What the rooms and the presence of one host cost beyond the stanzas that came: one message to a room of five thousand is five thousand stanzas out. They are charged, as they are written, to
/// the host that they come from, and whoever sends to its rooms, or presence to its users' contacts, waits while that is more than its share; nobody else does. By the same
/// limits as what streams send (<see cref="StreamRate"/>): a host without a limit there has none here.
/// </summary>
internal sealed class FanOut(IHostSettingsSource hosts, TimeProvider time)
{
    /// <summary>Copies that a host may cause for each stanza that it may send.</summary>
    public const int CopiesPerStanza = 10;

    /// <summary>What one of a presence counts: each contact's grain is asked, where a room's copies are written from one payload.</summary>
    public const int PresenceCopies = 3;

    /// <summary>Hosts are forgotten, if they owe nothing, when so many have come.</summary>
    private const int HostsBetweenSweeps = 1024;

    private static readonly TimeSpan Burst = TimeSpan.FromSeconds(0.1);
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, RateShare> _hosts = new(StringComparer.Ordinal);
    private int _added;

    /// <summary>Copies were written of what came from an address of the domain.</summary>
    public void Charge(string domain, int copies)
    {
        if (!hosts.TryFindLoaded(domain, out var from) || from.Host.Limits.StanzasPerSecond == 0)
        {
            return;
        }

        if (!_hosts.TryGetValue(from.Host.Domain, out var share))
        {
            share = _hosts.GetOrAdd(from.Host.Domain, static _ => new RateShare(Burst));
            ForgetSettled();
        }

        share.Charge(copies, 0, RateOf(from.Host), StreamThrottle.Milliseconds(time));
    }

    /// <summary>What was routed has its place, and the host that will have it copied may cause more.</summary>
    public ValueTask AfterAsync(ValueTask routed, HostSettings host) => Wait(host) > TimeSpan.Zero ? WaitAsync(routed, host) : routed;

    private async ValueTask WaitAsync(ValueTask routed, HostSettings host)
    {
        await routed;
        while (hosts.TryGetLoaded(host.Domain, out var present) && Wait(present) is { Ticks: > 0 } wait)
        {
            await Task.Delay(wait < LookEvery ? wait : LookEvery, time);
        }
    }

    private TimeSpan Wait(HostSettings host) =>
        host.Limits.StanzasPerSecond > 0 && _hosts.TryGetValue(host.Domain, out var share) ? share.WaitForAll(RateOf(host), StreamThrottle.Milliseconds(time)) : TimeSpan.Zero;

    private static StreamRate RateOf(HostSettings host) => new(StreamRate.OfHost(host.Limits).Stanzas * CopiesPerStanza, 0);

    private void ForgetSettled()
    {
        if (Interlocked.Increment(ref _added) % HostsBetweenSweeps != 0)
        {
            return;
        }

        foreach (var (host, share) in _hosts)
        {
            if (share.IsSettled(StreamThrottle.Milliseconds(time)))
            {
                _hosts.TryRemove(KeyValuePair.Create(host, share));
            }
        }
    }
}
