using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;

namespace Krewe.Frontend.Streams;

/// <summary>How a stream's connection is closed in order (RFC 6120 §4.4): what was written goes out, then the peer closes its side; neither takes longer than <see cref="Within"/>.</summary>
/// <param name="queue">What the stream writes.</param>
internal readonly struct ConnectionClosing(ConnectionContext connection, OutboundQueue queue, TimeProvider time)
{
    /// <summary>How long the peer may take (specs S-009).</summary>
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(5);

    /// <summary>Nothing is appended from here on; done when what waits is out, or the time is up. True in the first case.</summary>
    public async Task<bool> DrainAsync()
    {
        var closed = queue.CloseAsync();
        await closed.WaitAsync(Within, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return closed.IsCompleted;
    }

    /// <summary>Reads on, and drops what comes, until the peer closes: else what was written last could be lost to a reset.</summary>
    /// <param name="input">What the peer sends.</param>
    /// <param name="reason">Why the stream ended.</param>
    /// <param name="shutDown">Closes the own side of what is between the stream and the connection; null where there is nothing.</param>
    public async Task LingerAsync(PipeReader input, string reason, Func<Task>? shutDown = null)
    {
        if (reason is "resource-constraint")
        {
            // Whoever is refused for want of room takes none up.
            connection.Abort();
            return;
        }

        using var patience = new CancellationTokenSource(Within, time);
        try
        {
            if (shutDown is not null)
            {
                await shutDown().WaitAsync(patience.Token);
                await connection.Transport.Output.CompleteAsync();
            }

            await ReadOutAsync(input, patience.Token);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ConnectionResetException or ConnectionAbortedException or InvalidOperationException)
        {
            connection.Abort();
        }
    }

    private static async Task ReadOutAsync(PipeReader input, CancellationToken cancellationToken)
    {
        while (true)
        {
            var result = await input.ReadAsync(cancellationToken);
            input.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
            {
                return;
            }
        }
    }
}
