using System.Net.Sockets;

namespace Krewe.Grains.Outbound;

/// <summary>More came than any answer has. Thrown through <see cref="System.Net.Http.SocketsHttpHandler"/>, which has no other way to say it.</summary>
internal sealed class AnswerTooLargeException() : IOException("too-large");

/// <summary>
/// A hook's connection that bounds what may come in answer to one request, below TLS and HTTP: their own limits leave room for chunk
/// extensions and the like without an end, which cost us time and nobody any memory.
/// </summary>
internal sealed class AnswerStream(Socket socket) : Stream
{
    /// <summary>The largest body, and as much again for whatever is around it.</summary>
    public const int BytesMax = 8 * 1024 * 1024;

    private readonly NetworkStream _inner = new(socket, ownsSocket: true);
    private long _sinceRequest;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => Count(await _inner.ReadAsync(buffer, cancellationToken));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => Count(_inner.Read(buffer, offset, count));

    public override int Read(Span<byte> buffer) => Count(_inner.Read(buffer));

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        _sinceRequest = 0;
        return _inner.WriteAsync(buffer, cancellationToken);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Write(byte[] buffer, int offset, int count)
    {
        _sinceRequest = 0;
        _inner.Write(buffer, offset, count);
    }

    public override void Flush() => _inner.Flush();

    public override Task FlushAsync(CancellationToken cancellationToken) => _inner.FlushAsync(cancellationToken);

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _inner.Dispose();
        }

        base.Dispose(disposing);
    }

    private int Count(int read) => (_sinceRequest += read) <= BytesMax ? read : throw new AnswerTooLargeException();
}
