using Krewe.Contracts.Rosters;
using Krewe.Contracts.Sessions;
using Krewe.Contracts.Stanzas;
using Krewe.Tests.Support;

namespace Krewe.Tests.Grains.Sessions;

/// <summary>RFC 6121 §8.5 by a user's grain: the decision, the acknowledgement, and sessions that turn out to be gone.</summary>
public sealed class RouteTests(SessionsSilo silo) : IClassFixture<SessionsSilo>
{
    private readonly SessionsStage _stage = new(silo);

    [Fact]
    public async Task Message_GoesToTheMostAvailable_OrWhereItIsAddressed()
    {
        await OnlineAsync(("romeo/a", 1), ("romeo/b", 5), ("romeo/c", -1));

        Assert.Equal(RouteOutcome.Delivered, await ChatAsync("romeo", "1"));
        Assert.Equal(RouteOutcome.Delivered, await ChatAsync("romeo/c", "2"));
        Assert.Equal(RouteOutcome.Delivered, await ChatAsync("romeo/gone", "3"));
        Assert.Equal(RouteOutcome.Ignored, await RouteAsync(StanzaType.Normal, "romeo/gone", "4"));
        Assert.Equal(RouteOutcome.ServiceUnavailable, await RouteAsync(StanzaType.Groupchat, "romeo", "5"));
        Assert.Equal(RouteOutcome.Delivered, await RouteAsync(StanzaType.Headline, "romeo", "6"));

        Assert.Equal(["romeo/b: message #1", "romeo/c: message #2", "romeo/b: message #3", "romeo/a: message #6", "romeo/b: message #6"], _stage.Sink.Take());
    }

    [Fact]
    public async Task Message_ForAUserWithoutAFittingResource_IsToBeStored()
    {
        Assert.Equal(RouteOutcome.StoreOffline, await ChatAsync("nobody", "1"));
        await _stage.BindAsync("romeo/a");
        Assert.Equal(RouteOutcome.StoreOffline, await ChatAsync("romeo", "2"));
        await _stage.AvailableAsync("romeo/a", priority: -1);
        _stage.Sink.Take();
        Assert.Equal(RouteOutcome.StoreOffline, await ChatAsync("romeo", "3"));

        Assert.Empty(_stage.Sink.Take());
    }

    [Fact]
    public async Task Order_IsThatOfTheCalls_AlsoOverSeveralResources()
    {
        await OnlineAsync(("romeo/a", 0), ("romeo/b", 0));

        // One sender waits for each stanza's place before the next.
        for (var i = 0; i < 200; i++)
        {
            await ChatAsync(i % 2 == 0 ? "romeo" : "romeo/a", $"{i}");
        }

        var log = _stage.Sink.Take();
        Assert.Equal(Enumerable.Range(0, 200).Select(i => $"message #{i}"), _stage.For("romeo/a", log));
        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"message #{2 * i}"), _stage.For("romeo/b", log));
    }

    [Fact]
    public async Task SessionThatIsGone_IsDropped_AndTheMessageDecidedAnew()
    {
        await _stage.OnlineAsync("juliet/balcony", _stage.Roster(1, ("romeo", SubscriptionState.Both)));
        await OnlineAsync(_stage.Roster(1, ("juliet", SubscriptionState.Both)), ("romeo/a", 5), ("romeo/b", 1));
        _stage.Sink.Lose(_stage.Session("romeo/a"));

        Assert.Equal(RouteOutcome.Delivered, await ChatAsync("romeo", "1"));

        Assert.Equal("b", Assert.Single(await _stage.Of("romeo").ListAsync()).Jid.Resourcepart);
        var log = await _stage.Sink.UntilAsync("juliet/balcony: unavailable romeo/a to juliet");
        Assert.Equal(["message #1", "unavailable romeo/a to romeo"], _stage.For("romeo/b", log).Order(StringComparer.Ordinal));
        Assert.Equal(["unavailable romeo/a to juliet"], _stage.For("juliet/balcony", log));
    }

    [Fact]
    public async Task Message_WhoseOnlyReceiversAreGone_IsToBeStored_AndTheUserIsNoLongerLive()
    {
        await OnlineAsync(("romeo/a", 1), ("romeo/b", 1));
        _stage.Sink.Lose(_stage.Session("romeo/a"));
        _stage.Sink.Lose(_stage.Session("romeo/b"));

        Assert.Equal(RouteOutcome.StoreOffline, await ChatAsync("romeo", "1"));

        Assert.False(await _stage.Of("romeo").IsLiveAsync());
        Assert.False(silo.Routes.TryGet(_stage.Jid("romeo").Bare, out _));
    }

    [Fact]
    public async Task Message_ThatOneOfSeveralGot_IsDelivered()
    {
        await OnlineAsync(("romeo/a", 1), ("romeo/b", 1));
        _stage.Sink.Lose(_stage.Session("romeo/a"));

        Assert.Equal(RouteOutcome.Delivered, await ChatAsync("romeo", "1"));

        Assert.Equal(["message #1"], _stage.For("romeo/b", _stage.Sink.Take()).Where(line => line.StartsWith("message", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task SeveralFrontends_GetOneDeliveryEach()
    {
        var other = new RecordingSink();
        var frontend = _stage.NewFrontend(other);
        await OnlineAsync(("romeo/a", 0), ("romeo/b", 0));
        await _stage.BindAsync("romeo/c", frontend: frontend, sink: other);
        await _stage.AvailableAsync("romeo/c", frontend: frontend);
        _stage.Sink.Take();
        other.Take();
        var deliveries = 0;
        _stage.Sink.Before = batch =>
        {
            Interlocked.Add(ref deliveries, batch.Deliveries.Length);
            return Task.CompletedTask;
        };

        Assert.Equal(RouteOutcome.Delivered, await ChatAsync("romeo", "1"));

        Assert.Equal(["romeo/a: message #1", "romeo/b: message #1"], _stage.Sink.Take());
        Assert.Equal(["romeo/c: message #1"], other.Take());
        Assert.Equal(1, deliveries);
        GC.KeepAlive(other);
    }

    [Fact]
    public async Task SlowFrontend_DelaysOnlyItself()
    {
        var slow = new RecordingSink();
        var frontend = _stage.NewFrontend(slow);
        await OnlineAsync(("romeo/a", 0));
        await _stage.BindAsync("romeo/b", frontend: frontend, sink: slow);
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        slow.Before = _ => gate.Task;

        var held = ChatAsync("romeo/b", "1");
        Assert.Equal(RouteOutcome.Delivered, await ChatAsync("romeo/a", "2").WaitAsync(Timeouts.Test));
        Assert.False(held.IsCompleted);
        gate.SetResult();

        Assert.Equal(RouteOutcome.Delivered, await held.WaitAsync(Timeouts.Test));
        GC.KeepAlive(slow);
    }

    [Fact]
    public async Task IqOfAStranger_IsRefused_WhateverTheResource()
    {
        await OnlineAsync(_stage.Roster(1, ("friend", SubscriptionState.From), ("watched", SubscriptionState.To)), ("romeo/a", 0));

        Assert.Equal(RouteOutcome.ServiceUnavailable, await AskAsync("stranger/x", "romeo/a"));
        Assert.Equal(RouteOutcome.ServiceUnavailable, await AskAsync("stranger/x", "romeo/gone"));
        Assert.Equal(RouteOutcome.ServiceUnavailable, await AskAsync("watched/x", "romeo/a"));
        Assert.Equal(RouteOutcome.ServiceUnavailable, await AskAsync("stranger/x", "nobody/a"));
        Assert.Empty(_stage.Sink.Take());

        // Who may see the presence may ask, and so may the own resources; a set is asked like a get.
        Assert.Equal(RouteOutcome.Delivered, await AskAsync("friend/x", "romeo/a"));
        Assert.Equal(RouteOutcome.Delivered, await AskAsync("romeo/other", "romeo/a"));
        Assert.Equal(RouteOutcome.Delivered, await _stage.RouteAsync(StanzaKind.Iq, StanzaType.Set, "friend/x", "romeo/a"));
        Assert.Equal(RouteOutcome.ServiceUnavailable, await _stage.RouteAsync(StanzaKind.Iq, StanzaType.Set, "stranger/x", "romeo/a"));
        Assert.Equal(RouteOutcome.ServiceUnavailable, await AskAsync("friend/x", "romeo/gone"));

        // An answer is one to a question that was let through.
        Assert.Equal(RouteOutcome.Delivered, await _stage.RouteAsync(StanzaKind.Iq, StanzaType.Result, "stranger/x", "romeo/a"));
        Assert.Equal(RouteOutcome.Ignored, await _stage.RouteAsync(StanzaKind.Iq, StanzaType.Error, "stranger/x", "romeo/gone"));
    }

    [Fact]
    public async Task DirectedPresence_LetsAStrangerAsk_AsLongAsItHolds()
    {
        await OnlineAsync(("romeo/a", 0), ("romeo/b", 0));
        await _stage.DirectAsync("romeo/a", "stranger/x");

        Assert.Equal(RouteOutcome.Delivered, await AskAsync("stranger/x", "romeo/a"));
        Assert.Equal(RouteOutcome.ServiceUnavailable, await AskAsync("stranger/x", "romeo/b"));
        Assert.Equal(RouteOutcome.ServiceUnavailable, await AskAsync("stranger/y", "romeo/a"));

        await _stage.DirectAsync("romeo/a", "stranger/x", StanzaType.Unavailable);
        Assert.Equal(RouteOutcome.ServiceUnavailable, await AskAsync("stranger/x", "romeo/a"));

        // To the bare JID, it is for all of its resources.
        await _stage.DirectAsync("romeo/a", "stranger");
        Assert.Equal(RouteOutcome.Delivered, await AskAsync("stranger/y", "romeo/a"));
    }

    private Task<RouteOutcome> ChatAsync(string to, string id) => RouteAsync(StanzaType.Chat, to, id);

    private Task<RouteOutcome> RouteAsync(StanzaType type, string to, string id) => _stage.RouteAsync(StanzaKind.Message, type, "stranger/x", to, id);

    private Task<RouteOutcome> AskAsync(string from, string to) => _stage.RouteAsync(StanzaKind.Iq, StanzaType.Get, from, to);

    private Task OnlineAsync(params (string Address, sbyte Priority)[] resources) => OnlineAsync(_stage.Roster(0), resources);

    private async Task OnlineAsync(RosterSnapshot roster, params (string Address, sbyte Priority)[] resources)
    {
        foreach (var (address, priority) in resources)
        {
            await _stage.OnlineAsync(address, roster, priority);
        }

        _stage.Sink.Take();
    }
}
