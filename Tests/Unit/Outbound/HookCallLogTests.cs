using Krewe.Grains.Outbound;
using Krewe.Tests.Support;

namespace Krewe.Tests.Unit.Outbound;

/// <summary>The log of hook calls: the last ones of each hook, and bounded however many hooks there are.</summary>
public sealed class HookCallLogTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly HookCallLog _log;

    public HookCallLogTests() => _log = new HookCallLog(_time);

    [Fact]
    public void Calls_BeyondTheLast_AreCountedAndForgotten()
    {
        for (var i = 0; i < HookCallLog.CallsMax + 10; i++)
        {
            Note("a.example", "roster", "", new HookResponse(i % 2 == 0 ? HookOutcome.Ok : HookOutcome.Timeout) { Elapsed = TimeSpan.FromMilliseconds(i) });
        }

        var log = Assert.Single(_log.Of("a.example", static (_, _) => false));
        Assert.Equal((HookCallLog.CallsMax + 10, (HookCallLog.CallsMax + 10) / 2), (log.Calls, log.Failures));
        Assert.Equal(HookCallLog.CallsMax, log.Last.Length);
        Assert.Equal((59, 10), (log.Last[0].Latency.TotalMilliseconds, log.Last[^1].Latency.TotalMilliseconds));
    }

    [Fact]
    public void Percentiles_AreOfCallsThatWereMade()
    {
        for (var i = 1; i <= 20; i++)
        {
            Note("a.example", "roster", "", new HookResponse(HookOutcome.Ok) { Elapsed = TimeSpan.FromMilliseconds(i) });
        }

        foreach (var outcome in (HookOutcome[])[HookOutcome.BreakerOpen, HookOutcome.Overloaded, HookOutcome.EgressRefused])
        {
            Note("a.example", "roster", "", new HookResponse(outcome) { Elapsed = TimeSpan.FromHours(1) });
        }

        var log = Assert.Single(_log.Of("a.example", static (_, _) => false));
        Assert.Equal((10, 19, 3), (log.Median.TotalMilliseconds, log.Percentile95.TotalMilliseconds, log.Failures));
    }

    [Fact]
    public void Status_BelowFiveHundred_IsWhatAServiceMayMean()
    {
        foreach (var status in (int[])[301, 403, 404, 410, 500, 503])
        {
            Note("a.example", "roster", "", new HookResponse(HookOutcome.Status, status));
        }

        Assert.Equal(2, Assert.Single(_log.Of("a.example", static (_, _) => false)).Failures);
    }

    [Fact]
    public void Hooks_OfOneHost_AreBounded_TheLatestStay()
    {
        for (var i = 0; i < HookCallLog.HooksOfHostMax + 5; i++)
        {
            Note("a.example", "delegation", $"urn:{i:D3}", new HookResponse(HookOutcome.Ok));
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        var log = _log.Of("a.example", static (_, part) => part == "urn:010");
        Assert.Equal(HookCallLog.HooksOfHostMax, log.Length);
        Assert.Equal("urn:005", log[0].Part);
        Assert.Equal("urn:010", Assert.Single(log, static hook => hook.IsResting).Part);
    }

    [Fact]
    public void Hosts_AreBounded_TheLatestStay()
    {
        for (var i = 0; i < 10_000; i++)
        {
            Note($"h{i}.example", "roster", "", new HookResponse(HookOutcome.Ok));
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Empty(_log.Of("h0.example", static (_, _) => false));
        Assert.Single(_log.Of("h9999.example", static (_, _) => false));
        Assert.InRange(Enumerable.Range(0, 10_000).Count(i => !_log.Of($"h{i}.example", static (_, _) => false).IsEmpty), 3000, 4096);
    }

    private void Note(string host, string hook, string part, HookResponse response) => _log.Note(new(host, hook, TimeSpan.Zero, 0, 0, 0) { Part = part }, response);
}
