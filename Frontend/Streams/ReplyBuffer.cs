using System.Buffers;

namespace Krewe.Frontend.Streams;

/// <summary>
/// A thread's buffer for writing one reply before it is copied into an <see cref="OutboundQueue"/>. Valid until the same thread rents again:
/// never held over an await.
/// </summary>
internal static class ReplyBuffer
{
    /// <summary>A buffer that one big roster made larger than this is not kept.</summary>
    private const int KeptBytesMax = 64 * 1024;

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _buffer;

    public static ArrayBufferWriter<byte> Rent()
    {
        if (_buffer is null || _buffer.Capacity > KeptBytesMax)
        {
            _buffer = new ArrayBufferWriter<byte>(1024);
        }

        _buffer.ResetWrittenCount();
        return _buffer;
    }
}
