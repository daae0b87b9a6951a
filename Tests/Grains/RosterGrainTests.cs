using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Krewe.Contracts.Rosters;
using Krewe.Tests.Support;

namespace Krewe.Tests.Grains;

/// <summary>The roster grain over a real hook: when it is asked, and what its answers do.</summary>
public sealed class RosterGrainTests(RosterSilo silo) : IClassFixture<RosterSilo>, IAsyncLifetime
{
    private const string Two = """{"juliet@x.example":{"name":"J","groups":["Capulets"]},"nurse@x.example":{"subscription":"to"}}""";

    private HookServer _hook = null!;

    private DateTimeOffset Now => silo.Time.GetUtcNow();

    public async Task InitializeAsync() => _hook = await HookServer.StartAsync();

    public async Task DisposeAsync() => await _hook.DisposeAsync();

    [Fact]
    public async Task Get_FirstNeed_AsksTheHookWithTheEncodedLocalpart()
    {
        _hook.Answers(Two);
        var host = silo.AddHost(_hook, http => http with { AuthorizationHeader = "Bearer s3cret" });

        var answer = await silo.Roster(host, "zoë").GetAsync(Now);

        Assert.Equal(RosterOutcome.Fresh, answer.Outcome);
        Assert.Equal(["juliet@x.example", "nurse@x.example"], Jids(answer.Roster));
        Assert.Equal(SubscriptionState.To, answer.Roster!.SubscriptionOf("nurse@x.example"));
        var request = await _hook.NextRequestAsync();
        Assert.Equal(("GET", "/contacts/zo%C3%AB", "Bearer s3cret"), (request.Method, request.Target, request.Headers["Authorization"]));
    }

    [Fact]
    public async Task Get_TwentyAtOnce_AreOneCall()
    {
        var gate = _hook.AnswersBehindGate(Two);
        var roster = silo.Roster(silo.AddHost(_hook));
        var since = Now;

        var gets = Enumerable.Range(0, 20).Select(_ => roster.GetAsync(since)).ToArray();
        await _hook.NextRequestAsync();
        gate.SetResult();
        var answers = await Task.WhenAll(gets).WaitAsync(Timeouts.Test);

        Assert.All(answers, answer => Assert.Equal(RosterOutcome.Fresh, answer.Outcome));
        Assert.Single(answers.Select(answer => answer.Roster!.Version).Distinct());
        Assert.Single(_hook.Requests);
    }

    [Fact]
    public async Task Get_AgainInTheSameRunOfSessions_AsksNoMore()
    {
        _hook.Answers(Two);
        var roster = silo.Roster(silo.AddHost(_hook));
        var since = Now;

        await roster.GetAsync(since);
        await roster.GetAsync(since);

        Assert.Single(_hook.Requests);
    }

    [Fact]
    public async Task Get_WhenTheSessionsClockIsAhead_AsksOnceAllTheSame()
    {
        _hook.Answers(Two);
        var roster = silo.Roster(silo.AddHost(_hook));
        var ahead = Now + TimeSpan.FromSeconds(30);

        await roster.GetAsync(ahead);
        await roster.GetAsync(ahead);

        Assert.Single(_hook.Requests);
    }

    [Fact]
    public async Task Get_InANewRunOfSessions_AsksAnew()
    {
        _hook.Answers(Two);
        var roster = silo.Roster(silo.AddHost(_hook));

        await roster.GetAsync(Now);
        silo.Time.Forward(TimeSpan.FromSeconds(1));
        _hook.Answers("""{"paris@x.example":{}}""");
        var answer = await roster.GetAsync(Now);

        Assert.Equal((RosterOutcome.Fresh, 2), (answer.Outcome, _hook.Requests.Count));
        Assert.Equal(["paris@x.example"], Jids(answer.Roster));
    }

    [Fact]
    public async Task Get_WithinFreshFor_AsksNoMore()
    {
        _hook.Answers(Two);
        var roster = silo.Roster(silo.AddHost(_hook, http => http with { FreshFor = TimeSpan.FromMinutes(10) }));

        await roster.GetAsync(Now);
        silo.Time.Forward(TimeSpan.FromMinutes(9));
        Assert.Equal(RosterOutcome.Fresh, (await roster.GetAsync(Now)).Outcome);
        Assert.Single(_hook.Requests);

        silo.Time.Forward(TimeSpan.FromMinutes(2));
        await roster.GetAsync(Now);
        Assert.Equal(2, _hook.Requests.Count);
    }

    [Fact]
    public async Task Get_Invalidated_AsksThoughFresh()
    {
        _hook.Answers(Two);
        var roster = silo.Roster(silo.AddHost(_hook, http => http with { FreshFor = TimeSpan.FromMinutes(10) }));
        var since = Now;

        await roster.GetAsync(since);
        await roster.InvalidateAsync();
        Assert.True((await roster.StatusAsync()).IsStale);
        await roster.GetAsync(since);

        Assert.Equal(2, _hook.Requests.Count);
        Assert.False((await roster.StatusAsync()).IsStale);
    }

    [Fact]
    public async Task Get_InvalidatedWhileAFetchIsUnderWay_AsksAgain()
    {
        var gate = _hook.AnswersBehindGate(Two);
        var roster = silo.Roster(silo.AddHost(_hook));
        var since = Now;
        var first = roster.GetAsync(since);
        await _hook.NextRequestAsync();
        _hook.Answers("{}");
        gate.SetResult();
        await first;

        gate = _hook.AnswersBehindGate(Two);
        var second = roster.RevalidateAsync();
        await _hook.NextRequestAsync();
        await roster.InvalidateAsync();
        gate.SetResult();
        await second;

        Assert.True((await roster.StatusAsync()).IsStale);
    }

    [Fact]
    public async Task Get_SlowHookWithACopy_ServesItAfterTheWaitAndTheAnswerFollows()
    {
        _hook.Answers(Two);
        var roster = silo.Roster(silo.AddHost(_hook, http => http with { Wait = TimeSpan.FromMilliseconds(50) }));
        var first = await roster.GetAsync(Now);
        silo.Time.Forward(TimeSpan.FromSeconds(1));
        var gate = _hook.AnswersBehindGate("""{"juliet@x.example":{"name":"J","groups":["Capulets"]},"paris@x.example":{}}""");

        var stale = await roster.GetAsync(Now).WaitAsync(Timeouts.Test);

        Assert.Equal(RosterOutcome.Stale, stale.Outcome);
        Assert.Equal(first.Roster!.Version, stale.Roster!.Version);
        var followed = roster.AwaitFetchAsync();
        Assert.False(followed.IsCompleted);
        gate.SetResult();
        var revalidation = await followed.WaitAsync(Timeouts.Test);
        Assert.Equal(first.Roster.Version, revalidation.Changes!.FromVersion);
        Assert.Equal(["nurse@x.example", "paris@x.example"], revalidation.Changes.Changes.Select(change => change.Jid.Bare));
        Assert.Equal(2, _hook.Requests.Count);

        // Whoever comes after the fetch is told what it brought, without another.
        var late = await roster.AwaitFetchAsync();
        Assert.Equal(first.Roster.Version, late.Changes!.FromVersion);
        Assert.Equal(revalidation.Changes.Roster.Version, late.Changes.Roster.Version);
        Assert.Equal(2, _hook.Requests.Count);
    }

    [Fact]
    public async Task Get_SlowHookWithoutACopy_WaitsForTheHook()
    {
        var gate = _hook.AnswersBehindGate(Two);
        var roster = silo.Roster(silo.AddHost(_hook, http => http with { Wait = TimeSpan.Zero }));

        var get = roster.GetAsync(Now);
        await _hook.NextRequestAsync();
        gate.SetResult();

        Assert.Equal(RosterOutcome.Fresh, (await get.WaitAsync(Timeouts.Test)).Outcome);
    }

    [Fact]
    public async Task NotModified_KeepsTheRosterAndCountsAsFresh()
    {
        _hook.Answers(Two, etag: "\"v1\"");
        var roster = silo.Roster(silo.AddHost(_hook));
        var first = await roster.GetAsync(Now);
        silo.Time.Forward(TimeSpan.FromSeconds(1));
        var since = Now;

        _hook.Answers("", 304);
        var second = await roster.GetAsync(since);
        await roster.GetAsync(since);

        Assert.Equal((RosterOutcome.Fresh, first.Roster!.Version), (second.Outcome, second.Roster!.Version));
        Assert.Equal(["", "\"v1\""], _hook.Requests.Select(request => request.Headers.GetValueOrDefault("If-None-Match", "")));
    }

    [Fact]
    public async Task ETag_OfAnotherUrl_IsNotSent()
    {
        _hook.Answers(Two, etag: "\"v1\"");
        var host = silo.AddHost(_hook);
        var roster = silo.Roster(host);
        var since = Now;
        await roster.GetAsync(since);

        silo.Hosts.Set(host with { HttpRoster = host.HttpRoster! with { Url = $"{_hook.Url}/other/%s" } });
        await roster.GetAsync(since);

        Assert.Equal(["/contacts/romeo", "/other/romeo"], _hook.Requests.Select(request => request.Target));
        Assert.DoesNotContain("If-None-Match", _hook.Requests.Last().Headers.Keys);
    }

    [Fact]
    public async Task Revalidate_WhileAFetchIsUnderWay_BeginsExactlyOneMore()
    {
        var gate = _hook.AnswersBehindGate(Two);
        var roster = silo.Roster(silo.AddHost(_hook));
        var get = roster.GetAsync(Now);
        await _hook.NextRequestAsync();

        var revalidations = Enumerable.Range(0, 20).Select(_ => roster.RevalidateAsync()).ToArray();
        await roster.StatusAsync();
        _hook.Answers("""{"paris@x.example":{}}""");
        gate.SetResult();
        await get;
        var results = await Task.WhenAll(revalidations).WaitAsync(Timeouts.Test);

        Assert.Equal(2, _hook.Requests.Count);
        Assert.All(results, result => Assert.Equal(["paris@x.example"], Jids(result.Changes!.Roster)));
    }

    [Fact]
    public async Task Revalidate_Changes_HaveAVersionEachAndCanBeAskedForLater()
    {
        _hook.Answers(Two);
        var roster = silo.Roster(silo.AddHost(_hook));
        var first = (await roster.GetAsync(Now)).Roster!;

        _hook.Answers("""{"juliet@x.example":{"name":"Juliet"},"paris@x.example":{}}""");
        var set = (await roster.RevalidateAsync()).Changes!;

        Assert.Equal(3, set.Changes.Select(change => change.Version).Distinct().Count());
        Assert.Equal((first.Version, set.Changes[^1].Version), (set.FromVersion, set.Roster.Version));
        Assert.Equal(set.Roster.Version, (await roster.GetAsync(DateTimeOffset.MinValue)).Roster!.Version);
        Assert.Equal(3, (await roster.ChangesSinceAsync(first.Version)).Changes.Length);
        Assert.Single((await roster.ChangesSinceAsync(set.Changes[1].Version)).Changes);
        Assert.Empty((await roster.ChangesSinceAsync(set.Roster.Version)).Changes);
        var unknown = await roster.ChangesSinceAsync("nothing.1");
        Assert.NotEqual("nothing.1", unknown.FromVersion);
        Assert.Equal(set.Roster.Version, unknown.Roster.Version);
    }

    [Fact]
    public async Task Revalidate_SkippedEntries_AreNamed()
    {
        _hook.Answers("""{"juliet@x.example":{},"bad name@":{},"nurse@x.example":{"name":7}}""");
        var roster = silo.Roster(silo.AddHost(_hook));

        var revalidation = await roster.RevalidateAsync();

        Assert.Equal(["juliet@x.example"], Jids(revalidation.Changes!.Roster));
        Assert.Equal([("bad name@", "bad JID"), ("nurse@x.example", "bad name")], revalidation.Skipped.Select(skipped => (skipped.Jid, skipped.Reason)));
        Assert.Equal(2, (await roster.StatusAsync()).Skipped.Length);
    }

    [Fact]
    public async Task Users_DoNotWaitForEachOther()
    {
        var host = silo.AddHost(_hook);
        _hook.Hangs();
        var stuck = silo.Roster(host, "stuck").GetAsync(Now);
        await _hook.NextRequestAsync();
        _hook.Answers(Two);

        Assert.Equal(RosterOutcome.Fresh, (await silo.Roster(host, "other").GetAsync(Now).WaitAsync(Timeouts.Test)).Outcome);
        Assert.False(stuck.IsCompleted);
    }

    [Fact]
    public async Task Readers_OfOneUser_AreAnsweredWhileTheHookIsSlow()
    {
        var gate = _hook.AnswersBehindGate(Two);
        var roster = silo.Roster(silo.AddHost(_hook));
        var get = roster.GetAsync(Now);
        await _hook.NextRequestAsync();

        await roster.StatusAsync().WaitAsync(Timeouts.Test);
        await roster.ChangesSinceAsync("x").WaitAsync(Timeouts.Test);
        Assert.Empty(await roster.PendingRequestsAsync().WaitAsync(Timeouts.Test));
        Assert.False(get.IsCompleted);
        gate.SetResult();
        await get;
    }

    [Fact]
    public async Task EveryOrigin_OfARoster_IsCounted()
    {
        var host = silo.AddHost(_hook, http => http with { FreshFor = TimeSpan.FromMinutes(1) });
        var counted = new ConcurrentQueue<string>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, me) =>
        {
            if (instrument is { Meter.Name: "Krewe.Grains", Name: "krewe.roster.cache" })
            {
                me.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, _, tags, _) =>
        {
            var all = tags.ToArray().ToDictionary(tag => tag.Key, tag => tag.Value as string);
            if (all["host"] == host.Domain)
            {
                counted.Enqueue(all["result"]!);
            }
        });
        listener.Start();

        _hook.Answers(Two, etag: "\"v1\"");
        await silo.Roster(host).GetAsync(Now);
        await silo.Roster(host).GetAsync(Now);
        _hook.Answers("", 304);
        await silo.Roster(host).RevalidateAsync();
        _hook.Answers("", 500);
        silo.Time.Forward(TimeSpan.FromMinutes(2));
        await silo.Roster(host).GetAsync(Now);

        Assert.Equal(["fetch", "hit", "not_modified", "failed", "stale"], counted);
    }

    private static IEnumerable<string> Jids(RosterSnapshot? roster) => roster!.Items.Select(item => item.Jid.Bare);
}
