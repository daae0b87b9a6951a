using Krewe.Contracts.Hosts;
using Krewe.Contracts.Rosters;
using Krewe.Tests.Support;

namespace Krewe.Tests.Grains;

/// <summary>A hook that fails, in every way: the last good roster stays, everybody is answered, and only what says so empties a roster.</summary>
public sealed class RosterGrainFailureTests(RosterSilo silo) : IClassFixture<RosterSilo>, IAsyncLifetime
{
    private const string Two = """{"juliet@x.example":{"name":"J","groups":["Capulets"]},"nurse@x.example":{"subscription":"to"}}""";

    private HookServer _hook = null!;

    private DateTimeOffset Now => silo.Time.GetUtcNow();

    public async Task InitializeAsync() => _hook = await HookServer.StartAsync();

    public async Task DisposeAsync() => await _hook.DisposeAsync();

    [Fact]
    public async Task Get_FailingHook_ServesTheLastGoodCopyUntilItIsTooOld()
    {
        _hook.Answers(Two);
        var roster = silo.Roster(silo.AddHost(_hook, http => http with { StaleFor = TimeSpan.FromHours(1) }));
        var first = await roster.GetAsync(Now);
        _hook.Answers("", 500);

        silo.Time.Forward(TimeSpan.FromMinutes(59));
        var stale = await roster.GetAsync(Now);
        Assert.Equal((RosterOutcome.Stale, first.Roster!.Version), (stale.Outcome, stale.Roster!.Version));

        silo.Time.Forward(TimeSpan.FromMinutes(2));
        var failed = await roster.GetAsync(Now);
        Assert.Equal((RosterOutcome.Failed, null), (failed.Outcome, failed.Roster));

        // It was not forgotten: what comes next is compared with it.
        _hook.Answers(Two);
        Assert.Equal(first.Roster.Version, (await roster.GetAsync(Now)).Roster!.Version);
    }

    [Fact]
    public async Task AwaitFetch_JustAfterAFailure_DoesNotAskAgain()
    {
        _hook.Answers("", 500);
        var roster = silo.Roster(silo.AddHost(_hook));

        Assert.Equal(RosterOutcome.Failed, (await roster.GetAsync(Now)).Outcome);
        Assert.Equal("status 500", (await roster.AwaitFetchAsync()).Error);
        Assert.Single(_hook.Requests);

        silo.Time.Forward(TimeSpan.FromSeconds(6));
        _hook.Answers(Two);
        Assert.Equal(2, (await roster.AwaitFetchAsync()).Changes!.Changes.Length);
    }

    public static TheoryData<string> Failures => new(FailingHooks.Keys);

    private static Dictionary<string, Action<HookServer>> FailingHooks { get; } = new()
    {
        ["hang"] = hook => hook.Hangs(),
        ["drip"] = hook => hook.Drips(),
        ["close"] = hook => hook.Closes(),
        ["truncated"] = hook => hook.Truncates("{\"a@x.example\":{}"),
        ["not json"] = hook => hook.Answers("<html>oops</html>"),
        ["empty body"] = hook => hook.Answers(""),
        ["null"] = hook => hook.Answers("null"),
        ["array of JIDs"] = hook => hook.Answers("[\"a@x.example\"]"),
        ["half a document"] = hook => hook.Answers("{\"a@x.example\":{"),
        ["only bad entries"] = hook => hook.Answers("{\"@@\":{},\"a@x.example\":null}"),
        ["huge"] = hook => hook.Answers("{\"a@x.example\":{\"name\":\"" + new string('x', 5_000_000) + "\"}}"),
        ["201"] = hook => hook.Answers("{}", 201),
        ["204"] = hook => hook.Answers("", 204),
        ["302"] = hook => hook.Answers("{}", 302),
        ["304 unasked"] = hook => hook.Answers("", 304),
        ["401"] = hook => hook.Answers("{}", 401),
        ["404"] = hook => hook.Answers("{}", 404),
        ["500"] = hook => hook.Answers("{}", 500),
        ["503"] = hook => hook.Answers("[]", 503),
    };

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task AnyFailure_LeavesTheRosterAndAnswersEveryone(string failure)
    {
        _hook.Answers(Two);
        var host = silo.AddHost(_hook, http => http with { Wait = TimeSpan.FromSeconds(10) });
        var roster = silo.Roster(host);
        var before = (await roster.GetAsync(Now)).Roster!;

        FailingHooks[failure](_hook);
        if (failure is "hang" or "drip")
        {
            silo.Hosts.Set(host with { HttpRoster = host.HttpRoster! with { Timeout = TimeSpan.FromMilliseconds(300) } });
        }

        silo.Time.Forward(TimeSpan.FromSeconds(1));
        var answer = await roster.GetAsync(Now).WaitAsync(Timeouts.Test);
        var revalidation = await roster.RevalidateAsync().WaitAsync(Timeouts.Test);

        Assert.Equal((RosterOutcome.Stale, before.Version), (answer.Outcome, answer.Roster!.Version));
        Assert.Equal(2, answer.Roster.Items.Length);
        Assert.NotNull(revalidation.Error);
        Assert.Null(revalidation.Changes);
        var status = await roster.StatusAsync();
        Assert.Equal(revalidation.Error, status.LastError);
        Assert.NotNull(status.LastErrorAt);
        Assert.Equal(before.Version, status.Roster!.Version);

        silo.Hosts.Set(host);
        _hook.Answers(Two);
        var after = await roster.RevalidateAsync();
        Assert.Null(after.Error);
        Assert.Empty(after.Changes!.Changes);
    }

    [Fact]
    public async Task AnyFailure_WithoutACopy_IsFailedAndTheNextNeedAsksAgain()
    {
        _hook.Answers("", 500);
        var roster = silo.Roster(silo.AddHost(_hook));
        var since = Now;

        var failed = await roster.GetAsync(since);
        _hook.Answers(Two);
        var good = await roster.GetAsync(since);

        Assert.Equal((RosterOutcome.Failed, null), (failed.Outcome, failed.Roster));
        Assert.Equal(RosterOutcome.Fresh, good.Outcome);
    }

    [Fact]
    public async Task ConnectionRefused_AndRefusedEgress_AreFailures()
    {
        var url = $"http://127.0.0.1:{_hook.Port}/%s";
        await _hook.DisposeAsync();

        var refused = await silo.Roster(silo.AddHost(url)).RevalidateAsync().WaitAsync(Timeouts.Test);
        var forbidden = await silo.Roster(silo.AddHost("http://[::1]/%s")).RevalidateAsync().WaitAsync(Timeouts.Test);
        var noUrl = await silo.Roster(silo.AddHost("ftp://x.example/%s")).RevalidateAsync().WaitAsync(Timeouts.Test);

        Assert.Equal("connect-failed", refused.Error);
        Assert.Equal("egress-refused", forbidden.Error);
        Assert.Equal("http_roster_url makes no URL for this user", noUrl.Error);
    }

    [Fact]
    public async Task NotFound_WithoutContacts_IsAnEmptyRoster()
    {
        _hook.Answers("", 404);
        var roster = silo.Roster(silo.AddHost(_hook));

        var answer = await roster.GetAsync(Now);

        Assert.Equal(RosterOutcome.Fresh, answer.Outcome);
        Assert.Empty(answer.Roster!.Items);
    }

    [Theory]
    [InlineData(410, "")]
    [InlineData(200, "{}")]
    [InlineData(200, "[]")]
    public async Task GoneOrAnEmptyDocument_EmptiesARoster(int status, string body)
    {
        _hook.Answers(Two);
        var roster = silo.Roster(silo.AddHost(_hook));
        await roster.GetAsync(Now);

        _hook.Answers(body, status);
        var revalidation = await roster.RevalidateAsync();

        Assert.All(revalidation.Changes!.Changes, change => Assert.Null(change.After));
        Assert.Equal(2, revalidation.Changes.Changes.Length);
        Assert.Empty(revalidation.Changes.Roster.Items);
    }

    [Fact]
    public async Task UnknownHost_IsFailed()
    {
        var roster = silo.Roster(new HostSettings { Domain = "nowhere.example", Tenant = "t" });

        Assert.Equal(RosterOutcome.Failed, (await roster.GetAsync(Now)).Outcome);
        Assert.NotNull((await roster.RevalidateAsync()).Error);
    }
}
