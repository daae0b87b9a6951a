using Krewe.Contracts.Hosts;
using Krewe.Contracts.Rosters;
using Krewe.Contracts.Sessions;
using Krewe.Contracts.Stanzas;

namespace Krewe.Tests.Grains.Sessions;

/// <summary>RFC 6121 §4: whom presence reaches. What a call caused is delivered when it returns.</summary>
public sealed class PresenceTests(SessionsSilo silo) : IClassFixture<SessionsSilo>
{
    private readonly SessionsStage _stage = new(silo);

    [Fact]
    public async Task Initial_ReachesOwnResources_AndContactsWhoMaySeeIt_AndShowsThoseInReturn()
    {
        await _stage.OnlineAsync("both/x", _stage.Roster(1, ("romeo", SubscriptionState.Both)));
        await _stage.OnlineAsync("from/x", _stage.Roster(1, ("romeo", SubscriptionState.To)));
        await _stage.OnlineAsync("to/x", _stage.Roster(1, ("romeo", SubscriptionState.From)));
        await _stage.OnlineAsync("none/x", _stage.Roster(1, ("romeo", SubscriptionState.None)));
        var roster = _stage.Roster(
            1, ("both", SubscriptionState.Both), ("from", SubscriptionState.From), ("to", SubscriptionState.To), ("none", SubscriptionState.None), ("away", SubscriptionState.Both));
        await _stage.OnlineAsync("romeo/a", roster);
        _stage.Sink.Take();

        await _stage.BindAsync("romeo/b");
        await _stage.AvailableAsync("romeo/b", roster);

        var log = _stage.Sink.Take();
        Assert.Equal(
            ["available both/x to romeo/b", "available romeo/a to romeo", "available romeo/b to romeo", "available to/x to romeo/b"],
            _stage.For("romeo/b", log).Order(StringComparer.Ordinal));
        Assert.Equal(["available romeo/b to romeo"], _stage.For("romeo/a", log));
        Assert.Equal(["available romeo/b to both"], _stage.For("both/x", log));
        Assert.Equal(["available romeo/b to from"], _stage.For("from/x", log));
        Assert.Empty(_stage.For("to/x", log));
        Assert.Empty(_stage.For("none/x", log));
    }

    [Fact]
    public async Task Contact_WhoseRosterDoesNotLetMeSee_ShowsNothing()
    {
        // RFC 6121 §4.3.2: the one who is asked decides.
        await _stage.OnlineAsync("juliet/x", _stage.Roster(1, ("romeo", SubscriptionState.To)));

        await _stage.OnlineAsync("romeo/a", _stage.Roster(1, ("juliet", SubscriptionState.To)));

        Assert.Equal(["available romeo/a to romeo"], _stage.For("romeo/a", _stage.Sink.Take()));
    }

    [Fact]
    public async Task Contact_WithEverNewResources_IsShown_ButNotRememberedWithoutEnd()
    {
        await _stage.OnlineAsync("romeo/a", _stage.Roster(1, ("gateway", SubscriptionState.To)));
        _stage.Sink.Take();

        const int Resources = 300;
        for (var i = 0; i < Resources; i++)
        {
            await _stage.Of("romeo").ContactPresenceAsync(new ContactPresence(_stage.Frame(StanzaKind.Presence, StanzaType.Available, $"gateway/{i}", null), false, null));
        }

        Assert.Equal(Resources, _stage.Sink.Take().Count);
        await _stage.ApplyAsync("romeo", _stage.Change(1, "gateway", SubscriptionState.To, SubscriptionState.None));
        Assert.InRange(_stage.Sink.Take().Count(static line => line.Contains("unavailable", StringComparison.Ordinal)), 20, 100);
    }

    [Fact]
    public async Task Subsequent_ReachesTheSame_AndAsksNobody()
    {
        await _stage.OnlineAsync("juliet/x", _stage.Roster(1, ("romeo", SubscriptionState.Both)));
        await _stage.OnlineAsync("romeo/a", _stage.Roster(1, ("juliet", SubscriptionState.Both)));
        _stage.Sink.Take();

        await _stage.AvailableAsync("romeo/a", priority: -5, id: "p2");

        Assert.Equal(["juliet/x: available romeo/a #p2 to juliet", "romeo/a: available romeo/a #p2 to romeo"], Sorted());
    }

    [Fact]
    public async Task Presence_ReachesResourcesOfNegativePriority_AndNoneThatAreOnlyConnected()
    {
        await _stage.OnlineAsync("juliet/negative", _stage.Roster(1, ("romeo", SubscriptionState.Both)), priority: -1);
        await _stage.BindAsync("juliet/connected");
        _stage.Sink.Take();

        await _stage.OnlineAsync("romeo/a", _stage.Roster(1, ("juliet", SubscriptionState.From)));

        Assert.Equal(["juliet/negative: available romeo/a to juliet", "romeo/a: available romeo/a to romeo"], Sorted());
    }

    [Fact]
    public async Task Unavailable_ReachesContactsAndOwnResources_AndTheNextPresenceIsInitialAgain()
    {
        await _stage.OnlineAsync("juliet/x", _stage.Roster(1, ("romeo", SubscriptionState.Both)));
        var roster = _stage.Roster(1, ("juliet", SubscriptionState.Both));
        await _stage.OnlineAsync("romeo/a", roster);
        await _stage.OnlineAsync("romeo/b", roster);
        _stage.Sink.Take();

        await _stage.UnavailableAsync("romeo/a");
        Assert.Equal(["juliet/x: unavailable romeo/a to juliet", "romeo/b: unavailable romeo/a to romeo"], Sorted());

        // Not available, it is sent nothing, and says nothing when it ends.
        await _stage.AvailableAsync("juliet/x", id: "2");
        Assert.Equal(["juliet/x: available juliet/x #2 to juliet", "romeo/b: available juliet/x #2 to romeo"], Sorted());

        await _stage.AvailableAsync("romeo/a", roster);
        Assert.Contains("available juliet/x #2 to romeo/a", _stage.For("romeo/a", _stage.Sink.Take()));
    }

    [Fact]
    public async Task LostSession_BecomesUnavailable_ToAllWhoSawIt_Once()
    {
        await _stage.OnlineAsync("juliet/x", _stage.Roster(1, ("romeo", SubscriptionState.Both)));
        await _stage.OnlineAsync("stranger/y", _stage.Roster(1));
        await _stage.OnlineAsync("romeo/a", _stage.Roster(1, ("juliet", SubscriptionState.Both)));
        await _stage.DirectAsync("romeo/a", "stranger/y");
        await _stage.DirectAsync("romeo/a", "juliet/x");
        _stage.Sink.Take();

        await _stage.UnbindAsync("romeo/a");
        Assert.Equal(["juliet/x: unavailable romeo/a to juliet", "stranger/y: unavailable romeo/a to stranger/y"], Sorted());

        await _stage.UnbindAsync("romeo/a");
        Assert.Empty(_stage.Sink.Take());
    }

    [Fact]
    public async Task Session_ThatWasNeverAvailable_EndsInSilence_ButForDirectedPresence()
    {
        await _stage.OnlineAsync("juliet/x", _stage.Roster(1, ("romeo", SubscriptionState.Both)));
        await _stage.BindAsync("romeo/a");
        await _stage.BindAsync("romeo/b");
        await _stage.DirectAsync("romeo/b", "juliet/x");
        Assert.Equal(["juliet/x: available romeo/b to juliet/x"], Sorted(skip: "juliet/x: available juliet/x to juliet"));

        await _stage.UnbindAsync("romeo/a");
        Assert.Empty(_stage.Sink.Take());
        await _stage.UnbindAsync("romeo/b");
        Assert.Equal(["juliet/x: unavailable romeo/b to juliet/x"], Sorted());
    }

    [Fact]
    public async Task Directed_IsNotFollowedByBroadcasts_AndEndsWithItsOwnUnavailable()
    {
        await _stage.OnlineAsync("stranger/y", _stage.Roster(1));
        await _stage.OnlineAsync("romeo/a", _stage.Roster(1));
        _stage.Sink.Take();

        await _stage.DirectAsync("romeo/a", "stranger/y");
        Assert.Equal(["stranger/y: available romeo/a to stranger/y"], Sorted());
        await _stage.AvailableAsync("romeo/a", id: "2");
        Assert.Equal(["romeo/a: available romeo/a #2 to romeo"], Sorted());
        await _stage.DirectAsync("romeo/a", "stranger/y", StanzaType.Unavailable);
        Assert.Equal(["stranger/y: unavailable romeo/a to stranger/y"], Sorted());

        await _stage.UnavailableAsync("romeo/a");
        Assert.Empty(_stage.For("stranger/y", _stage.Sink.Take()));
    }

    [Fact]
    public async Task Directed_ToOneWhoLeftSince_IsNotEndedAgain()
    {
        // RFC 6121 §4.6.1, as with a room that threw its occupant out.
        await _stage.OnlineAsync("stranger/y", _stage.Roster(1));
        await _stage.OnlineAsync("romeo/a", _stage.Roster(1));
        await _stage.DirectAsync("romeo/a", "stranger/y");
        await _stage.DirectAsync("stranger/y", "romeo/a", StanzaType.Unavailable);
        _stage.Sink.Take();

        await _stage.UnbindAsync("romeo/a");

        Assert.Empty(_stage.Sink.Take());
    }

    [Fact]
    public async Task Probe_IsAnsweredFromEachResource_ToThoseWhoMaySee_AndIgnoredOtherwise()
    {
        await _stage.OnlineAsync("juliet/x", _stage.Roster(1, ("romeo", SubscriptionState.To)));
        await _stage.OnlineAsync("stranger/y", _stage.Roster(1));
        var roster = _stage.Roster(1, ("juliet", SubscriptionState.From));
        await _stage.OnlineAsync("romeo/a", roster);
        await _stage.OnlineAsync("romeo/b", roster);
        _stage.Sink.Take();

        await ProbeAsync("juliet/x", "romeo");
        Assert.Equal(["juliet/x: available romeo/a to juliet/x", "juliet/x: available romeo/b to juliet/x"], Sorted());
        await ProbeAsync("juliet/x", "romeo/b");
        Assert.Equal(["juliet/x: available romeo/b to juliet/x"], Sorted());

        await ProbeAsync("stranger/y", "romeo");
        await ProbeAsync("stranger/y", "romeo/a");
        await ProbeAsync("stranger/y", "nobody");
        Assert.Empty(_stage.Sink.Take());

        // RFC 6121 §4.3.2.1: that nobody is there is told with the probe's own id.
        await _stage.UnavailableAsync("romeo/a");
        await _stage.UnavailableAsync("romeo/b");
        _stage.Sink.Take();
        await ProbeAsync("juliet/x", "romeo");
        Assert.Equal(["juliet/x: unavailable romeo #probe to juliet/x"], Sorted());
    }

    [Fact]
    public async Task Probe_OfOneWhoOnlyHasDirectedPresence_TellsThatMuch()
    {
        await _stage.OnlineAsync("stranger/y", _stage.Roster(1));
        await _stage.OnlineAsync("romeo/a", _stage.Roster(1));
        await _stage.DirectAsync("romeo/a", "stranger/y");
        _stage.Sink.Take();

        await ProbeAsync("stranger/y", "romeo/a");
        Assert.Equal(["stranger/y: available romeo/a #probe to stranger/y"], Sorted());
        await ProbeAsync("stranger/y", "romeo");
        Assert.Empty(_stage.Sink.Take());
    }

    [Fact]
    public async Task ClosedHost_IsNotReachedByPresence_InEitherDirection()
    {
        var outside = new SessionsStage(silo);
        silo.Hosts.Set(HostSettings.Default(_stage.Domain) with { Isolate = true });
        silo.Hosts.Set(HostSettings.Default(outside.Domain));
        RosterSnapshot Of(Contracts.Addressing.Jid contact) => new("e.1", [new RosterItem(contact, null, SubscriptionState.Both, false, false, [])]);
        await _stage.OnlineAsync("romeo/a", Of(outside.Jid("juliet")));
        await outside.OnlineAsync("juliet/x", Of(_stage.Jid("romeo")));
        await _stage.AvailableAsync("romeo/a", id: "2");
        await _stage.UnbindAsync("romeo/a");

        Assert.All(_stage.Sink.Take(), line => Assert.DoesNotContain("juliet", line, StringComparison.Ordinal));
        Assert.All(outside.Sink.Take(), line => Assert.DoesNotContain("romeo", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task RosterThatComesLater_MakesUpForWhatWasNotTold()
    {
        // specs R-052: the roster could not be loaded, and the session was available for its own resources only.
        await _stage.OnlineAsync("juliet/x", _stage.Roster(1, ("romeo", SubscriptionState.Both)));
        await _stage.BindAsync("romeo/a");
        await _stage.AvailableAsync("romeo/a");
        Assert.Equal(["romeo/a: available romeo/a to romeo"], Sorted(skip: "juliet/x: available juliet/x to juliet"));

        var roster = _stage.Roster(3, ("juliet", SubscriptionState.Both));
        Assert.Equal(new RosterApplied(true, "e.3"), await _stage.ApplyAsync("romeo", new RosterChangeSet("e.3", [], roster)));
        Assert.Equal(["juliet/x: available romeo/a to juliet", "romeo/a: available juliet/x to romeo"], Sorted());

        await _stage.UnbindAsync("romeo/a");
        Assert.Equal(["juliet/x: unavailable romeo/a to juliet"], Sorted());
    }

    [Fact]
    public async Task RosterOfAnotherVersion_IsAnsweredWithTheOneThatTheSessionsHave()
    {
        await _stage.OnlineAsync("romeo/a", _stage.Roster(2));
        await _stage.BindAsync("romeo/b");

        Assert.Equal("e.2", await _stage.AvailableAsync("romeo/b", _stage.Roster(5, ("juliet", SubscriptionState.Both))));
        Assert.Null(await _stage.AvailableAsync("romeo/b", _stage.Roster(2)));
        Assert.Null(await _stage.AvailableAsync("romeo/b"));
    }

    [Fact]
    public async Task SubscriptionStanzas_ReachThoseWhoAreToAct()
    {
        // RFC 6121 §3.1.3: a request to available resources; §3.1.6: an answer to interested ones.
        await _stage.BindAsync("romeo/connected");
        await _stage.BindAsync("romeo/interested");
        await _stage.InterestedAsync("romeo/interested");
        await _stage.BindAsync("romeo/available");
        await _stage.AvailableAsync("romeo/available");
        _stage.Sink.Take();

        await _stage.Of("romeo").SubscriptionAsync(_stage.Frame(StanzaKind.Presence, StanzaType.Subscribe, "juliet", "romeo"));
        Assert.Equal(["romeo/available: subscribe juliet to romeo"], Sorted());
        foreach (var type in new[] { StanzaType.Subscribed, StanzaType.Unsubscribe, StanzaType.Unsubscribed })
        {
            await _stage.Of("romeo").SubscriptionAsync(_stage.Frame(StanzaKind.Presence, type, "juliet", "romeo"));
            Assert.Equal([$"romeo/interested: {type.ToString().ToLowerInvariant()} juliet to romeo"], Sorted());
        }
    }

    private Task ProbeAsync(string from, string to) => _stage.Of(to).ProbeAsync(new PresenceProbe(_stage.Jid(from), _stage.Jid(to), "probe", IsImplied: false));

    private IEnumerable<string> Sorted(string? skip = null) => _stage.Sink.Take().Where(line => line != skip).Order(StringComparer.Ordinal);
}
