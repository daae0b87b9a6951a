using System.IO.Pipelines;

namespace Krewe.Frontend.Streams;

/// <summary>The other side's half of closing a connection (RFC 6120 §4.4).</summary>
internal static class PeerClose
{
    /// <summary>Reads on, and drops what comes, until the peer closes: else what was written last could be lost to a reset.</summary>
    public static async Task ReadOutAsync(PipeReader input, CancellationToken cancellationToken)
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
