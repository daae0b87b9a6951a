using Krewe.Contracts.Accounts;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Rosters;
using Krewe.Contracts.Stanzas;
using Krewe.Grains.Rosters;
using Krewe.Tests.Support;

namespace Krewe.Tests.Grains;

/// <summary>Changes over XMPP: RFC 6121 §2.3 to §2.5 and §3 in a roster that the host keeps, and none at all in one that it does not.</summary>
public sealed class OwnRosterTests(RosterSilo silo) : IClassFixture<RosterSilo>
{
    private static readonly Jid Juliet = Jid.Parse("juliet@x.example");

    private readonly HostSettings _host = silo.AddHost();

    private IRosterGrain Roster => silo.Roster(_host);

    [Fact]
    public async Task Set_NewItem_IsNoneAndSorted()
    {
        var update = await Roster.SetAsync(new(Jid.Parse("juliet@x.example/balcony"), false, "J", ["b", "a"]));

        Assert.Null(update.Error);
        var change = Assert.Single(update.Changes!.Changes);
        Assert.Null(change.Before);
        Assert.Equal(new RosterItem(Juliet, "J", SubscriptionState.None, false, false, ["a", "b"]), change.After);
        Assert.Equal(change.Version, (await Roster.GetAsync(DateTimeOffset.MaxValue)).Roster!.Version);
    }

    [Fact]
    public async Task Set_ExistingItem_IsReplacedAsAWholeButKeepsItsSubscription()
    {
        await Roster.SetAsync(new(Juliet, false, "J", ["a"]));
        await Roster.OutboundAsync(StanzaType.Subscribe, Juliet);
        var update = await Roster.SetAsync(new(Juliet, false, "", []));

        Assert.Equal(new RosterItem(Juliet, null, SubscriptionState.None, true, false, []), Assert.Single(update.Changes!.Changes).After);
    }

    /// <summary>RFC 4505: nothing is kept for a user without an identity, and nobody is asked about him.</summary>
    [Fact]
    public async Task AnonymousUser_HasAnEmptyRoster_ThatNothingComesInto()
    {
        await using var hook = await HookServer.StartAsync();
        hook.Answers("""{"juliet@x.example":{}}""");
        HostSettings[] hosts = [silo.AddHost(With), silo.AddHost(host => With(host) with { HttpRoster = new() { Url = $"{hook.Url}/%s" } })];
        foreach (var host in hosts)
        {
            var user = AnonymousUsers.New(host.Domain);
            var roster = silo.Grains.Roster(user);
            Assert.Equal(StanzaErrorCondition.NotAllowed, (await roster.SetAsync(new(Juliet, false, null, []))).Error?.Condition);
            Assert.Equal(StanzaErrorCondition.NotAllowed, (await roster.OutboundAsync(StanzaType.Subscribe, Juliet)).Error?.Condition);
            var inbound = await roster.InboundAsync(new StanzaFrame(StanzaKind.Presence, StanzaType.Subscribe, Juliet, user, null, default, 0));
            Assert.False(inbound.Deliver || inbound.Reply is not null || inbound.Changes is not null);
            Assert.Null((await roster.RevalidateAsync()).Error);
            var answer = await roster.GetAsync(DateTimeOffset.MaxValue);
            Assert.Equal(RosterOutcome.Fresh, answer.Outcome);
            Assert.Empty(answer.Roster!.Items);
        }

        Assert.Empty(hook.Requests);

        static HostSettings With(HostSettings host) => host with { Authentication = [HostAuthentication.Anonymous] };
    }

    [Fact]
    public async Task Set_SameAgain_IsPushedAgain()
    {
        await Roster.SetAsync(new(Juliet, false, "J", []));

        Assert.Single((await Roster.SetAsync(new(Juliet, false, "J", []))).Changes!.Changes);
    }

    [Fact]
    public async Task Set_BadItems_AreRefusedByTheRightCondition()
    {
        var long1024 = new string('x', 1024);

        Assert.Equal(StanzaError.BadRequest, await ErrorAsync(new(Juliet, false, null, ["a", "a"])));
        Assert.Equal(StanzaError.NotAcceptable, await ErrorAsync(new(Juliet, false, null, [""])));
        Assert.Equal(StanzaError.NotAcceptable, await ErrorAsync(new(Juliet, false, null, [long1024])));
        Assert.Equal(StanzaError.NotAcceptable, await ErrorAsync(new(Juliet, false, long1024, [])));
        Assert.Equal(StanzaError.ItemNotFound, await ErrorAsync(new(Juliet, true, null, [])));
        Assert.Equal(StanzaError.NotAllowed, await ErrorAsync(new(Jid.Parse($"romeo@{_host.Domain}"), false, null, [])));
        Assert.Empty((await Roster.GetAsync(DateTimeOffset.MinValue)).Roster!.Items);
    }

    [Fact]
    public async Task Set_OverTheLimit_IsRefused()
    {
        var host = silo.AddHost(host => host with { Limits = new() { RosterItems = 1 } });
        await silo.Roster(host).SetAsync(new(Juliet, false, null, []));

        Assert.Equal(StanzaError.ResourceConstraint, (await silo.Roster(host).SetAsync(new(Jid.Parse("p@x.example"), false, null, []))).Error);
        Assert.Equal(StanzaError.ResourceConstraint, (await silo.Roster(host).OutboundAsync(StanzaType.Subscribe, Jid.Parse("p@x.example"))).Error);
        Assert.Null((await silo.Roster(host).SetAsync(new(Juliet, false, "still", []))).Error);
    }

    [Fact]
    public async Task Remove_EndsBothSubscriptions()
    {
        await BecomeBothAsync();

        var update = await Roster.SetAsync(new(Juliet, true, null, []));

        Assert.Equal([StanzaType.Unsubscribe, StanzaType.Unsubscribed], update.Route.ToArray());
        Assert.Null(Assert.Single(update.Changes!.Changes).After);
        Assert.Empty((await Roster.GetAsync(DateTimeOffset.MinValue)).Roster!.Items);
    }

    [Fact]
    public async Task Remove_OfAPlainItem_TellsNobody()
    {
        await Roster.SetAsync(new(Juliet, false, null, []));

        Assert.Empty((await Roster.SetAsync(new(Juliet, true, null, []))).Route);
    }

    [Fact]
    public async Task Request_FromAStranger_IsKeptShownOnceAndNoItem()
    {
        var first = await InboundAsync(StanzaType.Subscribe);
        var again = await InboundAsync(StanzaType.Subscribe);

        Assert.Equal((true, false), (first.Deliver, first.IsBeforePush));
        Assert.Null(first.Changes);
        Assert.False(again.Deliver);
        Assert.Single(await Roster.PendingRequestsAsync());
        Assert.Empty((await Roster.GetAsync(DateTimeOffset.MinValue)).Roster!.Items);

        // Added meanwhile, it is an item as any other, and the request still waits.
        await Roster.SetAsync(new(Juliet, false, null, []));
        Assert.True(Assert.Single((await Roster.GetAsync(DateTimeOffset.MinValue)).Roster!.Items).IsShown);
        Assert.Single(await Roster.PendingRequestsAsync());

        var approved = await Roster.OutboundAsync(StanzaType.Subscribed, Juliet);
        Assert.Equal([StanzaType.Subscribed], approved.Route.ToArray());
        Assert.Equal(SubscriptionState.From, approved.Changes!.Roster.SubscriptionOf(Juliet.Bare));
        Assert.Empty(await Roster.PendingRequestsAsync());
    }

    [Fact]
    public async Task Request_ThatIsRefused_LeavesNothing()
    {
        await InboundAsync(StanzaType.Subscribe);

        var refused = await Roster.OutboundAsync(StanzaType.Unsubscribed, Juliet);

        Assert.Equal([StanzaType.Unsubscribed], refused.Route.ToArray());
        Assert.Null(refused.Changes);
        Assert.Empty(await Roster.PendingRequestsAsync());
        Assert.Equal("0.0", (await Roster.GetAsync(DateTimeOffset.MinValue)).Roster!.Version);
    }

    [Fact]
    public async Task Requests_BeyondTheBound_AreIgnored()
    {
        for (var i = 0; i < RosterCopy.PendingRequestsMax; i++)
        {
            Assert.True((await InboundAsync(StanzaType.Subscribe, Jid.Parse($"s{i}@x.example"))).Deliver);
        }

        Assert.False((await InboundAsync(StanzaType.Subscribe)).Deliver);
        Assert.Equal(RosterCopy.PendingRequestsMax, (await Roster.PendingRequestsAsync()).Length);
    }

    [Fact]
    public async Task Approval_ThatWasAskedFor_IsDeliveredBeforeThePush()
    {
        var asked = await Roster.OutboundAsync(StanzaType.Subscribe, Juliet);
        Assert.True(Assert.Single(asked.Changes!.Changes).After!.Ask);
        Assert.Equal([StanzaType.Subscribe], asked.Route.ToArray());

        var approved = await InboundAsync(StanzaType.Subscribed);

        Assert.Equal((true, true, null), (approved.Deliver, approved.IsBeforePush, approved.Reply));
        Assert.Equal((SubscriptionState.To, false), (approved.Changes!.Changes[0].After!.Subscription, approved.Changes.Changes[0].After!.Ask));
        Assert.Equal((false, null), ((await InboundAsync(StanzaType.Subscribed)).Deliver, (await InboundAsync(StanzaType.Subscribed)).Changes));
    }

    [Fact]
    public async Task Unsubscribe_OfWhoIsSubscribed_IsDeliveredAndAnswered()
    {
        await BecomeBothAsync();
        Assert.Equal(StanzaType.Subscribed, (await InboundAsync(StanzaType.Subscribe)).Reply);

        var update = await InboundAsync(StanzaType.Unsubscribe);

        Assert.Equal((true, true, StanzaType.Unsubscribed), (update.Deliver, update.IsBeforePush, update.Reply!.Value));
        Assert.Equal(SubscriptionState.To, update.Changes!.Roster.SubscriptionOf(Juliet.Bare));
    }

    [Theory]
    [InlineData("to", StanzaType.Subscribe, false)]
    [InlineData("both", StanzaType.Subscribe, false)]
    [InlineData("from", StanzaType.Subscribe, true)]
    [InlineData("none", StanzaType.Subscribe, true)]
    [InlineData(null, StanzaType.Subscribe, true)]
    [InlineData("both", StanzaType.Unsubscribe, true)]
    [InlineData("to", StanzaType.Unsubscribe, true)]
    [InlineData("from", StanzaType.Unsubscribe, false)]
    [InlineData(null, StanzaType.Unsubscribe, false)]
    [InlineData("both", StanzaType.Unsubscribed, true)]
    [InlineData("from", StanzaType.Unsubscribed, true)]
    [InlineData("to", StanzaType.Unsubscribed, false)]
    [InlineData(null, StanzaType.Unsubscribed, false)]
    [InlineData("both", StanzaType.Subscribed, false)]
    [InlineData("none", StanzaType.Subscribed, false)]
    [InlineData(null, StanzaType.Subscribed, false)]
    public async Task HttpRoster_OutboundSubscription_IsRefusedUnlessItWouldChangeNothing(string? subscription, StanzaType type, bool isRefused)
    {
        await using var hook = await HookServer.StartAsync();
        var roster = HttpRoster(hook, subscription);
        var version = (await roster.GetAsync(DateTimeOffset.MinValue)).Roster!.Version;

        var update = await roster.OutboundAsync(type, Jid.Parse("juliet@x.example/balcony"));

        Assert.Equal(isRefused ? StanzaError.NotAllowed with { Text = "managed externally" } : null, update.Error);
        Assert.Empty(update.Route);
        Assert.Null(update.Changes);
        Assert.Equal(version, (await roster.GetAsync(DateTimeOffset.MinValue)).Roster!.Version);
    }

    [Theory]
    [InlineData("both", StanzaType.Subscribe, StanzaType.Subscribed)]
    [InlineData("from", StanzaType.Subscribe, StanzaType.Subscribed)]
    [InlineData("to", StanzaType.Subscribe, StanzaType.Unsubscribed)]
    [InlineData("none", StanzaType.Subscribe, StanzaType.Unsubscribed)]
    [InlineData(null, StanzaType.Subscribe, StanzaType.Unsubscribed)]
    [InlineData("both", StanzaType.Subscribed, null)]
    [InlineData("both", StanzaType.Unsubscribe, null)]
    [InlineData("both", StanzaType.Unsubscribed, null)]
    [InlineData(null, StanzaType.Subscribed, null)]
    public async Task HttpRoster_InboundSubscription_IsAnsweredAndNeverDelivered(string? subscription, StanzaType type, StanzaType? reply)
    {
        await using var hook = await HookServer.StartAsync();
        var roster = HttpRoster(hook, subscription);

        // The contact's may be the first need of all.
        var update = await roster.InboundAsync(Frame(type, Juliet));

        Assert.Equal(reply, update.Reply);
        Assert.Equal((null, null, false), (update.Error, update.Changes, update.Deliver));
        Assert.Empty(await roster.PendingRequestsAsync());
    }

    [Fact]
    public async Task HttpRoster_RequestWhileTheRosterIsUnknown_IsNotRefusedInTheUsersName()
    {
        await using var hook = await HookServer.StartAsync();
        hook.Answers("", 500);

        var update = await silo.Roster(silo.AddHost(hook)).InboundAsync(Frame(StanzaType.Subscribe, Juliet));

        Assert.Equal(StanzaError.InternalServerErrorWait, update.Error);
        Assert.Null(update.Reply);
    }

    [Fact]
    public async Task HttpRoster_Set_IsNotAllowed()
    {
        await using var hook = await HookServer.StartAsync();
        var roster = HttpRoster(hook, "both");

        foreach (var set in new RosterSet[] { new(Juliet, false, "J", []), new(Juliet, true, null, []), new(Jid.Parse("new@x.example"), false, null, []) })
        {
            var update = await roster.SetAsync(set);
            Assert.Equal(StanzaError.NotAllowed with { Text = "managed externally" }, update.Error);
            Assert.Null(update.Changes);
        }

        Assert.Single((await roster.GetAsync(DateTimeOffset.MinValue)).Roster!.Items);
    }

    [Fact]
    public async Task HttpRoster_ThatWasTheHostsOwnForAWhile_ForgetsItsEntityTag()
    {
        await using var hook = await HookServer.StartAsync();
        hook.Answers("""{"juliet@x.example":{}}""", etag: "\"v1\"");
        var host = silo.AddHost(hook);
        await silo.Roster(host).GetAsync(DateTimeOffset.MaxValue);
        silo.Hosts.Set(host with { HttpRoster = null });
        await silo.Roster(host).SetAsync(new(Jid.Parse("paris@x.example"), false, null, []));
        silo.Hosts.Set(host);

        var answer = await silo.Roster(host).GetAsync(DateTimeOffset.MinValue);

        Assert.DoesNotContain("If-None-Match", hook.Requests.Last().Headers.Keys);
        Assert.Equal("juliet@x.example", Assert.Single(answer.Roster!.Items).Jid.Bare);
    }

    private async Task BecomeBothAsync()
    {
        await InboundAsync(StanzaType.Subscribe);
        await Roster.OutboundAsync(StanzaType.Subscribed, Juliet);
        await Roster.OutboundAsync(StanzaType.Subscribe, Juliet);
        await InboundAsync(StanzaType.Subscribed);
        Assert.Equal(SubscriptionState.Both, (await Roster.GetAsync(DateTimeOffset.MinValue)).Roster!.SubscriptionOf(Juliet.Bare));
    }

    private async Task<StanzaError?> ErrorAsync(RosterSet set)
    {
        var update = await Roster.SetAsync(set);
        Assert.Null(update.Changes);
        return update.Error;
    }

    private Task<RosterUpdate> InboundAsync(StanzaType type, Jid? from = null) => Roster.InboundAsync(Frame(type, from ?? Juliet));

    private IRosterGrain HttpRoster(HookServer hook, string? subscription)
    {
        hook.Answers(subscription is null ? "{}" : $$$"""{"juliet@x.example":{"subscription":"{{{subscription}}}"}}""");
        return silo.Roster(silo.AddHost(hook));
    }

    private static StanzaFrame Frame(StanzaType type, Jid from) => new(StanzaKind.Presence, type, from, null, null, "<presence/>"u8.ToArray(), 9);
}
