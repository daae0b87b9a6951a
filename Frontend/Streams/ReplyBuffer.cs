using System.Buffers;

namespace Krewe.Frontend.Streams;

/// <summary>
/// A thread's buffer for writing one reply before it is copied into an <see cref="OutboundQueue"/>. Valid until the same thread rents again:
/// never held over an await. Its memory is pooled: a roster of thousands would else leave garbage of several times its size.
/// </summary>
internal sealed class ReplyBuffer : IBufferWriter<byte>
{
    /// <summary>A buffer that one big roster made larger than this is not kept.</summary>
    private const int KeptBytesMax = 64 * 1024;

    private const int FirstBytes = 1024;

    [ThreadStatic]
    private static ReplyBuffer? s_buffer;

    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(FirstBytes);

    private ReplyBuffer()
    {
    }

    public int WrittenCount { get; private set; }

    public ReadOnlySpan<byte> WrittenSpan => _bytes.AsSpan(0, WrittenCount);

    public static ReplyBuffer Rent()
    {
        var buffer = s_buffer ??= new ReplyBuffer();
        buffer.WrittenCount = 0;
        if (buffer._bytes.Length > KeptBytesMax)
        {
            buffer.Replace(FirstBytes);
        }

        return buffer;
    }

    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)count, (uint)(_bytes.Length - WrittenCount), nameof(count));
        WrittenCount += count;
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _bytes.AsSpan(WrittenCount);
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _bytes.AsMemory(WrittenCount);
    }

    private void Reserve(int sizeHint)
    {
        if (_bytes.Length - WrittenCount < Math.Max(1, sizeHint))
        {
            Replace(checked(Math.Max(_bytes.Length * 2, WrittenCount + Math.Max(1, sizeHint))));
        }
    }

    private void Replace(int length)
    {
        var replacement = ArrayPool<byte>.Shared.Rent(length);
        WrittenSpan.CopyTo(replacement);
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = replacement;
    }
}
