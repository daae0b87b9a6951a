using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Krewe.Frontend.Observability;

internal enum MetricKind : byte
{
    Counter = 0,
    Gauge = 1,
    Histogram = 2,
}

/// <summary>One instrument's series. A measurement costs one look-up by its tags and one interlocked write, and allocates only for a new series.</summary>
internal sealed class MetricTable
{
    /// <summary>
    /// How many series an instrument may have; measurements beyond are summed under <c>overflow="true"</c>. Room for a few labels of each of some
    /// thousand hosts; at about 400 bytes each far below what would hurt.
    /// </summary>
    public const int SeriesMax = 50_000;

    private static readonly double[] SecondsBounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
    private static readonly double[] BytesBounds = [256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216];
    private static readonly double[] CountBounds = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000];

    private readonly ConcurrentDictionary<TagSet, MetricSeries> _series = new(new TagSet.Comparer());
    private readonly ConcurrentDictionary<TagSet, MetricSeries>.AlternateLookup<ReadOnlySpan<KeyValuePair<string, object?>>> _lookup;
    private readonly MetricSeries _overflow;
    private int _count;
    private long _round;

    public MetricTable(Instrument instrument)
    {
        (Kind, IsObservable) = Describe(instrument);
        Name = MetricNames.Of(instrument.Name, instrument.Unit, out var unit);
        Unit = unit;
        Help = instrument.Description;
        Bounds = Kind != MetricKind.Histogram ? [] : AdvisedBounds(instrument) ?? (unit switch { "seconds" => SecondsBounds, "bytes" => BytesBounds, _ => CountBounds });
        _lookup = _series.GetAlternateLookup<ReadOnlySpan<KeyValuePair<string, object?>>>();
        _overflow = new MetricSeries(TagSet.Overflow, Cells);
    }

    public MetricKind Kind { get; }

    public bool IsObservable { get; }

    public string Name { get; }

    public string? Unit { get; }

    public string? Help { get; }

    /// <summary>A histogram's upper bounds, without the last bucket's infinity.</summary>
    public double[] Bounds { get; }

    private int Cells => Kind == MetricKind.Histogram ? Bounds.Length + 1 : 1;

    public void Record(long value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (IsObservable || Kind == MetricKind.Histogram)
        {
            Record((double)value, tags);
        }
        else
        {
            Find(tags).Add(value);
        }
    }

    public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var series = Find(tags);
        if (IsObservable)
        {
            // Several measurements of one round that share the overflow series are a sum, not the last of them.
            if (ReferenceEquals(series, _overflow) && series.Round == _round)
            {
                series.Add(value);
            }
            else
            {
                series.Set(value);
            }

            series.Round = _round;
        }
        else if (Kind == MetricKind.Histogram)
        {
            series.Count(Bucket(value), value);
        }
        else
        {
            series.Add(value);
        }
    }

    /// <summary>Before observable instruments report: what is not reported in this round is gone.</summary>
    public void BeginRound() => _round++;

    public IEnumerable<MetricSeries> Series()
    {
        foreach (var (_, series) in _series)
        {
            if (!IsObservable || series.Round == _round)
            {
                yield return series;
            }
        }

        if (Volatile.Read(ref _count) > SeriesMax && (!IsObservable || _overflow.Round == _round))
        {
            yield return _overflow;
        }
    }

    private MetricSeries Find(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (_lookup.TryGetValue(tags, out var series))
        {
            return series;
        }

        if (Interlocked.Increment(ref _count) > SeriesMax)
        {
            Interlocked.Exchange(ref _count, SeriesMax + 1);
            return _overflow;
        }

        var kept = new TagSet(tags);
        return _series.GetOrAdd(kept, new MetricSeries(kept, Cells));
    }

    private int Bucket(double value)
    {
        var bucket = 0;
        while (bucket < Bounds.Length && value > Bounds[bucket])
        {
            bucket++;
        }

        return bucket;
    }

    private static (MetricKind Kind, bool IsObservable) Describe(Instrument instrument)
    {
        var type = instrument.GetType().GetGenericTypeDefinition();
        var kind = type == typeof(Counter<>) || type == typeof(ObservableCounter<>) ? MetricKind.Counter
            : type == typeof(Histogram<>) ? MetricKind.Histogram
            : MetricKind.Gauge;
        return (kind, instrument.IsObservable);
    }

    private static double[]? AdvisedBounds(Instrument instrument) => instrument switch
    {
        Histogram<double> { Advice.HistogramBucketBoundaries: { } bounds } => [.. bounds],
        Histogram<long> { Advice.HistogramBucketBoundaries: { } bounds } => [.. bounds.Select(bound => (double)bound)],
        Histogram<int> { Advice.HistogramBucketBoundaries: { } bounds } => [.. bounds.Select(bound => (double)bound)],
        _ => null,
    };
}
