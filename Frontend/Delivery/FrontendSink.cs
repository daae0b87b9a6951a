using System.Collections.Concurrent;
using System.Collections.Immutable;
using Krewe.Contracts.Sessions;

namespace Krewe.Frontend.Delivery;

/// <summary>This process's end of the silos' lanes. A batch that was seen before is acknowledged again and not delivered twice.</summary>
internal sealed class FrontendSink(SessionTable sessions, TimeProvider time) : IFrontendSink
{
    /// <summary>Each room has a lane, so there come to be many. No batch is repeated for so long (a lane gives up after 10 s).</summary>
    private static readonly TimeSpan RememberFor = TimeSpan.FromMinutes(1);

    /// <summary>Lanes that are silent are forgotten when so many new ones have come.</summary>
    private const int LanesBetweenSweeps = 1024;

    private static readonly DeliveryReport NoneGone = new([]);

    private readonly ConcurrentDictionary<Guid, Seen> _lanes = new();
    private int _newLanes;
    private DeliveryWork? _spare;

    /// <summary>How many lanes are remembered.</summary>
    public int LaneCount => _lanes.Count;

    private sealed class Seen
    {
        public long Sequence;
        public DeliveryReport Report = NoneGone;
        public long At;
        public bool IsForgotten;
    }

    public Task<DeliveryReport> DeliverAsync(DeliveryBatch batch)
    {
        while (true)
        {
            if (!_lanes.TryGetValue(batch.Lane, out var seen))
            {
                seen = _lanes.GetOrAdd(batch.Lane, static _ => new Seen());
                ForgetSilent();
            }

            lock (seen)
            {
                if (seen.IsForgotten)
                {
                    continue;
                }

                seen.At = time.GetTimestamp();
                if (batch.Sequence > seen.Sequence)
                {
                    (seen.Sequence, seen.Report) = (batch.Sequence, Deliver(batch.Deliveries));
                }

                return Task.FromResult(seen.Report);
            }
        }
    }

    private DeliveryReport Deliver(ImmutableArray<Contracts.Sessions.Delivery> deliveries)
    {
        var work = Interlocked.Exchange(ref _spare, null) ?? new DeliveryWork(sessions);
        try
        {
            foreach (var delivery in deliveries)
            {
                work.Deliver(delivery, isOnly: deliveries.Length == 1);
            }
        }
        finally
        {
            work.Flush();
        }

        var gone = work.TakeGone();
        Volatile.Write(ref _spare, work);
        return gone.IsEmpty ? NoneGone : new DeliveryReport(gone);
    }

    private void ForgetSilent()
    {
        if (Interlocked.Increment(ref _newLanes) % LanesBetweenSweeps != 0)
        {
            return;
        }

        foreach (var (lane, seen) in _lanes)
        {
            // One that is at work is not silent.
            if (!Monitor.TryEnter(seen))
            {
                continue;
            }

            try
            {
                if (seen.At != 0 && time.GetElapsedTime(seen.At) > RememberFor)
                {
                    seen.IsForgotten = true;
                    _lanes.TryRemove(lane, out _);
                }
            }
            finally
            {
                Monitor.Exit(seen);
            }
        }
    }
}
