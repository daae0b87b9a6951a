using System.Text;

namespace Krewe.Frontend.Observability;

/// <summary>
/// One family in the exposition: the series of an instrument (or of several that share its name), with those of hosts without a label of their own summed
/// as <c>host="other"</c>; a gauge of times shows the least of them, because their sum would say nothing. Sums that only grow stay such when a host gains or loses its label: each step is exposed under the name that the host had then.
/// </summary>
internal sealed class MetricFamily(string name, MetricKind kind, string? unit, string? help, double[] bounds)
{
    private const string Other = "other";

    private readonly List<MetricTable> _tables = [];

    // What was exposed as "other" so far, by the other labels. Only for what grows.
    private readonly Dictionary<string, double[]> _others = new(StringComparer.Ordinal);

    /// <summary>False when an instrument of the same name is of another kind: one of the two cannot be exposed.</summary>
    public bool TryAdd(MetricTable table)
    {
        if (table.Kind != kind || !table.Bounds.AsSpan().SequenceEqual(bounds) || table.Unit != unit)
        {
            return false;
        }

        _tables.Add(table);
        return true;
    }

    public void BeginRound() => _tables.ForEach(table => table.BeginRound());

    /// <summary>Adds what this family's counters counted about each host since the last exposition.</summary>
    public void AddActivity(Dictionary<string, double> activity)
    {
        if (kind != MetricKind.Counter)
        {
            return;
        }

        foreach (var series in _tables.SelectMany(table => table.Series()))
        {
            if (series.Tags.Host is { } host)
            {
                activity[host] = activity.GetValueOrDefault(host) + series.Unexposed;
            }
        }
    }

    public void Write(StringBuilder text, BusiestHosts hosts)
    {
        var lines = Lines(hosts);
        if (lines.Count == 0)
        {
            return;
        }

        text.Append("# TYPE ").Append(name).Append(' ').Append(kind switch { MetricKind.Counter => "counter", MetricKind.Gauge => "gauge", _ => "histogram" }).Append('\n');
        if (unit is not null)
        {
            text.Append("# UNIT ").Append(name).Append(' ').Append(unit).Append('\n');
        }

        if (help is not null)
        {
            MetricNames.Escape(text.Append("# HELP ").Append(name).Append(' '), help).Append('\n');
        }

        foreach (var (labels, values) in lines)
        {
            if (kind == MetricKind.Histogram)
            {
                WriteHistogram(text, labels, values);
            }
            else
            {
                WriteLine(text, kind == MetricKind.Counter ? "_total" : "", labels, values[^1]);
            }
        }
    }

    private SortedDictionary<string, double[]> Lines(BusiestHosts hosts)
    {
        var lines = new SortedDictionary<string, double[]>(StringComparer.Ordinal);
        foreach (var series in _tables.SelectMany(table => table.Series()))
        {
            var now = series.Read(kind == MetricKind.Histogram);
            if (series.Tags.Host is not { } host)
            {
                Add(lines, MetricNames.Labels(series.Tags.Tags, null), now);
                continue;
            }

            var isOwn = hosts.HasLabel(host);
            var labels = MetricNames.Labels(series.Tags.Tags, isOwn ? null : Other);
            if (kind == MetricKind.Gauge)
            {
                Add(lines, labels, now);
                continue;
            }

            var step = series.Advance(now, isOwn);
            if (isOwn)
            {
                Add(lines, labels, series.Own);
            }
            else
            {
                Add(_others, labels, step);
            }
        }

        foreach (var (labels, values) in _others)
        {
            Add(lines, labels, values);
        }

        return lines;
    }

    private void Add(IDictionary<string, double[]> sums, string labels, double[] values)
    {
        if (!sums.TryGetValue(labels, out var sum))
        {
            sums[labels] = [.. values];
            return;
        }

        for (var i = 0; i < values.Length; i++)
        {
            sum[i] = kind == MetricKind.Gauge && unit == "seconds" ? Math.Min(sum[i], values[i]) : sum[i] + values[i];
        }
    }

    private void WriteHistogram(StringBuilder text, string labels, double[] values)
    {
        var count = 0.0;
        for (var i = 0; i <= bounds.Length; i++)
        {
            count += values[i];
            var bound = i < bounds.Length ? MetricNames.Bound(bounds[i]) : "+Inf";
            WriteLine(text, "_bucket", $"{labels}{(labels.Length > 0 ? "," : "")}le=\"{bound}\"", count);
        }

        WriteLine(text, "_count", labels, count);
        WriteLine(text, "_sum", labels, values[^1]);
    }

    private void WriteLine(StringBuilder text, string suffix, string labels, double value)
    {
        text.Append(name).Append(suffix);
        if (labels.Length > 0)
        {
            text.Append('{').Append(labels).Append('}');
        }

        text.Append(' ').Append(MetricNames.Number(value)).Append('\n');
    }
}
