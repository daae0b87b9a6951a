using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Muc;
using Krewe.Contracts.Rosters;
using Krewe.Contracts.Sessions;
using Krewe.Frontend.Delivery;
using Krewe.Frontend.Routing;
using Krewe.Frontend.Sasl;
using Krewe.Frontend.Xml;
using Microsoft.AspNetCore.Connections;

namespace Krewe.Frontend.Streams;

/// <summary>Where a client's stream stands (RFC 6120 §4.3, specs 6.1).</summary>
internal enum StreamState : byte
{
    /// <summary>The next thing must be a stream header.</summary>
    AwaitHeader,

    /// <summary>Features were sent; STARTTLS and SASL are possible.</summary>
    Negotiating,

    /// <summary>Authenticated, with its second header; the client binds a resource.</summary>
    AwaitBind,
    Bound,

    /// <summary>The closing tag was sent; what still comes is not handled.</summary>
    Ended,
}

/// <summary>
/// One client's stream (RFC 6120): the read loop and its end here, negotiation in <c>C2SStream.Negotiation.cs</c>, what happens after binding in
/// <c>C2SStream.Bound.cs</c>. One frame is handled at a time, so order within a stream is the order of its bytes.
/// </summary>
internal sealed partial class C2SStream : ISession, IOpenStream
{
    /// <summary>Hosts as anonymous users have them.</summary>
    private static readonly ConditionalWeakTable<HostSettings, HostSettings> Closed = [];

    private readonly C2SServices _services;
    private readonly ConnectionContext _connection;
    private readonly StreamFramer _framer;
    private readonly StreamTransport _transport;
    private PipeReader _input;
    private StreamState _state;
    private bool _isHeaderSent;
    private long _preAuthBytes;
    private long _leftBytes;
    private string _endReason = "connection-lost";
    private IDisposable? _place;
    private long _lastInbound = Environment.TickCount64;

    public C2SStream(C2SServices services, ConnectionContext connection, StreamTransport transport)
    {
        _services = services;
        _connection = connection;
        _transport = transport;
        _input = connection.Transport.Input;
        Queue = new OutboundQueue(connection.Transport.Output, IsFramed);
        _framer = IsFramed ? new MessageFramer(StreamLimits.Default.PreAuthBytesMax) : new StanzaFramer(StreamLimits.Default.PreAuthBytesMax);
    }

    /// <summary>The session's number; 0 until a resource is bound.</summary>
    public long Session { get; private set; }

    /// <summary>The full JID; null until a resource is bound.</summary>
    public Jid? Self { get; private set; }

    Jid IStanzaSender.Address => Self!;

    /// <summary>An anonymous user's host is closed to all others: nobody answers for what is sent in its name.</summary>
    public HostedDomain Hosted => new(IsAnonymous ? Closed.GetValue(Host, static host => host with { Isolate = true }) : Host, null);

    /// <summary>Nobody knows whose it is (RFC 4505), and nothing is kept for him.</summary>
    public bool IsAnonymous => _place is not null;

    public OutboundQueue Queue { get; }

    /// <summary>The host's settings as they are now.</summary>
    public HostSettings Host => _services.Hosts.TryGetLoaded(_domain, out var present) ? present : _host!;

    public string Domain => _domain;

    public StreamState State => _state;

    /// <summary>When something last came from the peer, in <see cref="Environment.TickCount64"/> milliseconds.</summary>
    public long LastInbound => Volatile.Read(ref _lastInbound);

    public long OpenedAt { get; } = Environment.TickCount64;

    public SessionListing Listing => new(Self!, TransportName, Address, _boundAt, IsAvailable);

    /// <summary>It comes through a proxy that does not say from whom, or is not believed: its address is many people's.</summary>
    public bool IsAddressShared { get; init; }

    /// <summary>Each element is a WebSocket message of its own (RFC 7395).</summary>
    private bool IsFramed => _transport is StreamTransport.WebSocket or StreamTransport.SecureWebSocket;

    private bool IsDirectTls => _transport == StreamTransport.DirectTls;

    /// <summary>For the operator's list of sessions and the metrics.</summary>
    private string TransportName => IsFramed ? "websocket" : !IsEncrypted ? "tcp" : IsDirectTls ? "tls" : "starttls";

    /// <summary>Many clients have one address, a network's or a proxy's.</summary>
    IPAddress? IOpenStream.Stranger => null;

    private ConnectionClosing Closing => new(_connection, Queue, _services.Time);

    private string Address => RemoteAddress?.ToString() ?? "";

    private IPAddress? RemoteAddress => (_connection.RemoteEndPoint as IPEndPoint)?.Address;

    private LoginOrigin Origin => new(RemoteAddress, IsAddressShared);

    public async Task RunAsync()
    {
        try
        {
            _services.Watch.Add(this);
            if (IsDirectTls)
            {
                await UpgradeToTlsAsync();
            }

            await ReadAsync();
        }
        catch (StreamException e)
        {
            End(e.Condition, e.Text);
        }
        catch (Exception e) when (e is IOException or ConnectionResetException or ConnectionAbortedException or OperationCanceledException or System.Security.Authentication.AuthenticationException)
        {
            _services.Log.ConnectionLost(_connection.ConnectionId, e.Message);
        }
        catch (Exception e)
        {
            _services.Log.StreamFailed(_connection.ConnectionId, _domain, e);
            End(StreamErrorCondition.InternalServerError, null);
        }

        await FinishAsync();
    }

    /// <summary>Ends the stream with an error (RFC 6120 §4.9); the first call counts. May be called from any thread.</summary>
    public void End(StreamErrorCondition condition, string? text)
    {
        if (_isInHandshake || (IsDirectTls && _tls is null))
        {
            // There is nobody yet who could read it.
            Abort(condition.ToName());
        }
        else if (TryEnd(condition.ToName()))
        {
            _services.Instruments.StreamError(condition.ToName());
            if (!_isHeaderSent)
            {
                // RFC 6120 §4.9.1.2: even a stream that is refused at its header is answered with one.
                WriteHeader(null);
            }

            var xml = ReplyBuffer.Rent();
            StreamErrorWriter.Write(xml, condition, text);
            WriteStreamEnd(xml.WrittenSpan);
            _ = CloseOutputAsync();
        }
    }

    /// <summary>Ends the stream without an error, as the client asked (RFC 6120 §4.4).</summary>
    private void EndGracefully()
    {
        if (TryEnd("closed"))
        {
            if (_isHeaderSent)
            {
                WriteStreamEnd();
            }

            _ = CloseOutputAsync();
        }
    }

    /// <param name="error">A stream error, with nothing between it and the end.</param>
    private void WriteStreamEnd(ReadOnlySpan<byte> error = default)
    {
        if (IsFramed)
        {
            Queue.TryEnqueue(error, error.IsEmpty ? default : Tokens.MessageEnd, Tokens.FramedClose);
        }
        else
        {
            Queue.TryEnqueue(error, Tokens.StreamClose);
        }
    }

    /// <summary>Drops the connection without a word: for a peer that does not read, or never spoke XMPP.</summary>
    public void Abort(string reason)
    {
        TryEnd(reason);
        _connection.Abort(new ConnectionAbortedException(reason));
    }

    /// <summary>Goes on to a state, unless the stream was ended meanwhile.</summary>
    private void Advance(StreamState state)
    {
        lock (_framer)
        {
            if (_state != StreamState.Ended)
            {
                _state = state;
            }
        }
    }

    private bool TryEnd(string reason)
    {
        lock (_framer)
        {
            if (_state == StreamState.Ended)
            {
                return false;
            }

            _state = StreamState.Ended;
            _endReason = reason;
        }

        if (Entity is not null)
        {
            // Not when the peer has read what is still to be written: who waits for it is told now. Apart, because this may be said in the middle of telling it something.
            _ = Task.Run(() => RunAsideAsync(() => _services.Entities.UnavailableAsync(this).AsTask()));
        }

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
            Volatile.Write(ref _lastInbound, Environment.TickCount64);
            var buffer = result.Buffer;
            var unread = buffer.Length;
            var (read, ofStanzas) = (unread - _leftBytes, 0L);
            var turn = new StreamTurn(_services.Turns);
            try
            {
                while (_state != StreamState.Ended && !_isTlsNext && _framer.TryRead(ref buffer, out var frame))
                {
                    if (turn.Next(_domain) is { } mine)
                    {
                        await mine;
                        if (_state == StreamState.Ended)
                        {
                            break;
                        }
                    }

                    ofStanzas += frame.Bytes.Length + (IsFramed ? Tokens.MessageEnd.Length : 0);
                    var handled = HandleAsync(frame);
                    if (!handled.IsCompletedSuccessfully)
                    {
                        turn.Leave();
                        await handled;
                    }
                }

                // COMPAT: go-xmpp sends a line feed behind <starttls/>. White space is no content that could be smuggled, and TLS begins with none.
                buffer = _isTlsNext ? SkipWhiteSpace(buffer) : buffer;
            }
            finally
            {
                turn.Leave();
                _leftBytes = buffer.Length;
                _input.AdvanceTo(buffer.Start, buffer.End);
            }

            if (_throttle is { } throttle && StreamThrottle.Aside(unread - _leftBytes, read, ofStanzas) is > 0 and var aside
                && throttle.Charge(0, aside, Host.Limits) > TimeSpan.Zero)
            {
                await PauseAsync();
            }

            if (_account is null && (_preAuthBytes += unread - buffer.Length) > StreamLimits.Default.PreAuthBytesMax)
            {
                StreamException.Throw(StreamErrorCondition.PolicyViolation, "too much before authentication");
            }

            if (_state == StreamState.Ended || result.IsCompleted || result.IsCanceled)
            {
                return;
            }

            if (_isTlsNext)
            {
                if (!buffer.IsEmpty)
                {
                    // Whatever came behind <starttls/> in the clear must never be taken for something sent under TLS (RFC 6120 §5.3.3).
                    End(StreamErrorCondition.PolicyViolation, "bytes behind starttls");
                    return;
                }

                await UpgradeToTlsAsync();
            }
        }
    }

    private static ReadOnlySequence<byte> SkipWhiteSpace(ReadOnlySequence<byte> buffer)
    {
        var reader = new SequenceReader<byte>(buffer);
        reader.AdvancePastAny(" \t\r\n"u8);
        return reader.UnreadSequence;
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
                return _state == StreamState.Bound ? HandleBoundAsync(frame) : HandleNegotiationAsync(frame);
        }
    }

    private async Task FinishAsync()
    {
        var wasUnbound = _services.Watch.Remove(this);
        TryEnd("connection-lost");
        try
        {
            if (Session != 0)
            {
                // Also after a bind that was refused or got lost: then the silo drops what it may have of it.
                _services.Sessions.Remove(Session);
                await RunAsideAsync(() => _services.Entities.UnavailableAsync(this).AsTask());
                _ = Rooms?.LeaveAllAsync(MucLeaveCause.StreamEnded, null, MucPayload.Empty);
                await UnbindAsync(_account!);
            }

            if (_endReason is not "connection-lost" && await Closing.DrainAsync())
            {
                await Queue.Output.CompleteAsync();
                await Closing.LingerAsync(_input, _endReason, _tls is null ? null : _tls.ShutdownAsync);
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
            await ReleaseAsync(wasUnbound);
        }
    }

    private async Task ReleaseAsync(bool wasUnbound)
    {
        if (_tls is not null)
        {
            await _tls.DisposeAsync();
        }

        await _input.CompleteAsync();
        _place?.Dispose();
        if (wasUnbound)
        {
            _services.Watch.ReleaseUnbound(this);
        }

        if (_throttle is not null)
        {
            _services.Shares.GiveBackUser(_account!);
        }

        if (_counted is not null)
        {
            _services.Instruments.StreamClosed(_domain, TransportName);
        }

        _services.Instruments.StreamEnded(_endReason);
        _services.Log.StreamClosed(_connection.ConnectionId, _domain, _endReason);
    }
}
