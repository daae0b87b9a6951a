using System.Collections.Concurrent;
using System.Collections.Immutable;
using Krewe.Contracts.Sessions;

namespace Krewe.Frontend.Delivery;

/// <summary>This process's end of the silos' lanes. A batch that was seen before is acknowledged again and not delivered twice.</summary>
internal sealed class FrontendSink(SessionTable sessions) : IFrontendSink
{
    private readonly ConcurrentDictionary<Guid, Seen> _lanes = new();

    private sealed class Seen
    {
        public long Sequence;
        public DeliveryReport Report = NoneGone;
    }

    private static readonly DeliveryReport NoneGone = new([]);

    public Task<DeliveryReport> DeliverAsync(DeliveryBatch batch)
    {
        var seen = _lanes.GetOrAdd(batch.Lane, static _ => new Seen());
        lock (seen)
        {
            if (batch.Sequence > seen.Sequence)
            {
                (seen.Sequence, seen.Report) = (batch.Sequence, Deliver(batch.Deliveries));
            }

            return Task.FromResult(seen.Report);
        }
    }

    private DeliveryReport Deliver(ImmutableArray<Contracts.Sessions.Delivery> deliveries)
    {
        ImmutableArray<long>.Builder? gone = null;
        foreach (var delivery in deliveries)
        {
            foreach (var session in delivery.Sessions)
            {
                if (!sessions.TryGet(session, out var stream) || !stream.TryDeliver(delivery.Content))
                {
                    (gone ??= ImmutableArray.CreateBuilder<long>()).Add(session);
                }
            }
        }

        return gone is null ? NoneGone : new DeliveryReport(gone.ToImmutable());
    }
}
