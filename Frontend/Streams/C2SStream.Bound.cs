using System.Buffers;
using System.Text;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Muc;
using Krewe.Contracts.Rosters;
using Krewe.Contracts.Sessions;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Delivery;
using Krewe.Frontend.Entities;
using Krewe.Frontend.Muc;
using Krewe.Frontend.Observability;
using Krewe.Frontend.Rosters;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Streams;

/// <summary>A bound stream: what comes from the client goes to the router, what comes for it is written in the order of its coming.</summary>
internal sealed partial class C2SStream
{
    /// <summary>Steps that may wait behind one that waits for a tenant's service; then the client is not read from (specs R-052).</summary>
    private const int StepsMax = 64;

    /// <summary>Pushes that may wait for a roster result that is being fetched.</summary>
    private const int HeldPushesMax = 10_000;

    private readonly Lock _pushes = new();
    private volatile UserEntity? _entity;
    private Task _lastStep = Task.CompletedTask;
    private int _stepsWaiting;
    private int _unsettled;
    private List<RosterChange>? _heldPushes;
    private byte[] _lastToRaw = [];
    private Jid? _lastTo;
    private byte[] _fromFull = [];
    private byte[] _fromBare = [];
    private bool _isPinged;
    private StreamThrottle? _throttle;

    /// <summary>The rooms that the session is in or on its way into; null until it first sends to one.</summary>
    public RoomVisits? Rooms { get; set; }

    /// <summary>The resource has sent initial presence and not taken it back.</summary>
    public bool IsAvailable { get; private set; }

    /// <summary>When it did last, as a timestamp.</summary>
    public long AvailableSince { get; private set; }

    /// <summary>What it is to hosts that grant the user something; null for nearly everybody.</summary>
    public UserEntity? Entity
    {
        get => _entity;
        set => _entity = value;
    }

    /// <summary>The roster as this session got it, kept from the roster get until initial presence needs it.</summary>
    public RosterSnapshot? LoadedRoster { get; set; }

    /// <summary>When the user's present run of sessions began.</summary>
    public DateTimeOffset LiveSince { get; private set; }

    /// <summary>As rooms know it.</summary>
    public MucSession MucSession => new(_services.Frontend, Session, Self!);

    /// <summary>The full JID, escaped for an attribute.</summary>
    public ReadOnlySpan<byte> FromFull => _fromFull;

    public ReadOnlySpan<byte> FromBare => _fromBare;

    /// <summary>What the stream's header declared beyond the usual, as declarations to repeat on a stanza that uses it.</summary>
    public ReadOnlySpan<byte> StreamDeclarations => _framer.Header.PrefixDeclarations.Span;

    public ReadOnlySpan<byte> StreamLang => _framer.Header.LangEscaped.Span;

    /// <summary>True while an earlier stanza of this stream waits for its place: nothing may pass it. A roster get that waits for the tenant holds up nobody.</summary>
    public bool IsUnsettled => Volatile.Read(ref _unsettled) > 0;

    private ValueTask HandleBoundAsync(Frame frame)
    {
        _isPinged = false;
        if (!frame.Head.IsStanza)
        {
            StreamException.Throw(StreamErrorCondition.UnsupportedStanzaType);
        }

        var bytes = (int)frame.Bytes.Length;
        byte[]? rented = null;
        ValueTask routed;
        try
        {
            routed = _services.Router.RouteAsync(this, frame.Contiguous(ref rented), frame.Head);
        }
        finally
        {
            if (rented is not null)
            {
                ArrayPool<byte>.Shared.Return(rented);
            }
        }

        var host = Host;
        _framer.StanzaBytesMax = host.C2SStanzaSizeLimit;
        _counters.BytesReceived(bytes);
        return _throttle!.Charge(1, bytes, host.Limits) == TimeSpan.Zero ? routed : SlowDownAsync(routed);
    }

    private async ValueTask SlowDownAsync(ValueTask routed)
    {
        await routed;
        await PauseAsync();
    }

    /// <summary>The user, or the host, is over its share: nothing of the stream is read until that is paid off.</summary>
    private Task PauseAsync()
    {
        if (_throttle!.IsOverTooLong())
        {
            StreamException.Throw(StreamErrorCondition.PolicyViolation, "too much for too long");
        }

        _counters.Paused();
        return _throttle.PauseAsync(() => Host.Limits, GoesOn);

        bool GoesOn()
        {
            // What is not read says nothing of its sender's silence.
            Volatile.Write(ref _lastInbound, Environment.TickCount64);
            return _state == StreamState.Bound;
        }
    }

    /// <summary>
    /// Runs a step in the stream's order: at once when nothing waits, else behind what does. Done when the step is; or, when it has to wait, as soon as its place is fixed.
    /// </summary>
    public ValueTask InOrderAsync(Func<Task> step)
    {
        if (!IsUnsettled)
        {
            return new ValueTask(step());
        }

        return QueueStepAsync(step);
    }

    /// <summary>Runs a step that may wait long, such as for a roster: aside, so that the stream goes on, but with later steps behind it.</summary>
    /// <param name="holdsBackOthers">Whether messages behind it wait for it.</param>
    public ValueTask QueueStepAsync(Func<Task> step, bool holdsBackOthers = true)
    {
        // Only the read loop comes here, so the chain needs no lock; and a step's first part may run far, so it must not hold one.
        var before = _lastStep;
        var isFull = Interlocked.Increment(ref _stepsWaiting) > StepsMax;
        Interlocked.Add(ref _unsettled, holdsBackOthers ? 1 : 0);
        _lastStep = RunStepAsync(before, step, holdsBackOthers);
        return isFull ? new ValueTask(before) : default;
    }

    private async Task RunStepAsync(Task before, Func<Task> step, bool holdsBackOthers)
    {
        try
        {
            await before;
            await step();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            _services.Log.StepFailed(_connection.ConnectionId, _domain, e);
        }
        finally
        {
            Interlocked.Decrement(ref _stepsWaiting);
            Interlocked.Add(ref _unsettled, holdsBackOthers ? -1 : 0);
        }
    }

    /// <summary>Writes what the silo sends; false when the stream cannot take it any more.</summary>
    public bool TryDeliver(DeliveryContent content)
    {
        switch (content)
        {
            case StanzaContent { Stanza: var stanza, To: var to }:
                return TryDeliver(stanza, to);
            case RosterPushContent { Owner: null, Change: var change }:
                return TryPush(change);
            case RosterPushContent or SeenPresenceContent:
                // Of others, for a privileged entity; this is another resource of its user, or was one.
                return Entity?.TryDeliver(content) ?? _state != StreamState.Ended;
            case EndContent end:
                End(end.Condition.ToStreamError(), end.Text);
                return true;
            default:
                throw new System.Diagnostics.UnreachableException(content.GetType().Name);
        }
    }

    public bool TryDeliver(StanzaFrame stanza, Jid? to)
    {
        _counters.StanzaSent(stanza.Kind);
        if (stanza.Xml.IsEmpty)
        {
            var xml = ReplyBuffer.Rent();
            ServerStanzaWriter.WritePresence(xml, stanza, to ?? stanza.To ?? Self!);
            return Enqueue(xml.WrittenSpan);
        }

        if (to is null)
        {
            return Enqueue(stanza.Xml.Span);
        }

        var start = ReplyBuffer.Rent();
        ServerStanzaWriter.WriteStart(start, stanza.Kind, to);
        return Enqueue(start.WrittenSpan, stanza.Xml.Span[stanza.ToEnd..]);
    }

    /// <summary>The local path: a stanza stamped by its sender, as it is.</summary>
    public bool TryDeliverStamped(StanzaKind kind, ReadOnlySpan<byte> xml)
    {
        _counters.StanzaSent(kind);
        return Enqueue(xml);
    }

    /// <summary>A reply to this client; a stream that cannot take it is ended.</summary>
    public bool Enqueue(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second = default, ReadOnlySpan<byte> third = default)
    {
        _counters.BytesSent(first.Length + second.Length + third.Length);
        return Queue.TryEnqueue(first, second, third) || Overflow();
    }

    /// <summary>The same, written with what comes next; see <see cref="OutboundQueue.TryHold"/>.</summary>
    public bool TryHold(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third, out bool isFlushDue)
    {
        _counters.BytesSent(first.Length + second.Length + third.Length);
        return Queue.TryHold(first, second, third, out isFlushDue) || Overflow();
    }

    public void CountSent(StanzaKind kind) => _counters.StanzaSent(kind);

    private bool Overflow()
    {
        if (_state != StreamState.Ended)
        {
            _services.Instruments.QueueOverflowed();
            Abort("slow-reader");
        }

        return false;
    }

    /// <summary>From now until <see cref="WriteRoster"/>, pushes wait, so that none that is newer than the result comes before it.</summary>
    public void HoldPushes()
    {
        lock (_pushes)
        {
            _heldPushes ??= [];
        }
    }

    public void ChargeAnswer(int bytes)
    {
        if (bytes >= StreamThrottle.AnswerBytesMin)
        {
            _throttle?.ChargeAside(0, bytes, Host.Limits);
        }
    }

    /// <summary>Writes a roster result, or what stands for it, and behind it the pushes that it does not hold yet.</summary>
    public void WriteRoster(ReadOnlySpan<byte> reply, RosterSnapshot? roster)
    {
        lock (_pushes)
        {
            ChargeAnswer(reply.Length);
            Enqueue(reply);
            var held = _heldPushes;
            _heldPushes = null;
            foreach (var change in held ?? [])
            {
                if (roster is null || RosterVersions.IsLater(change.Version, roster.Version))
                {
                    WritePush(change);
                }
            }
        }
    }

    private bool TryPush(RosterChange change)
    {
        lock (_pushes)
        {
            if (_heldPushes is not { } held)
            {
                return WritePush(change);
            }

            held.Add(change);
            if (held.Count > HeldPushesMax)
            {
                Abort("too many pushes behind a roster get");
                return false;
            }

            return true;
        }
    }

    private bool WritePush(RosterChange change)
    {
        var xml = ReplyBuffer.Rent();
        ServerStanzaWriter.WriteRosterPush(xml, change, Self!);
        return Enqueue(xml.WrittenSpan);
    }

    /// <summary>The address in a <c>to</c>; remembers the last one, as most clients write to the same peer again.</summary>
    public bool TryParseTo(ReadOnlySpan<byte> raw, out Jid? to)
    {
        if (_lastTo is not null && raw.SequenceEqual(_lastToRaw))
        {
            to = _lastTo;
            return true;
        }

        if (!RawValues.TryParseJid(raw, out to))
        {
            return false;
        }

        (_lastToRaw, _lastTo) = (raw.ToArray(), to);
        return true;
    }

    /// <summary>XEP-0199: asks a silent client for a sign of life.</summary>
    public void AskWhetherAlive()
    {
        if (!_isPinged && Self is { } self)
        {
            _isPinged = true;
            var xml = ReplyBuffer.Rent();
            var writer = new XmppWriter(xml);
            writer.Raw("<iq type='get' id='krewe-ping'"u8);
            writer.Attribute("from"u8, _domain);
            writer.Attribute("to"u8, self.ToString());
            writer.Raw("><ping xmlns='urn:xmpp:ping'/></iq>"u8);
            Enqueue(xml.WrittenSpan);
        }
    }

    private async Task UnbindAsync(Jid self)
    {
        try
        {
            await _services.Grains.Sessions(self).UnbindAsync(Session, _services.Frontend.Name);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            _services.Log.StepFailed(_connection.ConnectionId, _domain, e);
        }
    }

    private static byte[] Escaped(Jid jid)
    {
        var buffer = new ArrayBufferWriter<byte>();
        new XmppWriter(buffer).Text(jid.ToString());
        return buffer.WrittenSpan.ToArray();
    }
}
