using System.Collections.Immutable;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Storage;
using Krewe.Grains.Hosts;
using Krewe.Grains.Storage;
using Krewe.Tests.Grains.Storage;
using Krewe.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Krewe.Tests.Grains.Hosts;

/// <summary>No domain is a host or a component twice: what a host's changes do to the claims of domains, and what claims do to changes.</summary>
public sealed class DomainClaimTests : IAsyncLifetime, IDisposable
{
    private const string Verona = "verona.example";
    private const string Elsinore = "elsinore.example";
    private const string Rooms = "rooms.example";
    private const string RoomsPath = "$.components['rooms.example']";

    private readonly DataFolder _folder = new();
    private StorageSilo _silo = null!;

    public async Task InitializeAsync() => _silo = await StartAsync();

    public async Task DisposeAsync() => await _silo.DisposeAsync();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Component_BelongsToTheFirstHostThatNamesIt()
    {
        Assert.Equal(HostChangeOutcome.Created, (await PutAsync(Verona, Rooms)).Outcome);
        await PutAsync(Elsinore);

        AssertInUse(await PutAsync(Elsinore, Rooms), RoomsPath);
        AssertInUse(await PutAsync("third.example", Rooms), RoomsPath);

        Assert.Equal(Verona, await OwnerAsync(Rooms));
        Assert.Equal(HostChangeOutcome.Replaced, (await PutAsync(Verona, Rooms, "more.example")).Outcome);
        Assert.Null((await _silo.Grains.Host("third.example").GetAsync()).Json);
    }

    [Fact]
    public async Task Component_InAnotherSpelling_IsTheSameDomain_ToldAsItWasWritten()
    {
        await PutAsync(Verona, "Rooms.Example");

        AssertInUse(await PutAsync(Elsinore, "ROOMS.example"), "$.components['ROOMS.example']");
        Assert.Equal(HostChangeOutcome.Replaced, (await PutAsync(Verona, Rooms)).Outcome);
        Assert.Equal(Verona, await OwnerAsync(Rooms));
    }

    [Fact]
    public async Task Claims_OfARefusedChange_AreGivenBack()
    {
        await PutAsync(Verona, Rooms);

        AssertInUse(await PutAsync(Elsinore, "a.example", Rooms, "b.example"), RoomsPath);

        Assert.Equal(HostChangeOutcome.Replaced, (await PutAsync(Verona, Rooms, "a.example", "b.example")).Outcome);
        Assert.Equal(3, await ClaimsAsync());
    }

    [Fact]
    public async Task Claims_OfAChangeThatAnotherActivationCameBefore_AreGivenBack()
    {
        await PutAsync(Verona);
        var other = new HeldState<HostState>(_silo.Services.GetRequiredService<SqliteDatabase>(), Verona, StorageNames.Settings, StateNames.Host);
        await other.ReadAsync();
        await other.WriteAsync(other.State! with { Json = """{"isolate":true}""" });

        Assert.Equal(HostChangeOutcome.VersionMismatch, (await PutAsync(Verona, Rooms)).Outcome);

        Assert.Equal(0, await ClaimsAsync());
        Assert.Equal("""{"isolate":true}""", (await _silo.Grains.Host(Verona).GetAsync()).Json);
    }

    [Fact]
    public async Task Component_LeftOut_OrOfARemovedHost_IsFree()
    {
        await PutAsync(Verona, Rooms, "more.example");
        await PutAsync(Verona, "more.example");
        Assert.Equal(HostChangeOutcome.Created, (await PutAsync(Elsinore, Rooms)).Outcome);

        Assert.Equal(HostChangeOutcome.Deleted, (await _silo.Grains.Host(Elsinore).DeleteAsync()).Outcome);
        Assert.Equal(HostChangeOutcome.Replaced, (await PutAsync(Verona, "more.example", Rooms)).Outcome);

        Assert.Equal(HostChangeOutcome.Deleted, (await _silo.Grains.Host(Verona).DeleteAsync()).Outcome);
        Assert.Equal(0, await ClaimsAsync());
    }

    [Fact]
    public async Task Host_OfTheDomainOfAComponent_IsRefused()
    {
        await PutAsync(Verona, Rooms);
        AssertInUse(await PutAsync(Rooms), "$");

        await PutAsync(Verona);
        Assert.Equal(HostChangeOutcome.Created, (await PutAsync(Rooms)).Outcome);
    }

    [Fact]
    public async Task Component_OfTheDomainOfAHost_IsRefused()
    {
        await PutAsync(Rooms);
        AssertInUse(await PutAsync(Verona, Rooms), RoomsPath);

        await _silo.Grains.Host(Rooms).DeleteAsync();
        Assert.Equal(HostChangeOutcome.Created, (await PutAsync(Verona, Rooms)).Outcome);
    }

    [Fact]
    public async Task Claims_SurviveARestart_AndAreNoHosts()
    {
        await PutAsync(Verona, Rooms);

        await _silo.DisposeAsync();
        _silo = await StartAsync();

        AssertInUse(await PutAsync(Elsinore, Rooms), RoomsPath);
        AssertInUse(await PutAsync(Rooms), "$");
        Assert.Equal<string>([Verona], await _silo.Grains.HostDirectory().HostsAsync(null, 100));
        Assert.Null((await _silo.Grains.Host(Rooms).GetAsync()).Json);
    }

    [Fact]
    public async Task Claim_ThatWasLeftBehind_BindsNobody()
    {
        foreach (var (domain, claimant) in new[] { (Rooms, Verona), ("more.example", "nobody.example") })
        {
            var left = new HeldState<DomainState>(_silo.Services.GetRequiredService<SqliteDatabase>(), domain, StorageNames.Settings, StateNames.Domain);
            await left.WriteAsync(new DomainState { Host = claimant });
        }

        await PutAsync(Verona);
        Assert.Null(await OwnerAsync(Rooms));
        Assert.Equal(HostChangeOutcome.Created, (await PutAsync(Elsinore, Rooms)).Outcome);
        Assert.Equal(HostChangeOutcome.Created, (await PutAsync("more.example")).Outcome);
        AssertInUse(await PutAsync(Verona, Rooms), RoomsPath);
    }

    [Fact]
    public async Task HostAndComponent_OfOneDomain_MadeAtOnce_AreNeverBoth()
    {
        var (hosts, components) = (0, 0);
        await PutAsync(Verona);
        for (var i = 0; i < 60; i++)
        {
            var domain = $"d{i}.example";
            var making = (Func<Task<HostChange>>)(() => PutAsync(domain));
            var claiming = (Func<Task<HostChange>>)(() => PutAsync(Verona, domain));
            var (isHost, isComponent) = i % 2 == 0 ? await AtOnceAsync(making, claiming) : Swap(await AtOnceAsync(claiming, making));

            Assert.False(isHost && isComponent);
            Assert.Equal(isHost, (await _silo.Grains.Host(domain).GetAsync()).Json is not null);
            Assert.Equal(isComponent ? Verona : null, await OwnerAsync(domain));
            hosts += isHost ? 1 : 0;
            components += isComponent ? 1 : 0;
        }

        Assert.True(hosts + components > 0);
    }

    [Fact]
    public async Task Hosts_ThatClaimEachOther_OrTheSameDomains_AtOnce_GoOn()
    {
        for (var i = 0; i < 30; i++)
        {
            var (one, two) = ($"one{i}.example", $"two{i}.example");
            var (isOne, isTwo) = await AtOnceAsync(() => PutAsync(one, two), () => PutAsync(two, one));
            Assert.False(isOne && isTwo);

            await PutAsync(one);
            await PutAsync(two);
            var (hasOne, hasTwo) = await AtOnceAsync(() => PutAsync(one, $"x{i}.example", $"y{i}.example"), () => PutAsync(two, $"y{i}.example", $"x{i}.example"));
            Assert.False(hasOne && hasTwo);
            foreach (var domain in new[] { $"x{i}.example", $"y{i}.example" })
            {
                Assert.Equal(hasOne ? one : hasTwo ? two : null, await OwnerAsync(domain));
            }
        }
    }

    [Fact]
    public async Task Host_WithAsManyComponentsAsThereMayBe_ClaimsAndFreesThem()
    {
        var domains = Enumerable.Range(0, 100).Select(i => $"c{i}.example").ToArray();

        Assert.Equal(HostChangeOutcome.Created, (await PutAsync(Verona, domains)).Outcome);
        Assert.Equal(100, await ClaimsAsync());
        Assert.Equal(HostChangeOutcome.Deleted, (await _silo.Grains.Host(Verona).DeleteAsync()).Outcome);
        Assert.Equal(0, await ClaimsAsync());
    }

    private static (bool First, bool Second) Swap((bool First, bool Second) pair) => (pair.Second, pair.First);

    private static async Task<(bool First, bool Second)> AtOnceAsync(Func<Task<HostChange>> first, Func<Task<HostChange>> second)
    {
        var changes = await Task.WhenAll(Task.Run(first), Task.Run(second)).WaitAsync(Timeouts.Test);
        Assert.All(changes, change => Assert.Contains(change.Outcome, new[] { HostChangeOutcome.Created, HostChangeOutcome.Replaced, HostChangeOutcome.Invalid }));
        return (changes[0].Outcome != HostChangeOutcome.Invalid, changes[1].Outcome != HostChangeOutcome.Invalid);
    }

    private static void AssertInUse(HostChange change, string path)
    {
        Assert.Equal(HostChangeOutcome.Invalid, change.Outcome);
        Assert.Equal(new DocumentProblem(path, "is a domain that is in use"), Assert.Single(change.Problems));
    }

    private Task<HostChange> PutAsync(string host, params string[] components) => _silo.Grains.Host(host).PutAsync(
        $$"""{ "components": { {{string.Join(", ", components.Select(domain => $$"""  "{{domain}}": { "type": "muc" }  """))}} } }""", null, isProvider: true);

    private Task<string?> OwnerAsync(string domain) => _silo.Grains.Domain(domain).OwnerAsync();

    private async Task<long> ClaimsAsync() => await _silo.Services.GetRequiredService<IGrainKeyIndex>().CountAsync(StorageNames.Settings, StateNames.Domain, null);

    private Task<StorageSilo> StartAsync() => StorageSilo.StartAsync(_folder.Options, services => services
        .AddKreweHostFiles(_folder.Options)
        .AddSingleton<IHostSettingsSource, HostSettingsCache>());
}
