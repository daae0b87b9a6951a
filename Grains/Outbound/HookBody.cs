using System.Buffers;
using System.Net.Http;

namespace Krewe.Grains.Outbound;

/// <summary>Reads an answer's body up to its limit, whether its length is declared, chunked or a lie.</summary>
internal static class HookBody
{
    /// <summary>How deep an answer's JSON may be: the deepest that means anything has four levels.</summary>
    public const int JsonDepthMax = 16;

    private const int FirstBytes = 8192;

    /// <summary>The body, null when it is over the limit.</summary>
    public static async ValueTask<ReadOnlyMemory<byte>?> ReadAsync(HttpContent content, int bytesMax, CancellationToken cancellationToken)
    {
        var declared = content.Headers.ContentLength;
        if (declared > bytesMax)
        {
            return null;
        }

        var stream = await content.ReadAsStreamAsync(cancellationToken);
        if (declared is { } length)
        {
            // HTTP/1.1 framing yields exactly the declared bytes or fails.
            var exact = new byte[length];
            await stream.ReadExactlyAsync(exact, cancellationToken);
            return exact;
        }

        var buffer = ArrayPool<byte>.Shared.Rent(Math.Min(FirstBytes, bytesMax + 1));
        try
        {
            var filled = 0;
            while (true)
            {
                if (filled == buffer.Length)
                {
                    var larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
                    buffer.AsSpan(0, filled).CopyTo(larger);
                    ArrayPool<byte>.Shared.Return(buffer);
                    buffer = larger;
                }

                var read = await stream.ReadAsync(buffer.AsMemory(filled), cancellationToken);
                if (read == 0)
                {
                    return buffer.AsSpan(0, filled).ToArray();
                }

                filled += read;
                if (filled > bytesMax)
                {
                    return null;
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
