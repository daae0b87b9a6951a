using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Entities;

namespace Krewe.Frontend.Delegation;

/// <summary>
/// The requests of this process that wait for delegates. Each leaves by exactly one of: the answer, the deadline, the end of the delegate's stream; whoever takes it out tells
/// the requester. So everything ends in an answer, and in only one.
/// </summary>
internal sealed class PendingIqs : IEntityObserver, IDisposable
{
    /// <summary>For one delegate (specs D-062).</summary>
    public const int OfDelegateMax = 10_000;

    /// <summary>From one bare JID.</summary>
    public const int OfRequesterMax = 64;

    /// <summary>More answers than these at once are given on a thread of their own.</summary>
    private const int AtOnceMax = 16;

    private readonly Lock _gate = new();
    private readonly Dictionary<UInt128, PendingIq> _pending = [];
    private readonly Dictionary<string, int> _ofDelegates = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _ofRequesters = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _ofHosts = new(StringComparer.Ordinal);
    private readonly DeadlineWheel _deadlines;
    private readonly ITimer _timer;
    private bool _isTicking;

    public PendingIqs(TimeProvider time)
    {
        _deadlines = new DeadlineWheel(time);
        _timer = time.CreateTimer(static self => ((PendingIqs)self!).GiveUpDue(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public int Total
    {
        get
        {
            lock (_gate)
            {
                return _pending.Count;
            }
        }
    }

    /// <summary>False when so much waits already that this must not.</summary>
    public bool TryAdd(PendingIq iq, HostLimits limits)
    {
        lock (_gate)
        {
            if (_ofDelegates.GetValueOrDefault(iq.Delegate) >= OfDelegateMax
                || _ofRequesters.GetValueOrDefault(iq.Requester.Address.Bare) >= OfRequesterMax
                || (limits.PendingIqs > 0 && _ofHosts.GetValueOrDefault(iq.Host) >= PlacesFor(iq, limits.PendingIqs)))
            {
                return false;
            }

            Count(_ofDelegates, iq.Delegate, 1);
            Count(_ofRequesters, iq.Requester.Address.Bare, 1);
            Count(_ofHosts, iq.Host, 1);
            _pending.Add(iq.Wrapper, iq);
            _deadlines.Add(iq);
            iq.Counts.NotePending(1);
            if (!_isTicking)
            {
                _isTicking = true;
                _timer.Change(DeadlineWheel.Tick, DeadlineWheel.Tick);
            }
        }

        return true;
    }

    /// <summary>The request that a stream answers; false, and nothing is changed, when no such request of that host went there (specs D-049, D-096).</summary>
    public bool TryTake(UInt128 wrapper, IEntityStream stream, string host, [NotNullWhen(true)] out PendingIq? iq)
    {
        lock (_gate)
        {
            if (!_pending.TryGetValue(wrapper, out iq) || iq.Stream != stream || iq.Host != host)
            {
                iq = null;
                return false;
            }

            Remove(iq);
            return true;
        }
    }

    /// <summary>False when somebody else has taken it out.</summary>
    public bool TryTake(PendingIq iq)
    {
        lock (_gate)
        {
            if (!_pending.ContainsKey(iq.Wrapper))
            {
                return false;
            }

            Remove(iq);
            return true;
        }
    }

    public ValueTask ConnectedAsync(IEntityStream stream) => default;

    /// <summary>All that went there fail at once (specs D-048).</summary>
    public void Disconnected(IEntityStream stream)
    {
        List<PendingIq> lost;
        lock (_gate)
        {
            lost = [.. _pending.Values.Where(iq => iq.Stream == stream)];
            lost.ForEach(Remove);
        }

        Refuse(lost, static counts => counts.NoteRefused());
    }

    public void Dispose() => _timer.Dispose();

    private void GiveUpDue()
    {
        var due = new List<PendingIq>();
        lock (_gate)
        {
            _deadlines.FindDue(due);
            due.ForEach(Remove);
            if (_pending.Count == 0)
            {
                _isTicking = false;
                _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            }
        }

        Refuse(due, static counts => counts.NoteTimedOut());
    }

    /// <summary>Half of them are for the host's own users: others, who may be anybody, share the rest.</summary>
    private static int PlacesFor(PendingIq iq, int max) => iq.Requester.Domain == iq.Host ? max : (max + 1) / 2;

    private static void Refuse(List<PendingIq> iqs, Action<DelegationCounts> count)
    {
        if (iqs.Count > AtOnceMax)
        {
            ThreadPool.QueueUserWorkItem(static work => RefuseAll(work.iqs, work.count), (iqs, count), preferLocal: false);
        }
        else
        {
            RefuseAll(iqs, count);
        }
    }

    private static void RefuseAll(List<PendingIq> iqs, Action<DelegationCounts> count)
    {
        foreach (var iq in iqs)
        {
            count(iq.Counts);
            iq.Refuse(StanzaError.ServiceUnavailable);
        }
    }

    private void Remove(PendingIq iq)
    {
        _pending.Remove(iq.Wrapper);
        _deadlines.Remove(iq);
        Count(_ofDelegates, iq.Delegate, -1);
        Count(_ofRequesters, iq.Requester.Address.Bare, -1);
        Count(_ofHosts, iq.Host, -1);
        iq.Counts.NotePending(-1);
    }

    private static void Count(Dictionary<string, int> counts, string key, int change)
    {
        ref var count = ref CollectionsMarshal.GetValueRefOrAddDefault(counts, key, out _);
        count += change;
        if (count == 0)
        {
            counts.Remove(key);
        }
    }
}
