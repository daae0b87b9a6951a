using System.IO.Pipelines;
using System.Net;
using System.Net.WebSockets;
using Krewe.Frontend.Streams;
using Krewe.Frontend.Xml;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Krewe.Frontend.Transports;

/// <summary>
/// A WebSocket as the connection of a stream (RFC 7395): messages come and go through its pipes with <see cref="Tokens.MessageEnd"/> behind each. What is in them
/// is the framer's business.
/// </summary>
internal sealed class WebSocketConnection : ConnectionContext
{
    /// <summary>Of a message that comes in many fragments, this much is collected before the limits are asked whether there may be more.</summary>
    private const int CollectedBytesMax = 8 * 1024;

    private readonly Lock _gate = new();
    private readonly HttpContext _http;
    private readonly WebSocket _socket;
    private readonly Pipe _received = new(new PipeOptions(
        readerScheduler: PipeScheduler.Inline, writerScheduler: PipeScheduler.Inline, useSynchronizationContext: false));
    private readonly WebSocketWriter _writer;

    /// <summary>From then on the HTTP context belongs to somebody else.</summary>
    private bool _isOver;

    public WebSocketConnection(HttpContext http, WebSocket socket, IPAddress? client, TimeProvider time)
    {
        (_http, _socket) = (http, socket);
        _writer = new WebSocketWriter(socket, time);
        ConnectionId = http.Connection.Id;
        RemoteEndPoint = client is null ? null : new IPEndPoint(client, http.Connection.RemotePort);
        Transport = new Duplex(_received.Reader, _writer);
    }

    public override string ConnectionId { get; set; }

    public override IDuplexPipe Transport { get; set; }

    public override EndPoint? RemoteEndPoint { get; set; }

    public override IFeatureCollection Features { get; } = new FeatureCollection();

    public override IDictionary<object, object?> Items { get; set; } = new Dictionary<object, object?>();

    /// <summary>Runs a stream over the socket until both are over.</summary>
    public async Task RunAsync(Func<ConnectionContext, Task> stream)
    {
        var receiving = ReceiveAsync();
        await stream(this);
        await _writer.CompleteAsync();
        if (!receiving.IsCompleted)
        {
            Abort(new ConnectionAbortedException("the stream is over"));
        }

        await receiving;
        lock (_gate)
        {
            _isOver = true;
        }
    }

    public override void Abort(ConnectionAbortedException abortReason)
    {
        // Whoever has said goodbye is answered, within its limit, when the stream is over.
        if (_socket.State is WebSocketState.CloseReceived or WebSocketState.Closed)
        {
            return;
        }

        lock (_gate)
        {
            if (!_isOver)
            {
                _http.Abort();
            }
        }

        _socket.Abort();
    }

    private async Task ReceiveAsync()
    {
        IOException? failure = null;
        try
        {
            while (await ReceivePartAsync())
            {
            }
        }
        catch (Exception e) when (e is WebSocketException or IOException or OperationCanceledException or ConnectionAbortedException or ObjectDisposedException)
        {
            failure = new IOException(e.Message, e);
        }

        await _received.Writer.CompleteAsync(failure);
    }

    /// <summary>A message, or so much of it as is collected. False when there will be no more.</summary>
    private async ValueTask<bool> ReceivePartAsync()
    {
        for (var collected = 0; collected < CollectedBytesMax;)
        {
            // Waits without a buffer: a silent stream holds none.
            var result = await _socket.ReceiveAsync(Memory<byte>.Empty, CancellationToken.None);
            if (result is { MessageType: not WebSocketMessageType.Close, EndOfMessage: false })
            {
                result = await _socket.ReceiveAsync(_received.Writer.GetMemory(), CancellationToken.None);
            }

            if (result.MessageType == WebSocketMessageType.Close)
            {
                return false;
            }

            if (result.MessageType == WebSocketMessageType.Binary)
            {
                // RFC 7395 §3.2: never text. The framer gets a message without any, and refuses it.
                _writer.CloseStatus = WebSocketCloseStatus.InvalidMessageType;
            }
            else
            {
                _received.Writer.Advance(result.Count);
            }

            collected += result.Count;
            if (result.EndOfMessage)
            {
                _received.Writer.GetSpan(1)[0] = Tokens.MessageEnd[0];
                _received.Writer.Advance(1);
                break;
            }
        }

        return !(await _received.Writer.FlushAsync()).IsCompleted;
    }

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
