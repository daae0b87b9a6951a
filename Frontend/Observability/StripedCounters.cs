using System.Numerics;

namespace Krewe.Frontend.Observability;

/// <summary>
/// A few counters that every core may count at once: each core has a stripe of its own, so that they do not fight over a cache line.
/// Counting costs some nanoseconds; reading sums the stripes.
/// </summary>
internal sealed class StripedCounters(int counters)
{
    // More stripes cost memory for every host; above eight cores two share one.
    private const int StripesMax = 8;

    // 128 bytes: processors fetch cache lines in pairs.
    private const int StripeLongs = 16;

    private static readonly int Stripes = Math.Min(StripesMax, (int)BitOperations.RoundUpToPowerOf2((uint)Environment.ProcessorCount));

    private readonly int _stride = (counters + StripeLongs - 1) / StripeLongs * StripeLongs;
    private readonly long[] _cells = new long[Stripes * ((counters + StripeLongs - 1) / StripeLongs * StripeLongs)];

    public void Add(int counter, long count = 1) =>
        Interlocked.Add(ref _cells[((Thread.GetCurrentProcessorId() & (Stripes - 1)) * _stride) + counter], count);

    public long Read(int counter)
    {
        var sum = 0L;
        for (var stripe = 0; stripe < Stripes; stripe++)
        {
            sum += Volatile.Read(ref _cells[(stripe * _stride) + counter]);
        }

        return sum;
    }
}
