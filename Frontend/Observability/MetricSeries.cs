namespace Krewe.Frontend.Observability;

/// <summary>
/// One series of an instrument: what was measured under one set of tags. Written by any thread without a lock; read at exposition.
/// A histogram has a cell for each bucket, everything else one.
/// </summary>
internal sealed class MetricSeries(TagSet tags, int cells)
{
    private readonly long[] _cells = new long[cells];
    private double _sum;

    // Exposition only, and under its lock: what was exposed under the host's own name and under "other" so far (MetricFamily).
    private readonly double[] _seen = new double[cells + 1];
    private readonly double[] _own = new double[cells + 1];

    public TagSet Tags => tags;

    /// <summary>The round of observation in which an observable instrument last reported this series.</summary>
    public long Round { get; set; }

    public void Add(long value) => Interlocked.Add(ref _cells[0], value);

    public void Add(double value)
    {
        var seen = Volatile.Read(ref _sum);
        while (true)
        {
            var was = Interlocked.CompareExchange(ref _sum, seen + value, seen);
            if (was.Equals(seen))
            {
                return;
            }

            seen = was;
        }
    }

    public void Set(double value) => Volatile.Write(ref _sum, value);

    public void Count(int bucket, double value)
    {
        Interlocked.Increment(ref _cells[bucket]);
        Add(value);
    }

    /// <summary>The value as it stands: a histogram's buckets and its sum, or one number in the last place.</summary>
    public double[] Read(bool isHistogram)
    {
        var values = new double[_cells.Length + 1];
        for (var i = 0; i < _cells.Length; i++)
        {
            values[i] = Volatile.Read(ref _cells[i]);
        }

        values[^1] = Volatile.Read(ref _sum);
        if (!isHistogram)
        {
            values[1] += values[0];
            values[0] = 0;
        }

        return values;
    }

    /// <summary>How far a counter has come since the last exposition.</summary>
    public double Unexposed => Read(isHistogram: false)[^1] - _seen[^1];

    /// <summary>What was exposed under the host's own name.</summary>
    public double[] Own => _own;

    /// <summary>What came since the last call; <paramref name="isOwn"/> says under which name it is going to be exposed.</summary>
    public double[] Advance(double[] now, bool isOwn)
    {
        var step = new double[now.Length];
        for (var i = 0; i < now.Length; i++)
        {
            step[i] = now[i] - _seen[i];
            _seen[i] = now[i];
            _own[i] += isOwn ? step[i] : 0;
        }

        return step;
    }
}
