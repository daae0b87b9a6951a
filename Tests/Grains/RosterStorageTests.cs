using Krewe.Contracts.Addressing;
using Krewe.Contracts.Rosters;
using Krewe.Contracts.Stanzas;
using Krewe.Tests.Support;

namespace Krewe.Tests.Grains;

/// <summary>What of a roster outlives its process.</summary>
public sealed class RosterStorageTests(RosterSilo silo) : IClassFixture<RosterSilo>, IAsyncLifetime
{
    private const string Two = """{"juliet@x.example":{"name":"J","groups":["A","B"],"subscription":"from","ask":"subscribe"},"nurse@x.example":{"approved":true}}""";

    private HookServer _hook = null!;

    private DateTimeOffset Now => silo.Time.GetUtcNow();

    public async Task InitializeAsync() => _hook = await HookServer.StartAsync();

    public async Task DisposeAsync() => await _hook.DisposeAsync();

    [Fact]
    public async Task Restart_WithADeadHook_ServesTheLastGoodCopy()
    {
        _hook.Answers(Two, etag: "\"v1\"");
        var host = silo.AddHost(_hook);
        var before = (await silo.Roster(host).GetAsync(Now)).Roster!;

        await silo.RestartAsync();
        _hook.Answers("", 500);
        silo.Time.Forward(TimeSpan.FromSeconds(1));
        var after = await silo.Roster(host).GetAsync(Now);

        Assert.Equal(RosterOutcome.Stale, after.Outcome);
        Assert.Equal(before.Version, after.Roster!.Version);
        Assert.Equal(before.Items.ToArray(), after.Roster.Items.ToArray());

        // The entity tag is known too; and the first change has a version that no other content ever had.
        _hook.Answers("", 304);
        Assert.Equal(before.Version, (await silo.Roster(host).GetAsync(Now)).Roster!.Version);
        Assert.Equal("\"v1\"", _hook.Requests.Last().Headers["If-None-Match"]);
        _hook.Answers("{}");
        var changed = (await silo.Roster(host).RevalidateAsync()).Changes!.Roster;
        Assert.NotEqual(before.Version.Split('.')[0], changed.Version.Split('.')[0]);
        Assert.True(long.Parse(changed.Version.Split('.')[1]) > long.Parse(before.Version.Split('.')[1]));
    }

    [Fact]
    public async Task Erasure_BehindAFetch_KeepsItFromBeingWritten()
    {
        _hook.Answers(Two);
        var host = silo.AddHost(_hook);
        Assert.Equal(2, (await silo.Roster(host).GetAsync(Now)).Roster!.Items.Length);

        // The fetch is in memory, and would be on disk within seconds, or as the process ends.
        silo.Hosts.Set(host with { ErasedAt = Now });
        await silo.RestartAsync();
        _hook.Answers("", 500);
        Assert.Equal(RosterOutcome.Failed, (await silo.Roster(host).GetAsync(Now)).Outcome);

        // What is fetched later is written as ever.
        silo.Time.Forward(TimeSpan.FromMinutes(1));
        _hook.Answers(Two);
        Assert.Equal(RosterOutcome.Fresh, (await silo.Roster(host).GetAsync(Now)).Outcome);
        await silo.RestartAsync();
        _hook.Answers("", 500);
        silo.Time.Forward(TimeSpan.FromSeconds(1));
        Assert.Equal(RosterOutcome.Stale, (await silo.Roster(host).GetAsync(Now)).Outcome);
    }

    [Fact]
    public async Task Restart_AfterAnInvalidation_DoesNotPassForFresh()
    {
        _hook.Answers(Two);
        var host = silo.AddHost(_hook, http => http with { FreshFor = TimeSpan.FromHours(1) });
        await silo.Roster(host).GetAsync(Now);
        await silo.RestartAsync();
        await silo.Roster(host).InvalidateAsync();
        await silo.RestartAsync();

        Assert.Equal(RosterOutcome.Fresh, (await silo.Roster(host).GetAsync(Now)).Outcome);
        Assert.Equal(2, _hook.Requests.Count);
    }

    [Fact]
    public async Task Restart_WithinFreshFor_AsksNoMore()
    {
        _hook.Answers(Two);
        var host = silo.AddHost(_hook, http => http with { FreshFor = TimeSpan.FromHours(1) });
        await silo.Roster(host).GetAsync(Now);
        await silo.RestartAsync();

        Assert.Equal(RosterOutcome.Fresh, (await silo.Roster(host).GetAsync(Now)).Outcome);
        Assert.Single(_hook.Requests);
    }

    [Fact]
    public async Task Unchanged_IsNotWritten()
    {
        _hook.Answers(Two);
        var host = silo.AddHost(_hook);
        await silo.Roster(host).GetAsync(Now);
        await silo.RestartAsync();
        var writes = silo.Storage.Writes;

        await silo.Roster(host).RevalidateAsync();
        await silo.Roster(host).RevalidateAsync();
        await silo.RestartAsync();
        Assert.Equal(writes, silo.Storage.Writes);

        _hook.Answers("{}");
        await silo.Roster(host).RevalidateAsync();
        await silo.RestartAsync();
        Assert.Equal(writes + 1, silo.Storage.Writes);
    }

    [Fact]
    public async Task Changed_IsWrittenBehindWhileTheGrainLives()
    {
        _hook.Answers(Two);
        var written = silo.Storage.NextWriteAsync();
        await silo.Roster(silo.AddHost(_hook)).GetAsync(Now);

        await written.WaitAsync(Timeouts.Test);
    }

    [Fact]
    public async Task Cleared_ForgetsTheRoster()
    {
        _hook.Answers(Two);
        var host = silo.AddHost(_hook);
        await silo.Roster(host).GetAsync(Now);
        await silo.RestartAsync();
        Assert.True(silo.Storage.Holds($"romeo@{host.Domain}"));

        await silo.Roster(host).ClearAsync();
        Assert.False(silo.Storage.Holds($"romeo@{host.Domain}"));
        _hook.Answers("", 404);
        Assert.Empty((await silo.Roster(host).GetAsync(Now)).Roster!.Items);
    }

    [Fact]
    public async Task OwnRoster_IsOnDiskWhenAcknowledgedWithItsRequests()
    {
        var host = silo.AddHost();
        var writes = silo.Storage.Writes;
        await silo.Roster(host).SetAsync(new(Jid.Parse("juliet@x.example"), false, "J", ["B", "A"]));
        await silo.Roster(host).OutboundAsync(StanzaType.Subscribe, Jid.Parse("juliet@x.example"));
        byte[] xml = [.. "<presence from='paris@x.example' type='subscribe'><status>hi</status></presence>"u8];
        await silo.Roster(host).InboundAsync(new(StanzaKind.Presence, StanzaType.Subscribe, Jid.Parse("paris@x.example"), Jid.Parse($"romeo@{host.Domain}"), "s1", xml, 9));
        Assert.Equal(writes + 3, silo.Storage.Writes);

        await silo.RestartAsync();
        var item = Assert.Single((await silo.Roster(host).GetAsync(Now)).Roster!.Items);
        var request = Assert.Single(await silo.Roster(host).PendingRequestsAsync());

        Assert.Equal(new RosterItem(Jid.Parse("juliet@x.example"), "J", SubscriptionState.None, true, false, ["A", "B"]), item);
        Assert.Equal((StanzaType.Subscribe, "paris@x.example", "s1", 9), (request.Type, request.From.Bare, request.Id, request.ToEnd));
        Assert.Equal(xml, request.Xml.ToArray());
    }

    [Fact]
    public async Task OwnRoster_WriteThatFails_WasNoChange()
    {
        var host = silo.AddHost();
        await silo.Roster(host).SetAsync(new(Jid.Parse("juliet@x.example"), false, "J", []));
        silo.Storage.Fails = true;
        try
        {
            await Assert.ThrowsAnyAsync<Exception>(() => silo.Roster(host).SetAsync(new(Jid.Parse("paris@x.example"), false, null, [])));
        }
        finally
        {
            silo.Storage.Fails = false;
        }

        Assert.Equal("juliet@x.example", Assert.Single((await silo.Roster(host).GetAsync(Now)).Roster!.Items).Jid.Bare);
    }
}
