using Krewe.Contracts.Addressing;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Streams;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Components;

/// <content>Deadlines, and signs of life in both directions (specs C-006, C-015, C-023): a link of which one side does not know that it is broken must not keep the name.</content>
internal sealed partial class ComponentStream
{
    /// <summary>From the connection to a handshake that is right.</summary>
    public static readonly TimeSpan HandshakeWithin = TimeSpan.FromSeconds(15);

    /// <summary>Silence after which a component is asked whether it lives (XEP-0199).</summary>
    public static readonly TimeSpan PingAfter = TimeSpan.FromSeconds(60);

    /// <summary>Silence after which it is taken for dead.</summary>
    public static readonly TimeSpan DeadAfter = PingAfter + TimeSpan.FromSeconds(30);

    /// <summary>White space is sent after so much silence of ours.</summary>
    public static readonly TimeSpan KeepaliveAfter = TimeSpan.FromSeconds(60);

    /// <summary>How often the grain is asked whether it still counts this connection among the component's.</summary>
    public static readonly TimeSpan ReaffirmAfter = TimeSpan.FromSeconds(30);

    private const string PingPrefix = "krewe-ping-";

    private readonly long _openedAt;
    private long _lastInbound;
    private long _lastOutbound;
    private long _affirmedAt;
    private int _pings;
    private bool _isPinged;
    private TaskCompletionSource<bool>? _proof;

    /// <summary>Whether the component gives a sign of life in so much time; it is asked for one.</summary>
    public async Task<bool> ProveAliveAsync(TimeSpan within)
    {
        if (State is not ComponentStreamState.Established and var state)
        {
            // One that is being admitted has proved its secret a moment ago.
            return state != ComponentStreamState.Ended;
        }

        var fresh = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        var proof = Interlocked.CompareExchange(ref _proof, fresh, null) ?? fresh;
        Ping();
        if (State == ComponentStreamState.Ended)
        {
            NoteDead();
        }

        try
        {
            return await proof.Task.WaitAsync(within, _services.Time);
        }
        catch (TimeoutException)
        {
            // While something that it said is at work, nothing more is read.
            return _isBusy;
        }
    }

    /// <summary>What is due by the clock; called every second or so.</summary>
    public void Look()
    {
        var time = _services.Time;
        switch (State)
        {
            case ComponentStreamState.AwaitHeader or ComponentStreamState.AwaitHandshake when time.GetElapsedTime(_openedAt) >= HandshakeWithin:
                End(StreamErrorCondition.PolicyViolation, "no handshake in time");
                break;
            case ComponentStreamState.Established:
                LookAtLink(time);
                break;
        }
    }

    private void LookAtLink(TimeProvider time)
    {
        var silence = time.GetElapsedTime(Volatile.Read(ref _lastInbound));
        if (!_isBusy && silence >= DeadAfter)
        {
            Abort("unanswered");
            return;
        }

        if (!_isBusy && silence >= PingAfter && !_isPinged)
        {
            _isPinged = true;
            Ping();
        }

        if (time.GetElapsedTime(Volatile.Read(ref _lastOutbound)) >= KeepaliveAfter)
        {
            EnqueueScoped(" "u8);
        }

        if (time.GetElapsedTime(_affirmedAt) >= ReaffirmAfter)
        {
            _affirmedAt = time.GetTimestamp();
            _ = ReaffirmAsync();
        }
    }

    private async Task ReaffirmAsync()
    {
        try
        {
            if (Owner.Component is Contracts.Hosts.ExternalComponentSettings settings && !await _services.Admissions.ReaffirmAsync(this, settings.ConflictResolve))
            {
                End(StreamErrorCondition.Conflict, "replaced by another connection");
            }

            if (State == ComponentStreamState.Ended)
            {
                // It left while it was being told of.
                await _services.Admissions.LeaveAsync(this);
            }
        }
        catch (Exception e) when (e is TimeoutException or Orleans.Runtime.OrleansException)
        {
            // The grain's silo is lost, or starts: asked again in a while.
            _services.Log.StepFailed(_connection.ConnectionId, OwnerDomain, e);
        }
    }

    private void Ping()
    {
        var xml = ReplyBuffer.Rent();
        var writer = new XmppWriter(xml);
        writer.Raw("<iq type='get'"u8);
        writer.Attribute("id"u8, $"{PingPrefix}{Interlocked.Increment(ref _pings)}");
        writer.Attribute("from"u8, OwnerDomain);
        writer.Attribute("to"u8, Domain);
        writer.Raw("><ping xmlns='urn:xmpp:ping'/></iq>"u8);
        EnqueueScoped(xml.WrittenSpan);
    }

    /// <summary>The answer to a ping of ours, which is for nobody else.</summary>
    private bool IsPong(ReadOnlySpan<byte> element, in ElementHead head, Jid to) =>
        head is { Kind: StanzaKind.Iq, StanzaType: StanzaType.Result or StanzaType.Error, HasId: true }
        && head.Id(element).StartsWith("krewe-ping-"u8) && to.IsDomain && to.Bare == OwnerDomain;

    private void NoteInbound()
    {
        Volatile.Write(ref _lastInbound, _services.Time.GetTimestamp());
        _isPinged = false;
        if (Volatile.Read(ref _proof) is not null)
        {
            Interlocked.Exchange(ref _proof, null)?.TrySetResult(true);
        }
    }

    private void NoteOutbound() => Volatile.Write(ref _lastOutbound, _services.Time.GetTimestamp());

    private void NoteDead() => Interlocked.Exchange(ref _proof, null)?.TrySetResult(false);
}
