using System.Buffers;
using System.IO.Pipelines;
using System.Net.WebSockets;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Transports;

/// <summary>The sending side of a WebSocket: what <see cref="Tokens.MessageEnd"/> ends becomes a message. Completing it begins the closing handshake (RFC 6455 §7.1.2).</summary>
internal sealed class WebSocketWriter(WebSocket socket, TimeProvider time) : PipeWriter
{
    private const int BufferBytesMin = 4096;

    /// <summary>How long a peer that does not read may hold up the close frame.</summary>
    private static readonly TimeSpan CloseWithin = TimeSpan.FromSeconds(5);

    private byte[] _buffer = [];
    private int _length;
    private int _isCompleted;

    /// <summary>What the close frame says (RFC 6455 §7.4.1).</summary>
    public WebSocketCloseStatus CloseStatus { get; set; } = WebSocketCloseStatus.NormalClosure;

    public override void Advance(int bytes) => _length += bytes;

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        var needed = _length + Math.Max(sizeHint, 1);
        if (needed > _buffer.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(Math.Max(needed, BufferBytesMin), _buffer.Length * 2));
            _buffer.AsSpan(0, _length).CopyTo(larger);
            ReturnBuffer();
            _buffer = larger;
        }

        return _buffer.AsMemory(_length);
    }

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public override async ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        var waiting = _buffer.AsMemory(0, _length);
        while (waiting.Span.IndexOf(Tokens.MessageEnd) is var length and >= 0)
        {
            if (socket.State is not (WebSocketState.Open or WebSocketState.CloseReceived))
            {
                return new FlushResult(isCanceled: false, isCompleted: true);
            }

            await socket.SendAsync(waiting[..length], WebSocketMessageType.Text, endOfMessage: true, cancellationToken);
            waiting = waiting[(length + 1)..];
        }

        // Every element was written whole.
        _length = 0;
        ReturnBuffer();
        return default;
    }

    public override void CancelPendingFlush()
    {
        // Nobody waits for a flush that he would not wait for to its end: a slow reader's socket is aborted instead.
    }

    public override void Complete(Exception? exception = null) => _ = CompleteAsync(exception).AsTask();

    public override async ValueTask CompleteAsync(Exception? exception = null)
    {
        if (Interlocked.Exchange(ref _isCompleted, 1) != 0)
        {
            return;
        }

        try
        {
            if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
            {
                using var patience = new CancellationTokenSource(CloseWithin, time);
                await socket.CloseOutputAsync(CloseStatus, null, patience.Token);
            }
        }
        catch (Exception e) when (e is WebSocketException or IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The peer is gone already: then nothing has to be said.
            socket.Abort();
        }
    }

    private void ReturnBuffer()
    {
        if (_buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = [];
        }
    }
}
