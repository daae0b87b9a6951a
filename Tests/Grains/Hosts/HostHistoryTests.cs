using System.Globalization;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Storage;
using Krewe.Grains.Hosts;
using Krewe.Grains.Storage;
using Krewe.Tests.Grains.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Krewe.Tests.Grains.Hosts;

/// <summary>Versions of a host's document on disk: bounded, over a restart and a crash at any point, and of one life of the host only.</summary>
public sealed class HostHistoryTests : IAsyncLifetime, IDisposable
{
    private const string Verona = "verona.example";

    private readonly DataFolder _folder = new();
    private StorageSilo _silo = null!;

    private IHostGrain Host => _silo.Grains.Host(Verona);

    public async Task InitializeAsync() => _silo = await StartAsync();

    public async Task DisposeAsync() => await _silo.DisposeAsync();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Versions_AreThereAfterARestart()
    {
        await PutAsync("""{"isolate":true}""", "provider");
        await PutAsync("{}", "key:1");
        await Host.SetEnabledAsync(false, null, "provider");
        var before = await Host.VersionsAsync();

        await _silo.DisposeAsync();
        _silo = await StartAsync();

        Assert.Equal(before.AsEnumerable(), await Host.VersionsAsync());
        Assert.Equal([HostVersionOutcome.Suspended, HostVersionOutcome.Replaced, HostVersionOutcome.Created], before.Select(version => version.Outcome));
        Assert.Equal(["provider", "key:1", "provider"], before.Select(version => version.Author));
        Assert.Equal("""{"isolate":true}""", (await Host.VersionAsync(before[2].Version))!.Json);
        Assert.Equal("""{"enabled":false}""", (await Host.VersionAsync(before[0].Version))!.Json);
    }

    [Fact]
    public async Task Versions_AreKeptUpToABound_TheLatestOnes()
    {
        for (var i = 0; i < IHostHistoryGrain.VersionsMax + 5; i++)
        {
            await PutAsync($"{{\"limits\":{{\"rooms\":{i.ToString(CultureInfo.InvariantCulture)}}}}}");
        }

        var versions = await Host.VersionsAsync();
        Assert.Equal(IHostHistoryGrain.VersionsMax + 1, versions.Length);
        Assert.Equal("""{"limits":{"rooms":54}}""", (await Host.VersionAsync(versions[0].Version))!.Json);
        Assert.Equal("""{"limits":{"rooms":4}}""", (await Host.VersionAsync(versions[^1].Version))!.Json);
    }

    [Fact]
    public async Task LongDocuments_AreKeptUpToABound_TheLatestInAnyCase()
    {
        for (var i = 0; i < 4; i++)
        {
            var admins = string.Join(",", Enumerable.Range(0, 1000).Select(number => $"\"{new string('a', 480)}{i}.{number}@verona.example\""));
            await PutAsync($$"""{"admins":[{{admins}}]}""");
        }

        // Each takes half a mebibyte, of which there is one for all that are past.
        Assert.Equal(3, (await Host.VersionsAsync()).Length);
    }

    [Fact]
    public async Task ChangeThatWasCutOffBeforeItWasWritten_LeavesThePresentVersionOnce_AndNoneThatNeverWas()
    {
        await PutAsync("""{"isolate":true}""");
        var present = await Host.GetAsync();
        var version = (await Host.VersionsAsync())[0];
        var life = (await StoredAsync()).Life;

        // What the grain does first when the document is changed; then the process dies.
        await _silo.Grains.HostHistory(Verona).KeepAsync(life, new HostVersionDocument(version, present.Json!));
        await _silo.DisposeAsync();
        _silo = await StartAsync();

        Assert.Equal(version, Assert.Single(await Host.VersionsAsync()));
        await PutAsync("{}");
        Assert.Equal([HostVersionOutcome.Replaced, HostVersionOutcome.Created], (await Host.VersionsAsync()).Select(one => one.Outcome));
    }

    [Fact]
    public async Task HistoryThatADeletionLeftBehind_IsNotTheNextHosts()
    {
        await PutAsync("""{"tenant":"first","hook_secret":"whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"}""");
        await PutAsync("""{"tenant":"first"}""");
        var first = (await Host.VersionsAsync())[1];
        var left = await _silo.Grains.HostHistory(Verona).FindAsync((await StoredAsync()).Life, first.Version);
        var life = (await StoredAsync()).Life;
        await Host.DeleteAsync();
        Assert.Equal(0, await HistoriesAsync());

        // As if the process had died between the host's end and its history's.
        await _silo.Grains.HostHistory(Verona).KeepAsync(life, left!);
        await PutAsync("""{"tenant":"second"}""");
        Assert.Single(await Host.VersionsAsync());
        Assert.Null(await Host.VersionAsync(first.Version));
        Assert.Equal(HostChangeOutcome.NoSuchVersion, (await Host.RestoreAsync(first.Version, null, isProvider: true, null)).Outcome);

        await PutAsync("""{"tenant":"second","isolate":true}""");
        Assert.Equal(["""{"tenant":"second","isolate":true}""", """{"tenant":"second"}"""], await DocumentsAsync());
        await Host.DeleteAsync();
        await _silo.Grains.HostHistory(Verona).KeepAsync(life, left!);
        Assert.Equal(HostChangeOutcome.NotFound, (await Host.DeleteAsync()).Outcome);
        Assert.Equal(0, await HistoriesAsync());
    }

    [Fact]
    public async Task Host_ThatWasStoredBeforeVersionsWere_HasThePresentOne()
    {
        var stored = new HeldState<HostState>(_silo.Services.GetRequiredService<SqliteDatabase>(), Verona, StorageNames.Settings, StateNames.Host);
        await stored.WriteAsync(new HostState { Json = """{"isolate":true}""", Version = 1_700_000_000_000 });

        Assert.Equal(
            new HostVersion(1_700_000_000_000, DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_000), null, HostVersionOutcome.Replaced), Assert.Single(await Host.VersionsAsync()));
        await PutAsync("{}");
        Assert.Equal(["{}", """{"isolate":true}"""], await DocumentsAsync());
        Assert.Equal(HostChangeOutcome.Replaced, (await Host.RestoreAsync(1_700_000_000_000, null, isProvider: false, "key:1")).Outcome);
        Assert.Equal("""{"isolate":true}""", (await Host.GetAsync()).Json);
    }

    [Fact]
    public async Task Host_ThatIsNeverChanged_HasNoHistoryOnDisk()
    {
        await PutAsync("{}");
        await PutAsync("{}");

        Assert.Equal(0, await HistoriesAsync());
    }

    private async Task<string[]> DocumentsAsync()
    {
        var documents = new List<string>();
        foreach (var version in await Host.VersionsAsync())
        {
            documents.Add((await Host.VersionAsync(version.Version))!.Json);
        }

        return [.. documents];
    }

    private async Task PutAsync(string json, string author = "provider")
    {
        var change = await Host.PutAsync(json, null, isProvider: true, author);
        Assert.True(change.Outcome is HostChangeOutcome.Created or HostChangeOutcome.Replaced, $"{change.Outcome}: {string.Join("; ", change.Problems)}");
    }

    private async Task<HostState> StoredAsync()
    {
        var stored = new HeldState<HostState>(_silo.Services.GetRequiredService<SqliteDatabase>(), Verona, StorageNames.Settings, StateNames.Host);
        await stored.ReadAsync();
        return stored.State!;
    }

    private async Task<long> HistoriesAsync() => await _silo.Services.GetRequiredService<IGrainKeyIndex>().CountAsync(StorageNames.Settings, StateNames.HostHistory, null);

    private Task<StorageSilo> StartAsync() => StorageSilo.StartAsync(_folder.Options, services => services
        .AddKreweHostFiles(_folder.Options)
        .AddSingleton<IHostSettingsSource, HostSettingsCache>());
}
