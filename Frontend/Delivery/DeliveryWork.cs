using System.Buffers;
using System.Collections.Immutable;
using Krewe.Contracts.Muc;
using Krewe.Contracts.Sessions;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Muc;
using Krewe.Frontend.Streams;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Delivery;

/// <summary>
/// Puts the deliveries of one batch into the streams' queues. What a room sends to many is written once, and each session's copy differs in its <c>to</c> alone;
/// what one session gets from one batch goes out in one flush. Used by one thread at a time.
/// </summary>
internal sealed class DeliveryWork(SessionTable sessions)
{
    /// <summary>A buffer that the entry into one large room made larger than this is not kept.</summary>
    private const int KeptBytesMax = 512 * 1024;

    private readonly List<OutboundQueue> _held = [];
    private ArrayBufferWriter<byte> _output = new(1024);
    private ImmutableArray<long>.Builder? _gone;

    /// <param name="isOnly">Nothing else is in the batch, so there is no flush to save.</param>
    public void Deliver(Contracts.Sessions.Delivery delivery, bool isOnly)
    {
        switch (delivery.Content)
        {
            case MucStanza stanza:
                DeliverToMany(delivery.Sessions, stanza, isOnly);
                break;
            case MucStanzas stanzas:
                foreach (var session in delivery.Sessions)
                {
                    DeliverAll(session, stanzas.Stanzas, isOnly);
                }

                break;
            default:
                foreach (var session in delivery.Sessions)
                {
                    var isDelivered = sessions.TryGet(session, out var target) ? target.TryDeliver(delivery.Content)
                        : sessions.TryGetComponent(session, out var component) && component.TryDeliver(delivery.Content);
                    if (!isDelivered)
                    {
                        NoteGone(session);
                    }
                }

                break;
        }
    }

    /// <summary>Writes what was held back.</summary>
    public void Flush()
    {
        foreach (var queue in _held)
        {
            queue.Flush();
        }

        _held.Clear();
    }

    /// <summary>The sessions that could not be delivered to, since this was last asked.</summary>
    public ImmutableArray<long> TakeGone()
    {
        var gone = _gone?.ToImmutable() ?? [];
        _gone = null;
        return gone;
    }

    private void DeliverToMany(ImmutableArray<long> recipients, MucStanza stanza, bool isOnly)
    {
        var output = Rent();
        MucStanzaWriter.WriteRest(output, stanza);
        var rest = output.WrittenSpan;
        var start = MucStanzaWriter.Start(stanza.Kind);
        var isEnd = RoomVisits.TellsOfEnd(stanza);
        foreach (var session in recipients)
        {
            if (!sessions.TryGet(session, out var target) || !TryPut(target, start, target.FromFull, rest, isOnly))
            {
                NoteGone(session);
                continue;
            }

            target.CountSent(stanza.Kind);
            if (isEnd)
            {
                target.Rooms?.End(stanza.From);
            }
        }
    }

    /// <summary>All of them as one, lest a long answer to an entry be cut in the middle by the queue's bound.</summary>
    private void DeliverAll(long session, ImmutableArray<MucStanza> stanzas, bool isOnly)
    {
        if (!sessions.TryGet(session, out var target))
        {
            NoteGone(session);
            return;
        }

        var output = Rent();
        foreach (var stanza in stanzas)
        {
            if (target.Queue.IsFramed && output.WrittenCount > 0)
            {
                // RFC 7395 §3.3: a message for each. The queue begins the first and ends the last.
                output.Write(Tokens.MessageEnd);
                StandaloneElement.Write(output, MucStanzaWriter.Start(stanza.Kind));
            }
            else
            {
                output.Write(MucStanzaWriter.Start(stanza.Kind));
            }

            output.Write(target.FromFull);
            MucStanzaWriter.WriteRest(output, stanza);
        }

        if (!TryPut(target, output.WrittenSpan, default, default, isOnly))
        {
            NoteGone(session);
            return;
        }

        foreach (var stanza in stanzas)
        {
            target.CountSent(stanza.Kind);
            if (RoomVisits.TellsOfEnd(stanza))
            {
                target.Rooms?.End(stanza.From);
            }
        }
    }

    private bool TryPut(ISession target, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third, bool isOnly)
    {
        if (isOnly)
        {
            return target.Enqueue(first, second, third);
        }

        if (!target.TryHold(first, second, third, out var isFlushDue))
        {
            return false;
        }

        if (isFlushDue)
        {
            _held.Add(target.Queue);
        }

        return true;
    }

    private void NoteGone(long session) => (_gone ??= ImmutableArray.CreateBuilder<long>()).Add(session);

    private ArrayBufferWriter<byte> Rent()
    {
        if (_output.Capacity > KeptBytesMax)
        {
            _output = new ArrayBufferWriter<byte>(1024);
        }

        _output.ResetWrittenCount();
        return _output;
    }
}
