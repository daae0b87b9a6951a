using System.Diagnostics.Metrics;
using System.Text;
using Krewe.Contracts.Hosting;
using Microsoft.Extensions.Logging;

namespace Krewe.Frontend.Observability;

/// <summary>
/// Listens to every meter whose name begins with <c>Krewe.</c> and writes what they measured in the text format of OpenMetrics 1.0. Meters that another
/// service provider of this process made are not heard, so that two Krewes in one process do not count each other's streams.
/// </summary>
internal sealed partial class OpenMetrics : IDisposable
{
    public const string ContentType = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    private const string MeterPrefix = "Krewe.";

    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, MetricFamily> _families = new(StringComparer.Ordinal);
    private readonly BusiestHosts _hosts;
    private readonly MeterListener _listener;
    private readonly IMeterFactory _meters;
    private readonly ILogger<OpenMetrics> _logger;

    public OpenMetrics(KreweOptions options, IMeterFactory meters, TimeProvider time, ILogger<OpenMetrics> logger)
    {
        _hosts = new BusiestHosts(options.MetricsHosts, time);
        _meters = meters;
        _logger = logger;
        _listener = new MeterListener { InstrumentPublished = OnInstrumentPublished };
        _listener.SetMeasurementEventCallback<long>(static (_, value, tags, table) => ((MetricTable)table!).Record(value, tags));
        _listener.SetMeasurementEventCallback<int>(static (_, value, tags, table) => ((MetricTable)table!).Record((long)value, tags));
        _listener.SetMeasurementEventCallback<double>(static (_, value, tags, table) => ((MetricTable)table!).Record(value, tags));
        _listener.Start();
    }

    public void Dispose() => _listener.Dispose();

    /// <summary>Everything measured so far. One exposition at a time; measuring goes on meanwhile.</summary>
    public string Expose()
    {
        lock (_gate)
        {
            Observe();
            var activity = new Dictionary<string, double>(StringComparer.Ordinal);
            foreach (var family in _families.Values)
            {
                family.AddActivity(activity);
            }

            _hosts.Rank(activity);
            var text = new StringBuilder();
            foreach (var family in _families.Values)
            {
                family.Write(text, _hosts);
            }

            return text.Append("# EOF\n").ToString();
        }
    }

    private void Observe()
    {
        foreach (var family in _families.Values)
        {
            family.BeginRound();
        }

        try
        {
            _listener.RecordObservableInstruments();
        }
        catch (AggregateException error)
        {
            // The others have reported; one that failed is missing from this exposition.
            Log.ObservationFailed(_logger, error);
        }
    }

    private void OnInstrumentPublished(Instrument instrument, MeterListener listener)
    {
        if (!instrument.Meter.Name.StartsWith(MeterPrefix, StringComparison.Ordinal)
            || (instrument.Meter.Scope is { } scope && !ReferenceEquals(scope, _meters)))
        {
            return;
        }

        var table = new MetricTable(instrument);
        lock (_gate)
        {
            if (!_families.TryGetValue(table.Name, out var family))
            {
                _families[table.Name] = family = new MetricFamily(table.Name, table.Kind, table.Unit, table.Help, table.Bounds);
            }

            if (!family.TryAdd(table))
            {
                Log.NameTaken(_logger, instrument.Meter.Name, instrument.Name);
                return;
            }
        }

        listener.EnableMeasurementEvents(instrument, table);
    }

    private static partial class Log
    {
        [LoggerMessage(7001, LogLevel.Warning, "An observable instrument failed")]
        public static partial void ObservationFailed(ILogger logger, Exception error);

        [LoggerMessage(7002, LogLevel.Warning, "{Meter} {Instrument} is not exposed: its name belongs to an instrument of another kind or unit")]
        public static partial void NameTaken(ILogger logger, string meter, string instrument);
    }
}
