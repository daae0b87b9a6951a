using Krewe.Contracts.Rosters;
using Krewe.Contracts.Sessions;
using Krewe.Contracts.Stanzas;

namespace Krewe.Tests.Grains.Sessions;

/// <summary>RFC 6120 §7: binding a resource, and what the router of the same process is told of it.</summary>
public sealed class BindTests(SessionsSilo silo) : IClassFixture<SessionsSilo>
{
    private readonly SessionsStage _stage = new(silo);

    [Fact]
    public async Task ResourceThatWasAskedFor_IsGiven()
    {
        var bound = await _stage.BindAsync("romeo/orchard");

        Assert.Equal(_stage.Jid("romeo/orchard"), bound.Jid);
        Assert.Null(bound.Error);
        var listed = Assert.Single(await _stage.Of("romeo").ListAsync());
        Assert.Equal((bound.Jid, "tcp", "192.0.2.1", false), (listed.Jid, listed.Transport, listed.Address, listed.IsAvailable));
    }

    [Fact]
    public async Task ResourceOfTheServersMaking_IsAnotherEachTime()
    {
        var (first, second) = (await _stage.BindAsync("romeo"), await _stage.BindAsync("romeo"));

        Assert.NotNull(first.Jid!.Resourcepart);
        Assert.NotEqual(first.Jid, second.Jid);
        Assert.Equal(2, (await _stage.Of("romeo").ListAsync()).Length);
    }

    [Fact]
    public async Task LiveSince_IsTheOldestSessionsBeginning()
    {
        var earliest = DateTimeOffset.UtcNow;
        var first = await _stage.BindAsync("romeo/a");
        var second = await _stage.BindAsync("romeo/b");
        Assert.InRange(first.LiveSince, earliest, DateTimeOffset.UtcNow);
        Assert.Equal(first.LiveSince, second.LiveSince);

        await _stage.UnbindAsync("romeo/a");
        Assert.Equal(first.LiveSince, (await _stage.BindAsync("romeo/c")).LiveSince);

        await _stage.UnbindAsync("romeo/b");
        await _stage.UnbindAsync("romeo/c");
        var anew = DateTimeOffset.UtcNow;
        Assert.InRange((await _stage.BindAsync("romeo/a")).LiveSince, anew, DateTimeOffset.UtcNow);
    }

    [Fact]
    public async Task Conflict_Override_GivesTheNewcomerAnother()
    {
        await _stage.BindAsync("romeo/orchard");

        var second = await _stage.BindAsync("romeo/orchard", BindConflict.Override);

        Assert.NotNull(second.Jid);
        Assert.NotEqual("orchard", second.Jid.Resourcepart);
        Assert.Empty(_stage.Sink.Take());
        Assert.Equal(2, (await _stage.Of("romeo").ListAsync()).Length);
    }

    [Fact]
    public async Task Conflict_KeepOld_RefusesTheNewcomer()
    {
        await _stage.BindAsync("romeo/orchard");
        var route = Route("romeo");

        var second = await _stage.BindAsync("romeo/orchard", BindConflict.KeepOld);

        Assert.Null(second.Jid);
        Assert.Equal(StanzaError.Conflict, second.Error);
        Assert.Empty(_stage.Sink.Take());
        Assert.Equal(route, Route("romeo"));
    }

    [Fact]
    public async Task Conflict_KickOld_EndsTheOlderStream_AndItsContactsAreTold()
    {
        var friends = _stage.Roster(1, ("juliet", SubscriptionState.Both));
        await _stage.OnlineAsync("juliet/balcony", _stage.Roster(1, ("romeo", SubscriptionState.Both)));
        await _stage.OnlineAsync("romeo/orchard", friends);
        var old = _stage.Session("romeo/orchard");
        _stage.Sink.Take();

        var second = await _stage.BindAsync("romeo/orchard", BindConflict.KickOld);

        Assert.Equal(_stage.Jid("romeo/orchard"), second.Jid);
        Assert.NotEqual(old, Assert.Single(Route("romeo")).Session);
        Assert.Single(await _stage.Of("romeo").ListAsync());
        var log = _stage.Sink.Take();
        Assert.Equal(["end Conflict"], _stage.For("romeo/orchard", log));

        // The older stream ends only now, and must not take the newer with it.
        await _stage.Of("romeo").UnbindAsync(old, _stage.Frontend.Name);
        Assert.Single(await _stage.Of("romeo").ListAsync());
        await _stage.AvailableAsync("romeo/orchard", friends);
        Assert.Equal(["unavailable romeo/orchard to juliet", "available romeo/orchard to juliet"], _stage.For("juliet/balcony", [.. log, .. _stage.Sink.Take()]));
    }

    [Fact]
    public async Task Limit_IsOfSessionsAtOneTime()
    {
        Assert.NotNull((await _stage.BindAsync("romeo/a", sessionsMax: 2)).Jid);
        Assert.NotNull((await _stage.BindAsync("romeo/b", sessionsMax: 2)).Jid);

        var third = await _stage.BindAsync("romeo/c", sessionsMax: 2);
        Assert.Null(third.Jid);
        Assert.Equal(StanzaError.ResourceConstraint, third.Error);
        Assert.Equal(2, Route("romeo").Length);

        await _stage.UnbindAsync("romeo/a");
        Assert.NotNull((await _stage.BindAsync("romeo/c", sessionsMax: 2)).Jid);
    }

    [Fact]
    public async Task Route_HoldsWhatIsAcknowledged_AndIsGoneWithTheLastSession()
    {
        await _stage.BindAsync("romeo/a");
        Assert.Equal([new ResourceRoute("a", _stage.Session("romeo/a"), 0, false)], Route("romeo"));

        await _stage.AvailableAsync("romeo/a", priority: 7);
        Assert.Equal([new ResourceRoute("a", _stage.Session("romeo/a"), 7, true)], Route("romeo"));

        await _stage.BindAsync("romeo/b");
        await _stage.AvailableAsync("romeo/b", priority: -1);
        Assert.Equal(
            [new ResourceRoute("a", _stage.Session("romeo/a"), 7, true), new ResourceRoute("b", _stage.Session("romeo/b"), -1, true)],
            Route("romeo").OrderBy(resource => resource.Resource, StringComparer.Ordinal));

        await _stage.UnavailableAsync("romeo/a");
        Assert.Equal((0, false), Route("romeo").Where(resource => resource.Resource == "a").Select(resource => (resource.Priority, resource.IsAvailable)).Single());

        await _stage.UnbindAsync("romeo/a");
        Assert.Equal("b", Assert.Single(Route("romeo")).Resource);

        await _stage.UnbindAsync("romeo/b");
        Assert.False(silo.Routes.TryGet(_stage.Jid("romeo").Bare, out _));
        Assert.False(await _stage.Of("romeo").IsLiveAsync());
    }

    [Fact]
    public async Task PresenceThatAnybodySees_IsInTheRouteAlready()
    {
        // The client that sees a resource become available may write to it at once, over the local path.
        await _stage.BindAsync("romeo/a");
        var seen = new List<bool>();
        _stage.Sink.Before = _ =>
        {
            seen.Add(silo.Routes.TryGet(_stage.Jid("romeo").Bare, out var route) && route.Resources.Single().IsAvailable);
            return Task.CompletedTask;
        };

        await _stage.AvailableAsync("romeo/a");

        Assert.Equal([true], seen);
    }

    [Fact]
    public async Task Unbind_OfAnotherFrontendsSession_OrOfNone_ChangesNothing()
    {
        await _stage.BindAsync("romeo/a");

        await _stage.Of("romeo").UnbindAsync(_stage.Session("romeo/a"), "another frontend");
        await _stage.Of("romeo").UnbindAsync(4711, _stage.Frontend.Name);
        Assert.Single(Route("romeo"));

        await _stage.UnbindAsync("romeo/a");
        await _stage.UnbindAsync("romeo/a");
        Assert.False(await _stage.Of("romeo").IsLiveAsync());
    }

    [Fact]
    public async Task End_OfOneOrAll_ReachesTheirStreams()
    {
        await _stage.BindAsync("romeo/a");
        await _stage.BindAsync("romeo/b");

        Assert.False(await _stage.Of("romeo").EndAsync("c", StreamEnd.PolicyViolation, null));
        Assert.True(await _stage.Of("romeo").EndAsync("b", StreamEnd.PolicyViolation, null));
        Assert.Equal(["romeo/b: end PolicyViolation"], _stage.Sink.Take());

        Assert.True(await _stage.Of("romeo").EndAsync(null, StreamEnd.NotAuthorized, "disabled"));
        Assert.Equal(["romeo/a: end NotAuthorized", "romeo/b: end NotAuthorized"], _stage.Sink.Take().Order(StringComparer.Ordinal));
        Assert.False(await _stage.Of("nobody").EndAsync(null, StreamEnd.Reset, null));
    }

    private ResourceRoute[] Route(string user) => silo.Routes.TryGet(_stage.Jid(user).Bare, out var route) ? [.. route.Resources] : [];
}
