using System.IO.Pipelines;
using System.Net;
using Krewe.Contracts.Hosts;
using Krewe.Frontend.Routing;
using Krewe.Frontend.Streams;
using Krewe.Frontend.Xml;
using Microsoft.AspNetCore.Connections;

namespace Krewe.Frontend.Components;

/// <summary>Where a component's stream stands (XEP-0114 §3).</summary>
internal enum ComponentStreamState : byte
{
    /// <summary>The next thing must be a stream header.</summary>
    AwaitHeader,

    /// <summary>The header was answered; the next thing must be the handshake.</summary>
    AwaitHandshake,

    /// <summary>The secret is proved; whether the connection may be, beside others, is being found out.</summary>
    Admitting,
    Established,

    /// <summary>The closing tag was sent, or the connection dropped; what still comes is not handled.</summary>
    Ended,
}

/// <summary>
/// One connection of an external component (XEP-0114): the read loop and its end here, the way to <c>&lt;handshake/&gt;</c> in <c>ComponentStream.Handshake.cs</c>, stanzas
/// from it in <c>ComponentStream.Established.cs</c> and to it in <c>ComponentStream.Outbound.cs</c>, signs of life in <c>ComponentStream.Liveness.cs</c>. One frame is handled at a time.
/// </summary>
internal sealed partial class ComponentStream : IOpenStream
{
    /// <summary>What may wait for a component before it counts as too slow: it serves many users, so it may lag further behind than one.</summary>
    public const int WaitingBytesMax = 8 * 1024 * 1024;

    private readonly ComponentServices _services;
    private readonly ConnectionContext _connection;
    private readonly StanzaFramer _framer = new(StreamLimits.Default.PreAuthBytesMax, StreamLimits.OfComponents);
    private readonly PipeReader _input;
    private volatile ComponentStreamState _state;
    private bool _isHeaderSent;
    private volatile bool _isBusy;
    private volatile bool _isAborted;
    private long _preAuthBytes;
    private long _leftBytes;
    private string _endReason = "connection-lost";

    public ComponentStream(ComponentServices services, ConnectionContext connection)
    {
        _services = services;
        _connection = connection;
        _input = connection.Transport.Input;
        _openedAt = _lastInbound = _lastOutbound = _affirmedAt = services.Time.GetTimestamp();
        Since = services.Time.GetUtcNow();
        Queue = new OutboundQueue(connection.Transport.Output, waitingBytesMax: WaitingBytesMax);
        Visitors = new ComponentVisitors(this, services);
        Order = new RecipientOrder(LogFailure);
    }

    /// <summary>The component's domain; empty before its header.</summary>
    public string Domain { get; private set; } = "";

    /// <summary>The connection's number, among those of the clients' sessions; 0 before the handshake.</summary>
    public long Session { get; private set; }

    /// <summary>What the component is, and of which host, as it is now.</summary>
    public HostedDomain Owner =>
        _services.Hosts.TryFindLoaded(Domain, out var present) && present.Component is ExternalComponentSettings && present.Host.Domain == OwnerDomain ? present : _owner;

    /// <summary>The host that the component belongs to; empty before its header.</summary>
    public string OwnerDomain => _owner.Host?.Domain ?? "";

    public OutboundQueue Queue { get; }

    public ComponentStreamState State => _state;

    /// <summary>Whether stanzas may be given to it.</summary>
    public bool IsOpen => State == ComponentStreamState.Established && Queue.IsOpen;

    IPAddress? IOpenStream.Stranger => (_connection.RemoteEndPoint as IPEndPoint)?.Address;

    private ConnectionClosing Closing => new(_connection, Queue, _services.Time);

    private IPAddress Address => (_connection.RemoteEndPoint as IPEndPoint)?.Address ?? IPAddress.None;

    public async Task RunAsync()
    {
        try
        {
            _services.Watch.Add(this);
            await ReadAsync();
        }
        catch (StreamException e)
        {
            End(e.Condition, e.Text);
        }
        catch (Exception e) when (e is IOException or ConnectionResetException or ConnectionAbortedException or OperationCanceledException)
        {
            _services.Log.ConnectionLost(_connection.ConnectionId, e.Message);
        }
        catch (Exception e)
        {
            _services.Log.StreamFailed(_connection.ConnectionId, Domain, e);
            End(StreamErrorCondition.InternalServerError, null);
        }

        await FinishAsync();
    }

    /// <summary>Ends the stream with an error (RFC 6120 §4.9); the first call counts. May be called from any thread.</summary>
    public void End(StreamErrorCondition condition, string? text)
    {
        if (TryEnd(condition.ToName()))
        {
            _services.Instruments.StreamError(condition.ToName());
            WriteHeader();
            var xml = ReplyBuffer.Rent();
            StreamErrorWriter.Write(xml, condition, text);
            Queue.TryEnqueue(xml.WrittenSpan, Tokens.StreamClose);
            _ = CloseOutputAsync();
        }
    }

    /// <summary>Drops the connection without a word: for a peer that does not read, or is not there.</summary>
    public void Abort(string reason)
    {
        _isAborted = true;
        TryEnd(reason);
        _connection.Abort(new ConnectionAbortedException(reason));
    }

    private void EndGracefully()
    {
        if (TryEnd("closed"))
        {
            Queue.TryEnqueue(Tokens.StreamClose);
            _ = CloseOutputAsync();
        }
    }

    private bool TryAdvance(ComponentStreamState state)
    {
        lock (_framer)
        {
            if (_state == ComponentStreamState.Ended)
            {
                return false;
            }

            _state = state;
            return true;
        }
    }

    private bool TryEnd(string reason)
    {
        lock (_framer)
        {
            if (_state == ComponentStreamState.Ended)
            {
                return false;
            }

            _state = ComponentStreamState.Ended;
            _endReason = reason;
        }

        // Nothing is picked for it from here on.
        _services.Table.Remove(this);
        NoteDead();
        return true;
    }

    private async Task CloseOutputAsync()
    {
        await Closing.DrainAsync();
        _input.CancelPendingRead();
    }

    private async Task ReadAsync()
    {
        while (true)
        {
            var result = await _input.ReadAsync();
            var buffer = result.Buffer;
            var unread = buffer.Length;
            var (read, ofStanzas) = (unread - _leftBytes, 0L);
            var turn = new StreamTurn(_services.Turns);
            if (unread > 0)
            {
                NoteInbound();
            }

            try
            {
                while (State != ComponentStreamState.Ended && _framer.TryRead(ref buffer, out var frame))
                {
                    if (turn.Next(OwnerDomain) is { } mine)
                    {
                        await BusyAsync(new ValueTask(mine));
                        if (State == ComponentStreamState.Ended)
                        {
                            break;
                        }
                    }

                    ofStanzas += frame.Bytes.Length;
                    var handled = HandleAsync(frame);
                    if (!handled.IsCompletedSuccessfully)
                    {
                        turn.Leave();
                        await BusyAsync(handled);
                    }
                }
            }
            finally
            {
                turn.Leave();
                _leftBytes = buffer.Length;
                _input.AdvanceTo(buffer.Start, buffer.End);
            }

            if (_throttle is { } throttle && StreamThrottle.Aside(unread - _leftBytes, read, ofStanzas) is > 0 and var aside
                && throttle.Charge(0, aside, Owner.Host.Limits) > TimeSpan.Zero)
            {
                await BusyAsync(new ValueTask(PauseAsync()));
            }

            if (_secret is null && (_preAuthBytes += unread - buffer.Length) > StreamLimits.Default.PreAuthBytesMax)
            {
                StreamException.Throw(StreamErrorCondition.PolicyViolation, "too much before the handshake");
            }

            if (State == ComponentStreamState.Ended || result.IsCompleted || result.IsCanceled)
            {
                return;
            }
        }
    }

    /// <summary>Nothing is read meanwhile, so the peer's silence says nothing.</summary>
    private async ValueTask BusyAsync(ValueTask handled)
    {
        _isBusy = true;
        try
        {
            await handled;
        }
        finally
        {
            Volatile.Write(ref _lastInbound, _services.Time.GetTimestamp());
            _isBusy = false;
        }
    }

    private ValueTask HandleAsync(Frame frame)
    {
        switch (frame.Kind)
        {
            case FrameKind.StreamHeader:
                return HandleHeaderAsync(_framer.Header);
            case FrameKind.StreamEnd:
                EndGracefully();
                return default;
            default:
                return _state == ComponentStreamState.Established ? HandleStanzaAsync(frame) : HandleHandshakeAsync(frame);
        }
    }

    private async Task FinishAsync()
    {
        TryEnd("connection-lost");
        try
        {
            await LeaveAsync();
            if (!_isAborted && _endReason is not "connection-lost" && await Closing.DrainAsync())
            {
                await Queue.Output.CompleteAsync();
                await Closing.LingerAsync(_input, _endReason);
            }
            else
            {
                _connection.Abort();
            }
        }
        catch (Exception e) when (e is IOException or InvalidOperationException or NotSupportedException)
        {
            _connection.Abort();
        }
        finally
        {
            await _input.CompleteAsync();
            _services.Watch.Remove(this);
            _services.Instruments.StreamEnded(_endReason);
            _services.Log.StreamClosed(_connection.ConnectionId, Domain, _endReason);
        }
    }
}
