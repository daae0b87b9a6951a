using Krewe.Contracts.Addressing;
using Krewe.Contracts.Storage;
using Krewe.Contracts.Usage;
using Krewe.Tests.Grains.Storage;
using Krewe.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Krewe.Tests.Grains.Usage;

/// <summary>A host's usage: it only grows, counts nothing twice, survives, and is bounded.</summary>
public sealed class UsageGrainTests : IAsyncLifetime, IDisposable
{
    private const string Host = "verona.example";
    private const string Always = "2000-01-01";

    private readonly UsageClock _time = new(new DateTimeOffset(2026, 1, 30, 23, 0, 0, TimeSpan.Zero));
    private readonly DataFolder _folder = new();
    private StorageSilo _silo = null!;
    private long _number;

    private IUsageGrain Grain => _silo.Grains.Usage(Host);

    public Task InitializeAsync() => StartAsync();

    public async Task DisposeAsync() => await _silo.DisposeAsync();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Batches_AddUp_AndAreThereAfterARestart()
    {
        await AddAsync(("logins", 2), ("stanzas_sent", 10));
        await AddAsync(("stanzas_sent", 5));
        await RestartAsync();
        await AddAsync(("logins", 1));

        var report = await Grain.ReadAsync(Always);
        Assert.Equal([new("logins", 3), new("stanzas_sent", 15)], report.Totals.ToArray());
        Assert.Equal(("2026-01-30", 3L), (report.Days.Single().Date, report.Days.Single().Amounts[0].Amount));
    }

    [Fact]
    public async Task Batch_GivenTwice_CountsOnce_AlsoAfterARestart()
    {
        var batch = new UsageBatch("one", 7, [new("logins", 1)], 3);
        await Grain.AddAsync(batch);
        await Grain.AddAsync(batch);
        await RestartAsync();
        await Grain.AddAsync(batch);
        await Grain.AddAsync(batch with { Number = 6 });
        await Grain.AddAsync(batch with { Source = "two" });

        Assert.Equal(2, (await Grain.ReadAsync(Always)).Totals.Single().Amount);
    }

    [Fact]
    public async Task Days_HaveTheirRows_AndThoseThatWereAskedForAreShown()
    {
        await AddAsync(5, ("logins", 1));
        _time.Advance(TimeSpan.FromHours(2));
        await AddAsync(2, ("logins", 10));
        _time.Advance(TimeSpan.FromDays(1));
        await AddAsync(4, ("logins", 100));
        await RestartAsync();

        var report = await Grain.ReadAsync(Always);
        Assert.Equal([("2026-01-30", 1, 5), ("2026-01-31", 10, 2), ("2026-02-01", 100, 4)], report.Days.Select(day => (day.Date, (int)day.Amounts.Single().Amount, (int)day.SessionsPeak)));
        Assert.Equal((111, 5), (report.Totals.Single().Amount, report.SessionsPeak));
        Assert.Equal(["2026-01-31", "2026-02-01"], (await Grain.ReadAsync("2026-01-31")).Days.Select(day => day.Date));
        Assert.Equal(["2026-02-01"], (await Grain.ReadAsync("2026-02-01")).Days.Select(day => day.Date));
        Assert.Empty((await Grain.ReadAsync("2026-02-02")).Days);
    }

    [Fact]
    public async Task ClockThatIsSetBack_ReopensNoDay()
    {
        await AddAsync(("logins", 1));
        _time.Advance(TimeSpan.FromDays(1));
        await AddAsync(("logins", 2));
        await _silo.DisposeAsync();
        await StartAsync(new UsageClock(new DateTimeOffset(2026, 1, 30, 12, 0, 0, TimeSpan.Zero)));
        await AddAsync(("logins", 4));

        Assert.Equal([("2026-01-30", 1), ("2026-01-31", 6)], (await Grain.ReadAsync(Always)).Days.Select(day => (day.Date, (int)day.Amounts.Single().Amount)));
    }

    [Fact]
    public async Task Days_AreKeptForFourHundredDays_AndTotalsForEver()
    {
        for (var i = 0; i < 60; i++)
        {
            await AddAsync(("logins", 1));
            _time.Advance(TimeSpan.FromDays(10));
        }

        var report = await Grain.ReadAsync(Always);
        var oldest = DateTimeOffset.Parse(report.Days[0].Date, System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(60, report.Totals.Single().Amount);
        Assert.InRange((DateTimeOffset.Parse(report.Days[^1].Date, System.Globalization.CultureInfo.InvariantCulture) - oldest).TotalDays, IUsageGrain.DaysKept, IUsageGrain.DaysKept + 31);
        Assert.InRange(await CountAsync(StateNames.UsageMonth), 13, 15);
    }

    [Fact]
    public async Task Clear_LeavesNothing()
    {
        await AddAsync(("logins", 1));
        _time.Advance(TimeSpan.FromDays(40));
        await AddAsync(("logins", 1));
        await Grain.ClearAsync();
        await Grain.ClearAsync();

        Assert.Equal((0, 0), (await CountAsync(StateNames.Usage), await CountAsync(StateNames.UsageMonth)));
        Assert.Empty((await Grain.ReadAsync(Always)).Totals);
        await AddAsync(("logins", 1));
        Assert.Equal(1, (await Grain.ReadAsync(Always)).Totals.Single().Amount);
    }

    [Fact]
    public async Task Hosts_AreCountedApart_AndReadingLeavesNoTrace()
    {
        await AddAsync(("logins", 1));

        Assert.Empty((await _silo.Grains.Usage("elsinore.example").ReadAsync(Always)).Totals);
        Assert.Equal(1, await CountAsync(StateNames.Usage));
    }

    [Fact]
    public async Task Reporter_WhoseCallFailed_GivesTheSameBatchAgain_BeforeAnythingNewer()
    {
        var (grains, calls, isBroken) = (_silo.Grains, new List<UsageBatch>(), true);
        var (factory, grain) = GrainFactoryDouble.Create(grains);
        grain.With(host => GrainDouble.Create<IUsageGrain>((_, arguments) => AddAsync(host, (UsageBatch)arguments[0]!)));
        var reporter = new UsageReporter("one", factory);

        await Assert.ThrowsAsync<TimeoutException>(() => reporter.ReportAsync(Host, () => ([new("logins", 1)], 1)));
        Assert.Equal([Host], reporter.Unanswered);
        await Assert.ThrowsAsync<TimeoutException>(() => reporter.ReportAsync(Host, () => throw new InvalidOperationException("too early")));
        isBroken = false;
        await reporter.ReportAsync(Host, () => ([new("logins", 10)], 1));
        await reporter.ReportAsync(Host, () => null);

        Assert.Empty(reporter.Unanswered);
        Assert.Equal([1, 1, 1, 2], calls.Select(batch => (int)batch.Number));
        Assert.Equal(11, (await Grain.ReadAsync(Always)).Totals.Single().Amount);

        async Task AddAsync(string host, UsageBatch batch)
        {
            calls.Add(batch);
            await grains.Usage(host).AddAsync(batch);
            if (isBroken)
            {
                // Taken, and the answer is lost.
                throw new TimeoutException();
            }
        }
    }

    private Task AddAsync(params (string Counter, long Amount)[] amounts) => AddAsync(0, amounts);

    private Task AddAsync(long peak, params (string Counter, long Amount)[] amounts) =>
        Grain.AddAsync(new UsageBatch("test", ++_number, [.. amounts.Select(each => new UsageAmount(each.Counter, each.Amount))], peak));

    private async Task<int> CountAsync(string state) =>
        (int)await _silo.Services.GetRequiredService<IGrainKeyIndex>().CountAsync(StorageNames.Settings, state, null);

    private async Task StartAsync(UsageClock? time = null) =>
        _silo = await StorageSilo.StartAsync(_folder.Options, services => services.AddSingleton<TimeProvider>(time ?? _time));

    private async Task RestartAsync()
    {
        await _silo.DisposeAsync();
        await StartAsync();
    }
}
