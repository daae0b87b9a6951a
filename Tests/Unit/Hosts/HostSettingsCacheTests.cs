using System.Collections.Concurrent;
using Krewe.Contracts.Hosts;
using Krewe.Tests.Support;

namespace Krewe.Tests.Unit.Hosts;

/// <summary>The snapshots of hosts: one load for all who wait, a bounded memory of what is no host, and no step back in versions.</summary>
public sealed class HostSettingsCacheTests : IDisposable
{
    private const string Verona = "verona.localhost";
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    private readonly HandClock _clock = new();
    private readonly ConcurrentDictionary<string, int> _asked = new();
    private readonly HostSettingsCache _cache;
    private Func<Task<HostDefaultsDocument>> _defaults = () => Task.FromResult(HostDefaultsDocument.Unset);
    private Func<string, Task<HostDocument>> _answer = domain => Task.FromResult(new HostDocument(domain, 0, null, HostSource.Api));

    public HostSettingsCacheTests()
    {
        var (grains, grainDouble) = GrainFactoryDouble.Create();
        grainDouble.With(domain => GrainDouble.Create<IHostGrain>((_, _) =>
        {
            _asked.AddOrUpdate(domain, 1, (_, count) => count + 1);
            return _answer(domain);
        }));
        grainDouble.With(_ => GrainDouble.Create<IHostDefaultsGrain>((_, _) => _defaults()));
        grainDouble.With(_ => GrainDouble.Create<IDomainGrain>((_, _) => Task.FromResult<string?>(null)));
        _cache = new HostSettingsCache(grains, _clock);
    }

    public void Dispose() => _cache.Dispose();

    [Fact]
    public async Task Get_ByManyAtOnce_AsksOnce()
    {
        var answer = new TaskCompletionSource<HostDocument>();
        _answer = _ => answer.Task;
        var waiting = Enumerable.Range(0, 50).Select(_ => _cache.GetAsync(Verona).AsTask()).ToArray();

        Assert.False(_cache.TryGetLoaded(Verona, out _));
        answer.SetResult(Document(1));
        var settings = await Task.WhenAll(waiting).WaitAsync(Soon);

        Assert.All(settings, each => Assert.Same(settings[0], each));
        Assert.Equal(1, _asked[Verona]);
        Assert.True(_cache.TryGetLoaded(Verona, out var loaded));
        Assert.Same(settings[0], loaded);
    }

    [Fact]
    public async Task Defaults_AreKnownBeforeAnyHost_AndTakenOnlyForwards()
    {
        var raised = new ConcurrentQueue<string>();
        _cache.Changed += (domain, settings) => raised.Enqueue($"{domain} {settings?.Limits.Rooms}");
        _answer = domain => Task.FromResult(new HostDocument(domain, 5, domain == Verona ? "{}" : null, HostSource.Api));
        var asked = new TaskCompletionSource<HostDefaultsDocument>();
        _defaults = () => asked.Task;

        var loading = _cache.GetAsync(Verona).AsTask();
        _cache.Apply(Defaults(3));
        asked.SetResult(Defaults(2));
        Assert.Equal(3, (await loading.WaitAsync(Soon))!.Limits.Rooms);

        _cache.Apply(Defaults(2));
        _cache.Apply(Defaults(3));
        Assert.Empty(raised);
        _cache.Apply(Defaults(4));
        Assert.True(_cache.TryGetLoaded(Verona, out var settings) && settings is { Limits.Rooms: 4, Version: 5 });
        _cache.Apply(new HostDocument(Verona, 6, """{ "limits": { "rooms": 1 } }""", HostSource.Api));
        _cache.Apply(Defaults(7));
        _cache.Apply(new HostDocument(Verona, 7, "{}", HostSource.Api));
        Assert.Equal([$"{Verona} 4", $"{Verona} 1", $"{Verona} 1", $"{Verona} 7"], raised);

        // What is not loaded any more is not brought back.
        _cache.Apply(new HostDocument(Verona, 8, null, HostSource.Api));
        _cache.Apply(Defaults(9));
        Assert.False(_cache.TryGetLoaded(Verona, out _));
        Assert.Equal(5, raised.Count);

        static HostDefaultsDocument Defaults(int version) => new(version, $$"""{ "limits": { "rooms": {{version}} } }""");
    }

    [Fact]
    public async Task Defaults_ThatChange_OpenNoHostThatIsBeingErased()
    {
        _answer = _ => Task.FromResult(Document(1) with { IsErasing = true, ErasedAt = DateTimeOffset.UnixEpoch });
        Assert.False((await _cache.GetAsync(Verona))!.Enabled);

        _cache.Apply(new HostDefaultsDocument(2, """{ "c2s_stanza_size_limit": 20000 }"""));

        Assert.True(_cache.TryGetLoaded(Verona, out var host));
        Assert.Equal((20000, false, true, DateTimeOffset.UnixEpoch), (host.C2SStanzaSizeLimit, host.Enabled, host.IsErasing, host.ErasedAt!.Value));
    }

    [Fact]
    public async Task Loaded_IsRaisedForEachHostThatComesToBeKnown_AndChangedForWhatHappensToItThen()
    {
        var raised = new ConcurrentQueue<string>();
        var loaded = new SemaphoreSlim(0);
        _cache.Loaded += settings =>
        {
            raised.Enqueue($"loaded {settings.Domain} {settings.Version}");
            loaded.Release();
        };
        _cache.Changed += (domain, settings) => raised.Enqueue($"changed {domain} {settings?.Version}");
        _answer = domain => Task.FromResult(domain == Verona ? Document(1) : new HostDocument(domain, 0, null, HostSource.Api));

        // What nobody has asked for is not loaded by being changed.
        _cache.Apply(Document(1));
        Assert.Null(await _cache.GetAsync("nobody.example"));
        Assert.Empty(_cache.LoadedHosts);
        Assert.NotNull(await _cache.GetAsync(Verona));
        Assert.True(await loaded.WaitAsync(Soon));
        Assert.Equal([Verona], _cache.LoadedHosts.Select(host => host.Domain));
        _cache.Apply(Document(2));
        _cache.Apply(new HostDocument(Verona, 3, null, HostSource.Api));
        Assert.Empty(_cache.LoadedHosts);

        Assert.Equal([$"loaded {Verona} 1", $"changed {Verona} 2", $"changed {Verona} "], raised);
    }

    [Fact]
    public async Task Document_ThatIsNoneByTheRulesOfToday_ClosesItsHost_UntilAGoodOneComes()
    {
        var changes = new ConcurrentQueue<HostSettings?>();
        _cache.Changed += (_, settings) => changes.Enqueue(settings);
        _answer = domain => Task.FromResult(Document(1) with { Json = """{ "once_a_key": "perhaps a secret" }""" });

        var faulty = (await _cache.GetAsync(Verona))!;
        Assert.Equal((Verona, 1, false), (faulty.Domain, faulty.Version, faulty.Enabled));
        Assert.Contains("$.once_a_key", faulty.Fault, StringComparison.Ordinal);
        Assert.DoesNotContain("perhaps", faulty.Fault, StringComparison.Ordinal);

        _cache.Apply(Document(2));
        _cache.Apply(Document(3) with { Json = "{" });
        Assert.Equal([(true, null), (false, "$")], changes.Select(settings => (settings!.Enabled, settings.Fault?.Split(' ')[0])));
    }

    [Fact]
    public async Task Host_WhoseDataIsBeingErased_IsAsIfDisabled()
    {
        var at = DateTimeOffset.UnixEpoch;
        _answer = domain => Task.FromResult(Document(1) with { IsErasing = true, ErasedAt = at });

        var closed = (await _cache.GetAsync(Verona))!;
        Assert.Equal((false, true, at), (closed.Enabled, closed.IsErasing, closed.ErasedAt));

        _cache.Apply(Document(2) with { ErasedAt = at });
        var open = (await _cache.GetAsync(Verona))!;
        Assert.Equal((true, false, at), (open.Enabled, open.IsErasing, open.ErasedAt));
    }

    [Fact]
    public async Task Get_ThatFails_FailsForAllAndIsTriedAgain()
    {
        _answer = _ => Task.FromException<HostDocument>(new TimeoutException());
        await Assert.ThrowsAsync<TimeoutException>(() => _cache.GetAsync(Verona).AsTask().WaitAsync(Soon));

        _answer = _ => Task.FromResult(Document(1));
        Assert.NotNull(await _cache.GetAsync(Verona).AsTask().WaitAsync(Soon));
    }

    [Fact]
    public async Task Domain_ThatIsNoHost_IsAskedForAgainOnlyAfterAWhile()
    {
        Assert.Null(await _cache.GetAsync(Verona));
        Assert.Null(await _cache.GetAsync(Verona));
        Assert.Equal(1, _asked[Verona]);

        _clock.Advance(HostSettingsCache.AbsentFor);
        _answer = _ => Task.FromResult(Document(1));
        Assert.NotNull(await _cache.GetAsync(Verona));
        Assert.Equal(2, _asked[Verona]);
    }

    [Fact]
    public async Task Domains_ThatAreNoHosts_AreRememberedUpToABound()
    {
        for (var i = 0; i < HostSettingsCache.AbsentMax + 500; i++)
        {
            Assert.Null(await _cache.GetAsync($"{i}.example"));
        }

        Assert.Equal(HostSettingsCache.AbsentMax, _cache.AbsentCount);
        await _cache.GetAsync("0.example");
        await _cache.GetAsync($"{HostSettingsCache.AbsentMax}.example");
        Assert.Equal((2, 1), (_asked["0.example"], _asked[$"{HostSettingsCache.AbsentMax}.example"]));
    }

    [Fact]
    public async Task Apply_OfANewHost_IsSeenAtOnceByWhoeverWasToldThatThereIsNone()
    {
        Assert.Null(await _cache.GetAsync(Verona));
        _answer = _ => Task.FromResult(Document(1));
        _cache.Apply(Document(1));

        Assert.NotNull(await _cache.GetAsync(Verona));
    }

    [Fact]
    public async Task Apply_IsTakenOnlyForwards()
    {
        var changes = Watch();
        _answer = _ => Task.FromResult(Document(2));
        await _cache.GetAsync(Verona);

        _cache.Apply(Document(1));
        _cache.Apply(Document(2));
        Assert.Empty(changes);
        _cache.Apply(Document(3, "false"));
        Assert.Equal(3, (await _cache.GetAsync(Verona))!.Version);
        Assert.False(Assert.Single(changes)!.Enabled);
    }

    [Fact]
    public async Task Apply_OfARemoval_RemovesAndTells()
    {
        var changes = Watch();
        _answer = _ => Task.FromResult(Document(2));
        await _cache.GetAsync(Verona);

        _cache.Apply(new HostDocument(Verona, 3, null, HostSource.Api));

        Assert.Null(Assert.Single(changes));
        Assert.False(_cache.TryGetLoaded(Verona, out _));
        Assert.Null(await _cache.GetAsync(Verona));
        Assert.Equal(1, _asked[Verona]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Apply_WhileAnOlderAnswerIsUnderWay_WinsOverIt(bool isRemoval)
    {
        var answer = new TaskCompletionSource<HostDocument>();
        _answer = _ => answer.Task;
        var waiting = _cache.GetAsync(Verona).AsTask();
        _cache.Apply(isRemoval ? new HostDocument(Verona, 6, null, HostSource.Api) : Document(6));
        answer.SetResult(Document(5));

        Assert.Equal(isRemoval ? null : 6, (await waiting.WaitAsync(Soon))?.Version);
        Assert.Equal(isRemoval ? null : 6, (await _cache.GetAsync(Verona).AsTask().WaitAsync(Soon))?.Version);
    }

    [Fact]
    public async Task Apply_OfAHostThatNobodyAskedFor_LoadsNothing()
    {
        _cache.Apply(Document(1));
        Assert.False(_cache.TryGetLoaded(Verona, out _));

        _answer = _ => Task.FromResult(Document(1));
        Assert.NotNull(await _cache.GetAsync(Verona));
    }

    [Fact]
    public async Task Changes_MadeByManyAtOnce_EndWithTheLatest()
    {
        _answer = _ => Task.FromResult(Document(1));
        await _cache.GetAsync(Verona);
        var changes = Watch();

        Parallel.For(2, 200, version => _cache.Apply(Document(version)));

        Assert.Equal(199, (await _cache.GetAsync(Verona))!.Version);
        var versions = changes.Select(settings => settings!.Version).ToArray();
        Assert.Equal(versions.Order(), versions);
        Assert.Equal(199, versions[^1]);
    }

    private static HostDocument Document(long version, string enabled = "true") => new(Verona, version, $$"""{ "enabled": {{enabled}} }""", HostSource.Api);

    private List<HostSettings?> Watch()
    {
        var changes = new List<HostSettings?>();
        _cache.Changed += (_, settings) => changes.Add(settings);
        return changes;
    }
}
