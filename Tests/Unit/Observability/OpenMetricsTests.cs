using System.Diagnostics.Metrics;
using Krewe.Contracts.Hosting;
using Krewe.Contracts.Sessions;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Observability;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Krewe.Tests.Unit.Observability;

/// <summary>The silo's instruments are the process's: what other tests measure meanwhile would be heard here.</summary>
[CollectionDefinition(nameof(OpenMetricsTests), DisableParallelization = true)]
public sealed class OpenMetricsCollection;

[Collection(nameof(OpenMetricsTests))]
public sealed class OpenMetricsTests : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly ManualTime _time = new();
    private OpenMetrics? _metrics;

    public void Dispose()
    {
        _metrics?.Dispose();
        _services.Dispose();
    }

    private IMeterFactory Meters => _services.GetRequiredService<IMeterFactory>();

    [Fact]
    public void Expose_NothingMeasured_IsOnlyTheEnd() => Assert.Equal("# EOF\n", Start().Expose());

    [Fact]
    public void Counter_WithTags_IsATotalForEachTagSet()
    {
        var metrics = Start();
        var counter = Meters.Create("Krewe.Test").CreateCounter<long>("krewe.things.done", description: "Done\nthings");
        counter.Add(2, new KeyValuePair<string, object?>("kind", "a"));
        counter.Add(3, new KeyValuePair<string, object?>("kind", "b"));
        counter.Add(4, new KeyValuePair<string, object?>("kind", "a"));

        var text = OpenMetricsText.Parse(metrics.Expose());
        Assert.Equal("counter", text.Types["krewe_things_done"]);
        Assert.Equal(6, text["krewe_things_done_total{kind=\"a\"}"]);
        Assert.Equal(3, text["krewe_things_done_total{kind=\"b\"}"]);
    }

    [Fact]
    public void Counter_TagsInAnotherOrder_IsOneSeries()
    {
        var metrics = Start();
        var counter = Meters.Create("Krewe.Test").CreateCounter<int>("krewe.things");
        counter.Add(1, new KeyValuePair<string, object?>("a", 1), new KeyValuePair<string, object?>("b", 2));
        counter.Add(1, new KeyValuePair<string, object?>("b", 2), new KeyValuePair<string, object?>("a", 1));

        Assert.Equal(2, OpenMetricsText.Parse(metrics.Expose())["krewe_things_total{a=\"1\",b=\"2\"}"]);
    }

    [Fact]
    public void Label_WithQuotesBackslashesAndLineFeeds_ComesBackAsItWas()
    {
        var metrics = Start();
        Meters.Create("Krewe.Test").CreateCounter<long>("krewe.things").Add(1, new KeyValuePair<string, object?>("odd-name", "a\"b\\c\nd"));

        Assert.Equal(1, OpenMetricsText.Parse(metrics.Expose())["krewe_things_total{odd_name=\"a\"b\\c\nd\"}"]);
    }

    [Fact]
    public void UpDownCounterAndGauge_AreGauges()
    {
        var metrics = Start();
        var meter = Meters.Create("Krewe.Test");
        var open = meter.CreateUpDownCounter<long>("krewe.open");
        open.Add(5);
        open.Add(-7);
        meter.CreateObservableGauge("krewe.share", () => 0.25);

        var text = OpenMetricsText.Parse(metrics.Expose());
        Assert.Equal(("gauge", -2), (text.Types["krewe_open"], text["krewe_open"]));
        Assert.Equal(("gauge", 0.25), (text.Types["krewe_share"], text["krewe_share"]));
    }

    [Fact]
    public void Histogram_InSeconds_HasCumulativeBucketsSumAndUnit()
    {
        var metrics = Start();
        var latency = Meters.Create("Krewe.Test").CreateHistogram<double>("krewe.latency", "s");
        latency.Record(0.001);
        latency.Record(0.3);
        latency.Record(100);

        var exposed = metrics.Expose();
        var text = OpenMetricsText.Parse(exposed);
        Assert.Contains("# UNIT krewe_latency_seconds seconds\n", exposed, StringComparison.Ordinal);
        Assert.Equal(1, text["krewe_latency_seconds_bucket{le=\"0.001\"}"]);
        Assert.Equal(1, text["krewe_latency_seconds_bucket{le=\"0.25\"}"]);
        Assert.Equal(2, text["krewe_latency_seconds_bucket{le=\"1.0\"}"]);
        Assert.Equal(3, text["krewe_latency_seconds_bucket{le=\"+Inf\"}"]);
        Assert.Equal(3, text["krewe_latency_seconds_count"]);
        Assert.Equal(100.301, text["krewe_latency_seconds_sum"], 9);
    }

    [Fact]
    public void Histogram_WithAdvice_UsesItsBounds()
    {
        var metrics = Start();
        Meters.Create("Krewe.Test").CreateHistogram("krewe.size", advice: new InstrumentAdvice<long> { HistogramBucketBoundaries = [7, 70] }).Record(8);

        var text = OpenMetricsText.Parse(metrics.Expose());
        Assert.Equal((0, 1), (text["krewe_size_bucket{le=\"7.0\"}"], text["krewe_size_bucket{le=\"70.0\"}"]));
    }

    [Fact]
    public void ObservableCounter_SeriesNoLongerReported_IsGone()
    {
        var metrics = Start();
        var reported = new List<Measurement<long>> { new(4, new KeyValuePair<string, object?>("kind", "a")) };
        Meters.Create("Krewe.Test").CreateObservableCounter("krewe.seen", () => reported);

        Assert.Equal(4, OpenMetricsText.Parse(metrics.Expose())["krewe_seen_total{kind=\"a\"}"]);
        reported[0] = new(9, new KeyValuePair<string, object?>("kind", "b"));
        Assert.Equal(["krewe_seen_total{kind=\"b\"}"], OpenMetricsText.Parse(metrics.Expose()).Samples.Keys);
    }

    [Fact]
    public void ObservableInstrument_ThatThrows_DoesNotCostTheOthers()
    {
        var metrics = Start();
        var meter = Meters.Create("Krewe.Test");
        meter.CreateObservableGauge("krewe.broken", (Func<long>)(() => throw new InvalidOperationException("broken")));
        meter.CreateObservableGauge("krewe.sound", () => 1L);

        Assert.Equal(["krewe_sound"], OpenMetricsText.Parse(metrics.Expose()).Samples.Keys);
    }

    [Fact]
    public void Meters_OfOthers_AreNotHeard()
    {
        var metrics = Start();
        using var elsewhere = new ServiceCollection().AddMetrics().BuildServiceProvider();
        elsewhere.GetRequiredService<IMeterFactory>().Create("Krewe.Test").CreateCounter<long>("krewe.things").Add(1);
        Meters.Create("Other.Test").CreateCounter<long>("krewe.things").Add(1);

        Assert.Equal("# EOF\n", metrics.Expose());
    }

    [Fact]
    public void Instruments_OfOneNameAndTwoKinds_ExposeTheFirst()
    {
        var metrics = Start();
        Meters.Create("Krewe.One").CreateCounter<long>("krewe.things").Add(1);
        Meters.Create("Krewe.Two").CreateUpDownCounter<long>("krewe.things").Add(5);
        Meters.Create("Krewe.Three").CreateCounter<long>("krewe.things").Add(2);

        Assert.Equal(3, OpenMetricsText.Parse(metrics.Expose())["krewe_things_total"]);
    }

    [Fact]
    public void Hosts_MoreThanLabels_BusiestHaveTheirOwnAndTheRestIsOther()
    {
        var metrics = Start(labels: 2);
        var counter = Meters.Create("Krewe.Test").CreateCounter<long>("krewe.things");
        var open = Meters.Create("Krewe.Test").CreateUpDownCounter<long>("krewe.open");
        foreach (var (host, count) in new[] { ("a.example", 1), ("b.example", 20), ("c.example", 30), ("d.example", 2) })
        {
            counter.Add(count, Host(host), new KeyValuePair<string, object?>("kind", "x"));
            open.Add(count, Host(host));
        }

        var text = OpenMetricsText.Parse(metrics.Expose());
        Assert.Equal(20, text["krewe_things_total{host=\"b.example\",kind=\"x\"}"]);
        Assert.Equal(30, text["krewe_things_total{host=\"c.example\",kind=\"x\"}"]);
        Assert.Equal(3, text["krewe_things_total{host=\"other\",kind=\"x\"}"]);
        Assert.Equal((20, 30, 3), (text["krewe_open{host=\"b.example\"}"], text["krewe_open{host=\"c.example\"}"], text["krewe_open{host=\"other\"}"]));
        Assert.Equal(6, text.Samples.Count);
    }

    [Fact]
    public void Hosts_ThatChangeRanks_NeverMakeASumShrink()
    {
        var metrics = Start(labels: 1);
        var counter = Meters.Create("Krewe.Test").CreateCounter<long>("krewe.things");
        counter.Add(10, Host("a.example"));
        counter.Add(1, Host("b.example"));
        Assert.Equal((10, 1), Totals("a.example"));

        // b becomes by far the busier one: what it did as one of the others stays with them.
        _time.Advance(TimeSpan.FromHours(2));
        counter.Add(100, Host("b.example"));
        counter.Add(5, Host("a.example"));
        Assert.Equal((100, 6), Totals("b.example"));

        _time.Advance(TimeSpan.FromHours(2));
        counter.Add(50, Host("a.example"));
        Assert.Equal((60, 6), Totals("a.example"));

        (double Own, double Other) Totals(string host)
        {
            var text = OpenMetricsText.Parse(metrics.Expose());
            Assert.Equal(2, text.Samples.Count);
            return (text[$"krewe_things_total{{host=\"{host}\"}}"], text["krewe_things_total{host=\"other\"}"]);
        }
    }

    [Fact]
    public void Hosts_NearlyAsBusy_DoNotTakeTurns()
    {
        var metrics = Start(labels: 1);
        var counter = Meters.Create("Krewe.Test").CreateCounter<long>("krewe.things");
        counter.Add(10, Host("a.example"));
        metrics.Expose();
        counter.Add(19, Host("b.example"));

        Assert.Contains("krewe_things_total{host=\"a.example\"}", OpenMetricsText.Parse(metrics.Expose()).Samples.Keys);
    }

    [Fact]
    public void Hosts_NoLabelsAtAll_AreAllOther()
    {
        var metrics = Start(labels: 0);
        Meters.Create("Krewe.Test").CreateHistogram<double>("krewe.latency", "s").Record(1, Host("a.example"));

        Assert.Equal(1, OpenMetricsText.Parse(metrics.Expose())["krewe_latency_seconds_count{host=\"other\"}"]);
    }

    [Fact]
    public void Series_BeyondTheLimit_AreSummedAsOverflow()
    {
        var metrics = Start();
        var counter = Meters.Create("Krewe.Test").CreateCounter<long>("krewe.things");
        for (var i = 0; i < MetricTable.SeriesMax + 10; i++)
        {
            counter.Add(1, new KeyValuePair<string, object?>("n", i));
        }

        var text = OpenMetricsText.Parse(metrics.Expose());
        Assert.Equal(10, text["krewe_things_total{overflow=\"true\"}"]);
        Assert.Equal(MetricTable.SeriesMax + 1, text.Samples.Count);
    }

    [Fact]
    public void Measuring_KnownSeries_AllocatesNothing()
    {
        var metrics = Start();
        var instruments = new FrontendInstruments(Meters);
        var host = instruments.Host("a.example");
        Measure();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            Measure();
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Contains("krewe_logins_total", metrics.Expose(), StringComparison.Ordinal);

        void Measure()
        {
            host.StanzaReceived(StanzaKind.Message);
            instruments.Routed(RoutePath.Local, RouteOutcome.Delivered);
            instruments.QueueFlushed(3);
            instruments.Login("a.example", "PLAIN", "success");
        }
    }

    [Fact]
    public async Task Counting_FromManyThreads_LosesNothing()
    {
        var metrics = Start();
        var meter = Meters.Create("Krewe.Test");
        var whole = meter.CreateCounter<long>("krewe.whole");
        var real = meter.CreateHistogram<double>("krewe.real");
        await Task.WhenAll(Enumerable.Range(0, 8).Select(thread => Task.Run(() =>
        {
            for (var i = 0; i < 2000; i++)
            {
                whole.Add(1, new KeyValuePair<string, object?>("i", i % 50));
                real.Record(0.5);
            }
        })));

        var text = OpenMetricsText.Parse(metrics.Expose());
        Assert.Equal(16000, text.Samples.Where(sample => sample.Key.StartsWith("krewe_whole_total", StringComparison.Ordinal)).Sum(sample => sample.Value));
        Assert.Equal((16000, 8000), (text["krewe_real_count"], text["krewe_real_sum"]));
    }

    [Fact]
    public void FrontendInstruments_EachMethod_HasItsSeries()
    {
        var metrics = Start();
        var instruments = new FrontendInstruments(Meters);
        instruments.StreamOpened("a.example", "tcp");
        instruments.StreamOpened("a.example", "tcp");
        instruments.StreamClosed("a.example", "tcp");
        instruments.StreamEnded("conflict");
        instruments.StreamError("not-well-formed");
        instruments.Login("a.example", "SCRAM-SHA-1", "not-authorized");
        instruments.Refreshed("updated", 3);
        instruments.QueueOverflowed();
        instruments.Routed(RoutePath.Grain, RouteOutcome.StoreOffline);
        instruments.RouteFailed(RoutePath.Grain);
        instruments.Host("a.example").StanzaReceived(StanzaKind.Presence);
        instruments.Host("a.example").StanzaSent(StanzaKind.Iq);

        var text = OpenMetricsText.Parse(metrics.Expose());
        Assert.Equal(1, text["krewe_streams{host=\"a.example\",transport=\"tcp\"}"]);
        Assert.Equal(1, text["krewe_streams_closed_total{reason=\"conflict\"}"]);
        Assert.Equal(1, text["krewe_stream_errors_total{condition=\"not-well-formed\"}"]);
        Assert.Equal(1, text["krewe_logins_total{host=\"a.example\",mechanism=\"SCRAM-SHA-1\",outcome=\"not-authorized\"}"]);
        Assert.Equal(3, text["krewe_refresh_total{result=\"updated\"}"]);
        Assert.Equal(1, text["krewe_queue_overflow_total"]);
        Assert.Equal(1, text["krewe_route_total{outcome=\"store-offline\",path=\"grain\"}"]);
        Assert.Equal(1, text["krewe_route_total{outcome=\"failed\",path=\"grain\"}"]);
        Assert.Equal(1, text["krewe_stanzas_received_total{host=\"a.example\",kind=\"presence\"}"]);
        Assert.Equal(1, text["krewe_stanzas_sent_total{host=\"a.example\",kind=\"iq\"}"]);
    }

    private static KeyValuePair<string, object?> Host(string host) => new("host", host);

    private OpenMetrics Start(int labels = 100) => _metrics = new OpenMetrics(
        new KreweOptions { Data = "", AdminToken = "t", MetricsHosts = labels }, Meters, _time, NullLogger<OpenMetrics>.Instance);

    private sealed class ManualTime : TimeProvider
    {
        private TimeSpan _now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _now.Ticks;

        public void Advance(TimeSpan time) => _now += time;
    }
}
