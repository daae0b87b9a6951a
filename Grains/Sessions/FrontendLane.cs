using System.Collections.Immutable;
using Krewe.Contracts.Muc;
using Krewe.Contracts.Sessions;
using Microsoft.Extensions.Logging;

namespace Krewe.Grains.Sessions;

/// <summary>
/// What one silo, or one room, sends one frontend: first in, first out, one batch in flight. A batch whose answer is lost is repeated as it was, under its old
/// sequence number, and the sink drops what it has seen: no loss, no duplicate, no reorder. A lane that is full and makes no progress, or is unanswered for
/// <see cref="GiveUpAfter"/>, has lost its frontend: everything in it is reported gone.
/// </summary>
internal sealed partial class FrontendLane(FrontendRef frontend, Action<FrontendLane> forget, TimeProvider time, ILogger log) : IThreadPoolWorkItem
{
    /// <summary>One call's worth: enough to buy back the cost of a process hop, small enough for a prompt acknowledgement.</summary>
    private const int BatchDeliveriesMax = 512;
    private const int BatchBytesMax = 256 * 1024;

    /// <summary>A batch ends with the delivery that reaches this: its answer must not take long either.</summary>
    private const int BatchSessionsMax = 2048;

    /// <summary>What may wait for one frontend that makes no progress before it counts as lost.</summary>
    private const int QueueBytesMax = 4 * 1024 * 1024;

    /// <summary>What may wait for one frontend at all: a burst, such as a large presence to a large roster, is no reason to lose it.</summary>
    private const long BurstBytesMax = 64 * 1024 * 1024;

    private static readonly TimeSpan GiveUpAfter = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(2);

    /// <summary>Before a batch is repeated that was refused on the way, which may be at once and again and again: a process that stops has no way to its own frontend.</summary>
    private static readonly TimeSpan RepeatAfter = TimeSpan.FromMilliseconds(200);

    private static readonly Task<ImmutableArray<long>> NoneGone = Task.FromResult(ImmutableArray<long>.Empty);

    private readonly Guid _incarnation = Guid.NewGuid();
    private readonly Queue<Waiting> _queue = new();
    private readonly Lock _gate = new();
    private long _queuedBytes;
    private long _sequence;
    private bool _isPumping;
    private bool _isLost;
    private long _progressAt;

    public string FrontendName => frontend.Name;

    /// <summary>Nothing is sent by it any more.</summary>
    public bool IsLost => Volatile.Read(ref _isLost);

    private sealed class Waiting(Delivery delivery) : TaskCompletionSource<ImmutableArray<long>>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public Delivery Delivery { get; } = delivery;

        /// <summary>What it keeps alive while it waits: what many wait for, such as the presence of those who are in a room, is there once.</summary>
        public int HeldBytes { get; } = 200 + (sizeof(long) * delivery.Sessions.Length) + delivery.Content switch
        {
            StanzaContent { Stanza: var stanza } => stanza.Xml.Length,
            MucStanza stanza => stanza.Payload.Xml.Length,
            MucStanzas { Stanzas: var stanzas } => 400 + (IntPtr.Size * stanzas.Length),
            _ => 0,
        };

        /// <summary>The payload and, roughly, what carrying it costs.</summary>
        public int Bytes { get; } = 200 + (sizeof(long) * delivery.Sessions.Length) + delivery.Content switch
        {
            StanzaContent { Stanza: var stanza } => stanza.Xml.Length,
            MucStanza stanza => stanza.Payload.Xml.Length,
            MucStanzas { Stanzas: var stanzas } => stanzas.Sum(static stanza => 100 + stanza.Payload.Xml.Length),
            _ => 0,
        };
    }

    public Task<ImmutableArray<long>> EnqueueAsync(Delivery delivery)
    {
        if (delivery.Sessions.IsEmpty)
        {
            return NoneGone;
        }

        var waiting = new Waiting(delivery);
        lock (_gate)
        {
            if (_isLost)
            {
                return Task.FromResult(delivery.Sessions);
            }

            _queue.Enqueue(waiting);
            _queuedBytes += waiting.HeldBytes;
            if (_queuedBytes > BurstBytesMax || (_queuedBytes > QueueBytesMax && _isPumping && time.GetElapsedTime(_progressAt) > AnswerWithin))
            {
                Lose("its lane is full");
                return waiting.Task;
            }

            if (_isPumping)
            {
                return waiting.Task;
            }

            _isPumping = true;
            _progressAt = time.GetTimestamp();
        }

        // Off the turn: the pump's awaits must not come back to whichever grain happened to be first.
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: true);
        return waiting.Task;
    }

    void IThreadPoolWorkItem.Execute() => _ = PumpAsync();

    private async Task PumpAsync()
    {
        var batch = new List<Waiting>();
        while (TakeBatch(batch))
        {
            var deliveries = ImmutableArray.CreateBuilder<Delivery>(batch.Count);
            foreach (var waiting in batch)
            {
                deliveries.Add(waiting.Delivery);
            }

            Volatile.Write(ref _progressAt, time.GetTimestamp());
            var report = await SendAsync(new DeliveryBatch(_incarnation, ++_sequence, deliveries.MoveToImmutable()));
            var gone = report is { Gone.IsEmpty: false } ? report.Gone.ToHashSet() : [];
            foreach (var waiting in batch)
            {
                waiting.SetResult(
                    report is null ? waiting.Delivery.Sessions
                    : gone.Count == 0 ? []
                    : [.. waiting.Delivery.Sessions.Where(gone.Contains)]);
            }

            batch.Clear();
            if (report is null)
            {
                lock (_gate)
                {
                    Lose("it did not answer");
                }

                return;
            }
        }
    }

    private bool TakeBatch(List<Waiting> batch)
    {
        lock (_gate)
        {
            int bytes = 0, sessions = 0;
            while (batch.Count < BatchDeliveriesMax && bytes < BatchBytesMax && sessions < BatchSessionsMax && _queue.TryDequeue(out var waiting))
            {
                batch.Add(waiting);
                bytes += waiting.Bytes;
                sessions += waiting.Delivery.Sessions.Length;
                _queuedBytes -= waiting.HeldBytes;
            }

            return _isPumping = batch.Count > 0;
        }
    }

    /// <summary>The sink's report; null when it gave none for too long.</summary>
    private async Task<DeliveryReport?> SendAsync(DeliveryBatch batch)
    {
        var began = time.GetTimestamp();
        while (true)
        {
            try
            {
                return await frontend.Sink.DeliverAsync(batch).WaitAsync(AnswerWithin, time);
            }
            catch (Exception e) when (e is TimeoutException or Orleans.Runtime.OrleansException)
            {
                if (time.GetElapsedTime(began) > GiveUpAfter)
                {
                    return null;
                }

                BatchRepeated(log, frontend.Name, batch.Sequence);
                if (e is not TimeoutException)
                {
                    await Task.Delay(RepeatAfter, time);
                }
            }
            catch (Exception e)
            {
                // A bug in the sink: without its answer nothing more can be said of these sessions.
                SinkFailed(log, frontend.Name, e);
                return null;
            }
        }
    }

    /// <summary>Called with the gate held.</summary>
    private void Lose(string why)
    {
        _isLost = true;
        forget(this);
        FrontendLost(log, frontend.Name, why);
        while (_queue.TryDequeue(out var waiting))
        {
            waiting.SetResult(waiting.Delivery.Sessions);
        }

        _queuedBytes = 0;
    }

    [LoggerMessage(1101, LogLevel.Warning, "Frontend {Frontend} has not answered batch {Sequence}: sent again")]
    private static partial void BatchRepeated(ILogger log, string frontend, long sequence);

    [LoggerMessage(1103, LogLevel.Error, "The sink of frontend {Frontend} failed")]
    private static partial void SinkFailed(ILogger log, string frontend, Exception exception);

    [LoggerMessage(1102, LogLevel.Error, "Frontend {Frontend} is lost: {Why}")]
    private static partial void FrontendLost(ILogger log, string frontend, string why);
}
