using System.Collections.Immutable;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Audit;
using Krewe.Contracts.Storage;
using Krewe.Grains.Audit;
using Krewe.Tests.Grains.Storage;
using Krewe.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Krewe.Tests.Grains.Audit;

/// <summary>Audit logs on disk: in pages, for a time, and over a restart.</summary>
public sealed class AuditLogGrainTests : IAsyncLifetime, IDisposable
{
    private const string Host = "verona.example";

    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly DataFolder _folder = new();
    private readonly SettableTime _time = new() { Now = Start.AddDays(1) };
    private StorageSilo _silo = null!;

    private IAuditLogGrain Changes => _silo.Grains.AuditLog(GrainKeys.AuditChanges(Host));

    public async Task InitializeAsync() => _silo = await StartAsync();

    public async Task DisposeAsync() => await _silo.DisposeAsync();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Entries_OfSeveralPages_AreReadFromTheNewestToTheOldest()
    {
        await AppendAsync(0, 200);

        Assert.Equal(Numbers(0, 200), await ReadAllAsync(limit: 1000));
        Assert.Equal(Numbers(0, 200), await ReadAllAsync(limit: 7));
        Assert.Equal(200 / AuditPaging.PageEntries, await PagesAsync());
    }

    [Fact]
    public async Task Entries_ThatWereAcknowledged_AreThereAfterAKill()
    {
        await AppendAsync(0, 100);
        using var killed = _folder.CopyAsAfterKill();

        await using var silo = await StartAsync(killed);

        Assert.Equal(100, (await silo.Grains.AuditLog(GrainKeys.AuditChanges(Host)).ReadAsync(new AuditQuery(null, 1000, null, null, null))).Items.Length);
    }

    [Fact]
    public async Task Entries_ThatComeTogether_ShareWrites()
    {
        await AppendAsync(0, 1);
        var database = _silo.Services.GetRequiredService<Krewe.Grains.Storage.SqliteDatabase>();
        var before = database.Writer.Commits;

        await Task.WhenAll(Enumerable.Range(1, 300).Select(number => AppendAsync(number, 1))).WaitAsync(Timeouts.Test);

        Assert.InRange(database.Writer.Commits - before, 1, 150);
        Assert.Equal(301, (await ReadAllAsync(limit: 1000)).Length);
    }

    [Fact]
    public async Task Entries_BetweenTimes_AreFoundInTheirPages()
    {
        await AppendAsync(0, 300);

        var slice = await Changes.ReadAsync(new AuditQuery(null, 1000, At(100), At(170), null));

        Assert.Equal(Enumerable.Range(100, 70).Reverse().Select(number => (long)number), slice.Items.Select(item => item.Number));
    }

    [Fact]
    public async Task Entries_ThatAreTooOld_AreNotRead_AndRemovedWhenTheLogIsTrimmed()
    {
        await AppendAsync(0, 150);
        _time.Now = At(70) + KeptFor;

        Assert.Equal(Numbers(70, 80), await ReadAllAsync(limit: 1000));
        await TrimAllAsync();

        Assert.Equal(Numbers(70, 80), await ReadAllAsync(limit: 1000));
        Assert.Equal(1, await PagesAsync());
        await AppendAsync(150, 100);
        Assert.Equal(Numbers(70, 180), await ReadAllAsync(limit: 9));

        _time.Now = At(1000) + KeptFor;
        await TrimAllAsync();
        Assert.Equal((0L, 0L), (await PagesAsync(), await LogsAsync()));
        await AppendAsync(1000, 1);
        Assert.Equal(["1000"], await ReadAllAsync(limit: 1000));
    }

    [Fact]
    public async Task Entries_OfTheHostBefore_AreNotForATenant()
    {
        await AppendAsync(0, 10);
        await Changes.AppendAsync([Entry(10) with { Mark = AuditMark.HostDeleted }]);
        await AppendAsync(11, 1);
        await Changes.AppendAsync([Entry(12) with { Mark = AuditMark.HostCreated }, Entry(13), Entry(14) with { Tenant = "another" }]);

        var tenants = await Changes.ReadAsync(new AuditQuery(null, 1000, null, null, Host));

        Assert.Equal([13, 12], tenants.Items.Select(item => item.Number));
        Assert.Equal(At(12), tenants.BeganAt);
        Assert.Equal(15, (await ReadAllAsync(limit: 1000)).Length);
    }

    [Fact]
    public async Task Refusals_FromAManyHammering_StayWithinTheirBounds_AndPushNoChangeOut()
    {
        await AppendAsync(0, 1);
        var refusals = _silo.Grains.AuditLog(GrainKeys.AuditAccesses(Host));
        for (var i = 0; i < 40; i++)
        {
            await refusals.AppendAsync([.. Enumerable.Range(0, AuditPaging.PageEntries).Select(number =>
                Entry(i) with { Kind = AuditKind.Refusal, From = $"{i}.{number}" })]);
        }

        Assert.Equal(AuditKeeping.PagesMax(GrainKeys.AuditAccesses(Host)), await PagesAsync());
        Assert.Single(await ReadAllAsync(limit: 1000));
    }

    private static TimeSpan KeptFor => TimeSpan.FromDays(90);

    private static DateTimeOffset At(int number) => Start.AddSeconds(number);

    private static AuditEntry Entry(int number) =>
        new(AuditKind.Change, At(number), "provider", "192.0.2.1", "PUT /x", 200) { Values = [new AuditValue("number", $"{number}")], Tenant = Host };

    private static string[] Numbers(int first, int count) => [.. Enumerable.Range(first, count).Reverse().Select(number => $"{number}")];

    private Task AppendAsync(int first, int count) => Changes.AppendAsync([.. Enumerable.Range(first, count).Select(Entry)]);

    private async Task<string[]> ReadAllAsync(int limit)
    {
        var values = ImmutableArray.CreateBuilder<string>();
        AuditSlice? slice = null;
        do
        {
            slice = await Changes.ReadAsync(new AuditQuery(slice?.Next, limit, null, null, null)).WaitAsync(Timeouts.Test);
            Assert.InRange(slice.Items.Length, 0, limit);
            values.AddRange(slice.Items.Select(item => item.Entry.Values[0].Value));
        }
        while (slice.Next is not null);
        return [.. values];
    }

    private Task TrimAllAsync() => _silo.Services.GetRequiredService<AuditRetention>().TrimAllAsync(CancellationToken.None).WaitAsync(Timeouts.Test);

    private async Task<long> PagesAsync() => await _silo.Services.GetRequiredService<IGrainKeyIndex>().CountAsync(StorageNames.Audit, StateNames.AuditPage, null);

    private async Task<long> LogsAsync() => await _silo.Services.GetRequiredService<IGrainKeyIndex>().CountAsync(StorageNames.Audit, StateNames.AuditLog, null);

    private Task<StorageSilo> StartAsync() => StartAsync(_folder);

    private Task<StorageSilo> StartAsync(DataFolder folder) => StorageSilo.StartAsync(
        folder.Options, services => services.AddSingleton<TimeProvider>(_time).AddKreweAudit(folder.Options with { AuditKeptFor = KeptFor }));

    /// <summary>The clock alone: what the grain host times goes on as ever.</summary>
    private sealed class SettableTime : TimeProvider
    {
        private long _ticks;

        public DateTimeOffset Now
        {
            get => new(Interlocked.Read(ref _ticks), TimeSpan.Zero);
            set => Interlocked.Exchange(ref _ticks, value.UtcTicks);
        }

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
