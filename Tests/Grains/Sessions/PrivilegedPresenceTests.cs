using System.Collections.Immutable;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Components;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Rosters;

namespace Krewe.Tests.Grains.Sessions;

/// <summary>XEP-0356 §7: whose presence the sessions of a host's users tell components of. What a call caused is delivered when it returns.</summary>
public sealed class PrivilegedPresenceTests(SessionsSilo silo) : IClassFixture<SessionsSilo>, IAsyncLifetime
{
    private const long Session = 1_000_000;

    private readonly SessionsStage _stage = new(silo);

    private string Pubsub => $"pubsub.{_stage.Domain}";

    public async Task InitializeAsync()
    {
        _stage.Sink.Name(Session, "pubsub");
        await silo.Grains.Component(Pubsub).ConnectAsync(new ComponentConnection(_stage.Frontend, Session), ComponentConflict.KickNew);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Users_AreToldOf_WhenAResourceComesAndGoes_AndNotBetween()
    {
        Grant(PresencePrivilege.ManagedEntity);
        await _stage.BindAsync("romeo/a");
        Assert.Empty(Told());

        await _stage.AvailableAsync("romeo/a", _stage.Roster(1), id: "1");
        Assert.Equal(["available romeo/a #1 seen by romeo"], Told());
        await _stage.AvailableAsync("romeo/a", priority: -1);
        Assert.Empty(Told());
        await _stage.UnavailableAsync("romeo/a");
        Assert.Equal(["unavailable romeo/a seen by romeo"], Told());
        await _stage.UnavailableAsync("romeo/a");
        Assert.Empty(Told());
        await _stage.AvailableAsync("romeo/a", id: "2");
        Assert.Equal(["available romeo/a #2 seen by romeo"], Told());
        await _stage.UnbindAsync("romeo/a");
        Assert.Equal(["unavailable romeo/a seen by romeo"], Told());
    }

    [Fact]
    public async Task Users_AreNotToldOf_WithoutThePrivilege_OrWhereTheComponentCannotBeReached()
    {
        Grant(PresencePrivilege.None);
        await _stage.OnlineAsync("romeo/a", _stage.Roster(1));
        Assert.Empty(Told());

        Grant(PresencePrivilege.ManagedEntity, entity: "elsewhere.example");
        await _stage.OnlineAsync("romeo/b", _stage.Roster(1));
        Assert.Empty(Told());

        silo.Hosts.Set(HostSettings.Default(_stage.Domain));
        await _stage.OnlineAsync("romeo/c", _stage.Roster(1));
        Assert.Empty(Told());
    }

    [Fact]
    public async Task Stream_ThatIsFoundGone_IsToldAsUnavailable()
    {
        Grant(PresencePrivilege.ManagedEntity);
        await _stage.OnlineAsync("romeo/a", _stage.Roster(1));
        Told();
        _stage.Sink.Lose(_stage.Session("romeo/a"));

        await _stage.RouteAsync(Contracts.Stanzas.StanzaKind.Message, Contracts.Stanzas.StanzaType.Chat, "juliet", "romeo");

        await _stage.Sink.UntilAsync("pubsub: unavailable romeo/a seen by romeo");
    }

    [Fact]
    public async Task Contacts_AreToldOf_OnlyToWhoMay_AsTheUserSeesThem()
    {
        Grant(PresencePrivilege.Roster);
        await _stage.OnlineAsync("romeo/a", _stage.Roster(1, ("juliet", SubscriptionState.To), ("nurse", SubscriptionState.From)));
        Assert.Equal(["available romeo/a seen by romeo"], Told());

        await _stage.OnlineAsync("juliet/x", _stage.Roster(1, ("romeo", SubscriptionState.From)));
        await _stage.OnlineAsync("nurse/x", _stage.Roster(1, ("romeo", SubscriptionState.To)));
        Assert.Equal(
            ["available juliet/x seen by juliet", "available juliet/x seen by romeo", "available nurse/x seen by nurse", "available romeo/a seen by nurse"],
            Told().Order(StringComparer.Ordinal));

        await _stage.AvailableAsync("juliet/x", id: "2");
        Assert.Empty(Told());
        await _stage.UnavailableAsync("juliet/x");
        Assert.Equal(["unavailable juliet/x seen by juliet", "unavailable juliet/x seen by romeo"], Told().Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Contacts_WhomTheUserSeesNoLonger_AreToldAsUnavailableForThatUser()
    {
        Grant(PresencePrivilege.Roster);
        await _stage.OnlineAsync("juliet/x", _stage.Roster(1, ("romeo", SubscriptionState.Both)));
        await _stage.OnlineAsync("nurse/x", _stage.Roster(1, ("romeo", SubscriptionState.Both)));
        await _stage.OnlineAsync("romeo/a", _stage.Roster(1, ("juliet", SubscriptionState.Both), ("nurse", SubscriptionState.Both)));
        Told();

        await _stage.ApplyAsync("romeo", new RosterChangeSet(
            "e.1", [new RosterChange("e.2", _stage.Item("juliet", SubscriptionState.Both), null)], _stage.Roster(2, ("nurse", SubscriptionState.Both))));
        Assert.Contains("unavailable juliet/x seen by romeo", Told());
        await _stage.UnbindAsync("romeo/a");
        var told = Told();
        Assert.Contains("unavailable nurse/x seen by romeo", told);
        Assert.Contains("unavailable romeo/a seen by romeo", told);
        Assert.DoesNotContain("unavailable juliet/x seen by romeo", told);
    }

    [Fact]
    public async Task Introduction_TellsTheLastPresence_OfWhomTheComponentMayKnow()
    {
        Grant(PresencePrivilege.Roster);
        await _stage.OnlineAsync("juliet/x", _stage.Roster(1, ("romeo", SubscriptionState.Both)));
        await _stage.OnlineAsync("romeo/a", _stage.Roster(1, ("juliet", SubscriptionState.Both)));
        await _stage.BindAsync("romeo/b");
        await _stage.AvailableAsync("romeo/a", id: "r2");
        await _stage.AvailableAsync("juliet/x", id: "j2");
        Told();

        await _stage.Of("romeo").IntroduceAsync(Pubsub);
        Assert.Equal(["available juliet/x #j2 seen by romeo", "available romeo/a #r2 seen by romeo"], Told().Order(StringComparer.Ordinal));

        Grant(PresencePrivilege.ManagedEntity);
        await _stage.Of("romeo").IntroduceAsync(Pubsub);
        Assert.Equal(["available romeo/a #r2 seen by romeo"], Told());

        Grant(PresencePrivilege.None);
        await _stage.Of("romeo").IntroduceAsync(Pubsub);
        await _stage.Of("nobody").IntroduceAsync(Pubsub);
        Assert.Empty(Told());
    }

    [Fact]
    public async Task User_WhoMayKnow_IsTold_AtAvailableResources_OnceByWhateverNames()
    {
        var bot = $"bot@{_stage.Domain}";
        silo.Hosts.Set(HostSettings.Default(_stage.Domain) with
        {
            PrivilegedEntities = ImmutableDictionary<string, EntityPrivileges>.Empty
                .Add(bot, new EntityPrivileges { Presence = PresencePrivilege.ManagedEntity })
                .Add($"{bot}/a", new EntityPrivileges { Presence = PresencePrivilege.ManagedEntity })
                .Add($"{bot}/c", new EntityPrivileges { Presence = PresencePrivilege.None }),
        });
        await _stage.OnlineAsync("bot/a", _stage.Roster(1));
        await _stage.OnlineAsync("bot/b", _stage.Roster(1));
        await _stage.BindAsync("bot/c");
        _stage.Sink.Take();

        await _stage.OnlineAsync("romeo/a", _stage.Roster(1));
        var told = _stage.Sink.Take();
        Assert.Equal(["available romeo/a seen by romeo"], _stage.For("bot/a", told));
        Assert.Equal(["available romeo/a seen by romeo"], _stage.For("bot/b", told));
        Assert.Empty(_stage.For("bot/c", told));

        await _stage.Of("romeo").IntroduceAsync($"{bot}/b");
        told = _stage.Sink.Take();
        Assert.Empty(_stage.For("bot/a", told));
        Assert.Equal(["available romeo/a seen by romeo"], _stage.For("bot/b", told));

        await _stage.UnbindAsync("romeo/a");
        Assert.Equal(["unavailable romeo/a seen by romeo"], _stage.For("bot/a", _stage.Sink.Take()));
        await _stage.Of("romeo").IntroduceAsync($"nobody@{_stage.Domain}/r");
        Assert.Empty(_stage.Sink.Take());
    }

    private void Grant(PresencePrivilege presence, string? entity = null) => silo.Hosts.Set(HostSettings.Default(_stage.Domain) with
    {
        Components = ImmutableDictionary<string, ComponentSettings>.Empty.Add(Pubsub, new ExternalComponentSettings { Domain = Pubsub, Secret = "secret" }),
        PrivilegedEntities = ImmutableDictionary<string, EntityPrivileges>.Empty.Add(
            entity ?? Pubsub, new EntityPrivileges { Presence = presence, Roster = PrivilegeAccess.Get, MayMessage = true }),
    });

    private string[] Told() => _stage.For("pubsub", _stage.Sink.Take());
}
