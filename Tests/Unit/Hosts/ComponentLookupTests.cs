using System.Collections.Concurrent;
using Krewe.Contracts.Hosts;
using Krewe.Tests.Support;

namespace Krewe.Tests.Unit.Hosts;

/// <summary>The snapshots of domains that are components: loaded with their host, swapped with it, gone with it.</summary>
public sealed class ComponentLookupTests : IDisposable
{
    private const string Verona = "verona.localhost";
    private const string Elsinore = "elsinore.localhost";
    private const string Rooms = "rooms.example";
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    private readonly HandClock _clock = new();
    private readonly ConcurrentDictionary<string, HostDocument> _documents = new();
    private readonly ConcurrentDictionary<string, string> _owners = new();
    private readonly ConcurrentQueue<string> _asked = new();
    private readonly HostSettingsCache _cache;
    private Func<string, Task> _beforeHost = _ => Task.CompletedTask;
    private Func<string, Task> _beforeOwner = _ => Task.CompletedTask;

    public ComponentLookupTests()
    {
        var (grains, grainDouble) = GrainFactoryDouble.Create();
        grainDouble.With(domain => GrainDouble.Create<IHostGrain>((_, _) => HostAsync(domain)));
        grainDouble.With(_ => GrainDouble.Create<IHostDefaultsGrain>((_, _) => Task.FromResult(HostDefaultsDocument.Unset)));
        grainDouble.With(domain => GrainDouble.Create<IDomainGrain>((_, _) => OwnerAsync(domain)));
        _cache = new HostSettingsCache(grains, _clock);
    }

    public void Dispose() => _cache.Dispose();

    [Fact]
    public async Task Find_OfAHostAndOfItsComponent_GivesOneSnapshot()
    {
        Has(Verona, 1, Rooms);

        var component = (await FindAsync(Rooms))!.Value;
        var host = (await FindAsync(Verona))!.Value;

        Assert.Equal((Rooms, Verona), (component.Component!.Domain, component.Host.Domain));
        Assert.Null(host.Component);
        Assert.Same(host.Host, component.Host);
        Assert.True(_cache.TryFindLoaded(Rooms, out var loaded) && loaded == component);
        Assert.Equal([$"host {Rooms}", $"owner {Rooms}", $"host {Verona}"], _asked);
    }

    [Fact]
    public async Task Component_OfALoadedHost_IsLoaded()
    {
        Has(Verona, 1, Rooms);

        await _cache.GetAsync(Verona);

        Assert.True(_cache.TryFindLoaded(Rooms, out var found));
        Assert.IsType<MucServiceSettings>(found.Component);
        Assert.Equal([$"host {Verona}"], _asked);
    }

    [Fact]
    public async Task Component_IsNoHost()
    {
        Has(Verona, 1, Rooms);

        Assert.Null(await _cache.GetAsync(Rooms));
        Assert.NotNull(await FindAsync(Rooms));
        Assert.Null(await _cache.GetAsync(Rooms));
        Assert.False(_cache.TryGetLoaded(Rooms, out _));
        Assert.True(_cache.TryGetLoaded(Verona, out _));
    }

    [Fact]
    public async Task Find_ByManyAtOnce_AsksOnce()
    {
        Has(Verona, 1, Rooms);
        var gate = new TaskCompletionSource();
        _beforeOwner = _ => gate.Task;
        var waiting = Enumerable.Range(0, 50).Select(_ => FindAsync(Rooms)).ToArray();
        gate.SetResult();

        Assert.All(await Task.WhenAll(waiting), found => Assert.Equal(Verona, found!.Value.Host.Domain));
        Assert.Equal([$"host {Rooms}", $"owner {Rooms}", $"host {Verona}"], _asked);
    }

    [Fact]
    public async Task Find_OfWhatIsLoaded_AllocatesNothing()
    {
        Has(Verona, 1, Rooms);
        await FindAsync(Rooms);
        await FindAsync(Rooms);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            _cache.TryFindLoaded(Rooms, out _);
            _cache.TryFindLoaded(Verona, out _);
            await _cache.FindAsync(Rooms);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public async Task Domain_ThatIsNothing_IsAskedForOnceInAWhile_AndCostsOneEntry()
    {
        Assert.Null(await FindAsync(Rooms));
        Assert.Null(await FindAsync(Rooms));
        Assert.Equal([$"host {Rooms}", $"owner {Rooms}"], _asked);
        Assert.Equal(1, _cache.AbsentCount);

        _clock.Advance(HostSettingsCache.AbsentFor);
        Has(Verona, 1, Rooms);
        Assert.NotNull(await FindAsync(Rooms));
        Assert.Equal(0, _cache.AbsentCount);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Apply_ThatAddsAComponent_IsSeenAtOnce(bool isHostLoaded)
    {
        Has(Verona, 1);
        if (isHostLoaded)
        {
            await _cache.GetAsync(Verona);
        }

        Assert.Null(await FindAsync(Rooms));
        _cache.Apply(Has(Verona, 2, Rooms));

        Assert.Equal(isHostLoaded, _cache.TryFindLoaded(Rooms, out _));
        Assert.Equal(2, (await FindAsync(Rooms))!.Value.Host.Version);
    }

    [Fact]
    public async Task Apply_ThatRemovesAComponent_MakesItUnknown()
    {
        Has(Verona, 1, Rooms);
        await FindAsync(Rooms);
        var changes = Watch();

        _owners.Clear();
        _cache.Apply(Has(Verona, 2));

        Assert.False(_cache.TryFindLoaded(Rooms, out _));
        Assert.Null(await FindAsync(Rooms));
        Assert.Equal((Verona, 2L), Assert.Single(changes));
    }

    [Fact]
    public async Task Apply_SwapsTheHostOfItsComponentsToo()
    {
        Has(Verona, 1, Rooms);
        await FindAsync(Rooms);
        var changes = Watch();

        _cache.Apply(new HostDocument(Verona, 2, $$"""{ "enabled": false, "components": { "{{Rooms}}": { "type": "muc", "name": "new" } } }""", HostSource.Api));

        Assert.True(_cache.TryFindLoaded(Rooms, out var found));
        Assert.Equal((2, false, "new"), (found.Host.Version, found.Host.Enabled, found.Component!.Name));
        Assert.Equal((Verona, 2L), Assert.Single(changes));
        _cache.Apply(Has(Verona, 1));
        Assert.Equal(found, await FindAsync(Rooms));
    }

    [Fact]
    public async Task Apply_OfARemoval_TakesTheComponentsAlong()
    {
        Has(Verona, 1, Rooms);
        await FindAsync(Rooms);
        var changes = Watch();

        _owners.Clear();
        _cache.Apply(new HostDocument(Verona, 2, null, HostSource.Api));

        Assert.False(_cache.TryFindLoaded(Rooms, out _) || _cache.TryFindLoaded(Verona, out _));
        Assert.Null(await FindAsync(Rooms));
        Assert.Equal((Verona, null), Assert.Single(changes));
    }

    [Fact]
    public async Task Component_ThatTheDocumentNamesAndTheHostHasNot_IsNotThere()
    {
        Has(Verona, 1, Rooms, "other.example");
        _documents[Verona] = _documents[Verona] with { LeftOut = [Rooms] };
        _owners.TryRemove(Rooms, out _);

        var settings = await _cache.GetAsync(Verona);

        Assert.Equal("other.example", Assert.Single(settings!.Components).Key);
        Assert.Null(await FindAsync(Rooms));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Component_ThatMovesToAnotherHost_IsThereAfterwards(bool isTakenFirst)
    {
        Has(Elsinore, 1);
        Has(Verona, 1, Rooms);
        await FindAsync(Rooms);
        await _cache.GetAsync(Elsinore);

        var given = Has(Verona, 2);
        var taken = Has(Elsinore, 2, Rooms);
        foreach (var document in isTakenFirst ? new[] { taken, given } : [given, taken])
        {
            _cache.Apply(document);
        }

        Assert.Equal(Elsinore, (await FindAsync(Rooms))!.Value.Host.Domain);
    }

    [Fact]
    public async Task Host_OfTheDomainOfAComponent_GoesBeforeIt()
    {
        Has(Verona, 1, Rooms);
        await FindAsync(Rooms);

        _cache.Apply(Has(Rooms, 5));
        Assert.Null((await FindAsync(Rooms))!.Value.Component);
        Assert.Equal(5, (await _cache.GetAsync(Rooms))!.Version);

        _documents.TryRemove(Rooms, out _);
        _cache.Apply(new HostDocument(Rooms, 6, null, HostSource.File));
        _clock.Advance(HostSettingsCache.AbsentFor);
        Assert.Equal(Verona, (await FindAsync(Rooms))!.Value.Host.Domain);
    }

    [Fact]
    public async Task Apply_WhileTheOwnerIsAskedFor_WinsOverTheAnswer()
    {
        Has(Verona, 1);
        await _cache.GetAsync(Verona);
        var (asked, gate) = (new TaskCompletionSource(), new TaskCompletionSource());
        _beforeOwner = _ =>
        {
            asked.TrySetResult();
            return gate.Task;
        };

        var finding = FindAsync(Rooms);
        await asked.Task.WaitAsync(Soon);
        _cache.Apply(Document(Verona, 2, Rooms));
        gate.SetResult();

        Assert.Equal(2, (await finding)!.Value.Host.Version);
    }

    [Fact]
    public async Task Apply_OfAHostNobodyAskedFor_WhileTheOwnerIsAskedFor_HasItAskedForAgain()
    {
        var (asked, gate) = (new TaskCompletionSource(), new TaskCompletionSource());
        _beforeOwner = _ =>
        {
            asked.TrySetResult();
            return gate.Task;
        };
        var finding = FindAsync(Rooms);
        await asked.Task.WaitAsync(Soon);

        // The answer that is under way is that the domain is nobody's.
        _beforeOwner = _ => Task.CompletedTask;
        _cache.Apply(Has(Verona, 1, Rooms));
        gate.SetResult();

        Assert.Equal(Verona, (await finding)!.Value.Host.Domain);
        Assert.Equal(2, _asked.Count(question => question == $"owner {Rooms}"));
    }

    [Fact]
    public async Task Removal_WhileTheHostIsAskedFor_LeavesNoComponent()
    {
        Has(Verona, 1, Rooms);
        var (asked, gate) = (new TaskCompletionSource(), new TaskCompletionSource());
        _beforeHost = domain =>
        {
            if (domain != Verona)
            {
                return Task.CompletedTask;
            }

            asked.TrySetResult();
            return gate.Task;
        };

        var finding = FindAsync(Rooms);
        await asked.Task.WaitAsync(Soon);
        _cache.Apply(new HostDocument(Verona, 9, null, HostSource.Api));
        gate.SetResult();

        Assert.Null(await finding);
        Assert.False(_cache.TryFindLoaded(Rooms, out _) || _cache.TryFindLoaded(Verona, out _));
    }

    [Fact]
    public async Task Failure_OfAnyGrain_IsNoAnswer()
    {
        Has(Verona, 1, Rooms);
        _beforeOwner = _ => Task.FromException(new TimeoutException());
        await Assert.ThrowsAsync<TimeoutException>(() => FindAsync(Rooms));

        _beforeOwner = _ => Task.CompletedTask;
        _beforeHost = domain => domain == Verona ? Task.FromException(new TimeoutException()) : Task.CompletedTask;
        await Assert.ThrowsAsync<TimeoutException>(() => FindAsync(Rooms));

        _beforeHost = _ => Task.CompletedTask;
        Assert.NotNull(await FindAsync(Rooms));
    }

    [Fact]
    public async Task Domains_ThatAreSaidToOwnEachOther_AreNotWaitedForInACircle()
    {
        _owners[Verona] = Elsinore;
        _owners[Elsinore] = Verona;

        Assert.Equal([null, null], await Task.WhenAll(FindAsync(Verona), FindAsync(Elsinore)));
    }

    [Fact]
    public async Task Finds_OfManyComponents_WhileAllOfThemWaitForTheirHosts_End()
    {
        var hosts = Enumerable.Range(0, 1000).Select(i => $"h{i}.example").ToArray();
        foreach (var host in hosts)
        {
            Has(host, 1, $"rooms.{host}");
        }

        var found = await Task.WhenAll(hosts.Select(host => FindAsync($"rooms.{host}")));

        Assert.Equal(hosts, found.Select(each => each!.Value.Host.Domain));
    }

    private static HostDocument Document(string host, long version, params string[] components) => new(
        host, version, $$"""{ "components": { {{string.Join(", ", components.Select(domain => $$"""  "{{domain}}": { "type": "muc" }  """))}} } }""", HostSource.Api);

    /// <summary>What the grains say from now on.</summary>
    private HostDocument Has(string host, long version, params string[] components)
    {
        var document = _documents[host] = Document(host, version, components);
        foreach (var component in components)
        {
            _owners[component] = host;
        }

        return document;
    }

    private async Task<HostDocument> HostAsync(string domain)
    {
        _asked.Enqueue($"host {domain}");
        var answer = _documents.GetValueOrDefault(domain) ?? new HostDocument(domain, 0, null, HostSource.Api);
        await _beforeHost(domain);
        return answer;
    }

    private async Task<string?> OwnerAsync(string domain)
    {
        _asked.Enqueue($"owner {domain}");
        var answer = _owners.GetValueOrDefault(domain);
        await _beforeOwner(domain);
        return answer;
    }

    private Task<HostedDomain?> FindAsync(string domain) => _cache.FindAsync(domain).AsTask().WaitAsync(Soon);

    private List<(string Domain, long? Version)> Watch()
    {
        var changes = new List<(string, long?)>();
        _cache.Changed += (domain, settings) => changes.Add((domain, settings?.Version));
        return changes;
    }
}
