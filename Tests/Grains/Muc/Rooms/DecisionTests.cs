using System.Collections.Immutable;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Muc;
using Krewe.Contracts.Stanzas;
using Krewe.Tests.Support;

namespace Krewe.Tests.Grains.Muc.Rooms;

/// <summary>Contract "Room access": what the decisions of a tenant's service do to those who enter a room and to those who are in it.</summary>
public sealed class DecisionTests(RoomSilo silo) : IClassFixture<RoomSilo>
{
    private static readonly MucPresenceResult NeedsDecision = new(MucPresenceOutcome.NeedsDecision);

    [Fact]
    public async Task Entry_NeedsADecision_BeforeAnythingIsSaidOrMade()
    {
        var stage = NewStage();

        Assert.Equal(NeedsDecision, await stage.PresenceAsync("romeo"));
        Assert.Null(await stage.Grain.InfoAsync());
        await stage.EnterAsync("romeo", decision: Admitted());

        // A taken nickname, which is nobody's business yet.
        Assert.Equal(NeedsDecision, await stage.PresenceAsync("juliet", "Romeo"));
        Assert.Equal(StanzaError.Conflict, (await stage.PresenceAsync("juliet", "Romeo", Admitted())).Error);
        await stage.EnterAsync("juliet", decision: Admitted());
        Assert.Equal(MucPresenceOutcome.Present, (await stage.PresenceAsync("juliet")).Outcome);
    }

    [Fact]
    public async Task BannedUsers_AreNotAskedAbout_NorExemptAdmins_NorRoomsThatAreNoneOfItsBusiness()
    {
        var stage = NewStage(auth => auth with { ExemptAdmins = true }, host => host with { Admins = ["escalus@" + host.Domain] });
        await stage.EnterAsync("escalus");
        await stage.SetAffiliationAsync("escalus", "tybalt", MucAffiliation.Outcast);

        Assert.Equal(StanzaError.Forbidden, (await stage.PresenceAsync("tybalt")).Error);
        stage.Change((MucServiceSettings service) => service with { HttpAuth = service.HttpAuth! with { DisabledFor = new MucRoomSelection(["stage"], ImmutableDictionary<string, ImmutableHashSet<string>>.Empty) } });
        await stage.EnterAsync("juliet");
    }

    [Theory]
    [InlineData(null, StanzaErrorType.Auth, StanzaErrorCondition.NotAuthorized)]
    [InlineData(StanzaErrorCondition.Forbidden, StanzaErrorType.Auth, StanzaErrorCondition.Forbidden)]
    [InlineData(StanzaErrorCondition.RegistrationRequired, StanzaErrorType.Auth, StanzaErrorCondition.RegistrationRequired)]
    [InlineData(StanzaErrorCondition.ItemNotFound, StanzaErrorType.Cancel, StanzaErrorCondition.ItemNotFound)]
    [InlineData(StanzaErrorCondition.ServiceUnavailable, StanzaErrorType.Wait, StanzaErrorCondition.ServiceUnavailable)]
    public async Task Refusal_IsWhatTheServiceSays_AndLeavesNoTrace(StanzaErrorCondition? condition, StanzaErrorType type, StanzaErrorCondition told)
    {
        var stage = NewStage(service: service => service with { RoomDefaults = MucRoomConfig.Default with { IsPersistent = true } });

        var result = await stage.PresenceAsync("romeo", decision: Refused() with { Condition = condition, Reason = "not today" });

        Assert.Equal(new MucPresenceResult(MucPresenceOutcome.Refused, new StanzaError(type, told, "not today")), result);
        Assert.Null(await stage.Grain.InfoAsync());
        Assert.Null(await stage.Grain.DocumentAsync());
        Assert.False(silo.IsStored(stage.Room.Bare));
        Assert.Equal(0, (await stage.Rooms.RoomsAsync(null, 10, false)).Count);
        Assert.Empty(await stage.Decisions.FindAsync(null, null, null, 10));
    }

    [Fact]
    public async Task NoAnswer_IsATimeoutOfTheRemoteService()
    {
        var stage = NewStage();

        Assert.Equal(StanzaError.RemoteServerTimeout, (await stage.PresenceAsync("romeo", decision: Failed())).Error);
        Assert.Equal(0, (await stage.Rooms.RoomsAsync(null, 10, false)).Count);
    }

    [Fact]
    public async Task AffiliationAndRole_AreTheServices_ForTheVisit_InListsAndAgainstAdmins()
    {
        var stage = NewStage();
        await stage.EnterAsync("romeo", decision: Admitted());
        await stage.EnterAsync("juliet", decision: Admitted(MucAffiliation.Admin));
        await stage.EnterAsync("nurse", decision: Admitted(MucAffiliation.Member, MucRole.Visitor));
        stage.Take("romeo");

        Assert.Contains("+Juliet admin/moderator <juliet/orchard> [110]", stage.Take("juliet"));
        Assert.Contains("+Nurse member/visitor <nurse/orchard> [110]", stage.Take("nurse"));
        var members = await stage.Grain.ListAsync(stage.User("romeo"), MucAffiliation.Member, null);
        Assert.Equal(["nurse"], members.Items.Select(item => item.Jid!.Localpart));
        Assert.Equal(StanzaError.NotAllowed, await stage.SetAffiliationAsync("romeo", "nurse", MucAffiliation.Outcast));
        Assert.Equal(StanzaError.NotAllowed, await stage.SetAffiliationAsync("romeo", "juliet", MucAffiliation.None));
        Assert.Empty((await stage.Grain.DocumentAsync())!.Affiliations.Where(item => item.Jid!.Localpart != "romeo"));

        await stage.LeaveAsync("nurse");
        Assert.Empty((await stage.Grain.ListAsync(stage.User("romeo"), MucAffiliation.Member, null)).Items);
        Assert.Null(await stage.SetAffiliationAsync("romeo", "nurse", MucAffiliation.Outcast));
        Assert.Equal(StanzaError.Forbidden, (await stage.PresenceAsync("nurse", decision: Admitted(MucAffiliation.Member))).Error);
    }

    [Fact]
    public async Task FirstComer_WhoIsNotTheOwnerAsTheServiceSays_MakesAnOpenRoomOfTheTenants()
    {
        var stage = NewStage(service: service => service with { RoomLocking = true });

        await stage.EnterAsync("romeo", decision: Admitted(MucAffiliation.Member));

        Assert.Equal(["+Romeo member/participant <romeo/orchard> [110 201]", "room subject ''"], stage.Take("romeo"));
        Assert.Empty((await stage.Grain.DocumentAsync())!.Affiliations);
        await stage.EnterAsync("juliet", decision: Admitted(MucAffiliation.Owner));
        await stage.ConfigureAsync("juliet", new MucConfigChange { Name = "Verona" });
    }

    [Fact]
    public async Task FirstComer_WithoutMembership_WhereNewRoomsAreForMembers_LeavesNoTrace()
    {
        var stage = NewStage(service: service => service with { RoomDefaults = MucRoomConfig.Default with { IsMembersOnly = true } });

        Assert.Equal(StanzaError.RegistrationRequired, (await stage.PresenceAsync("romeo", decision: Admitted(MucAffiliation.None))).Error);

        Assert.Null(await stage.Grain.InfoAsync());
        Assert.Equal(0, (await stage.Rooms.RoomsAsync(null, 10, false)).Count);
    }

    [Fact]
    public async Task NewNickname_NeedsADecision_WhoseRefusalLeavesTheOldOne()
    {
        var stage = NewStage();
        await stage.EnterAsync("romeo", decision: Admitted());
        stage.Take("romeo");

        Assert.Equal(NeedsDecision with { Nickname = "Romeo" }, await stage.PresenceAsync("romeo", "Prince", isJoin: false));
        var refused = await stage.PresenceAsync("romeo", "Prince", Refused(), isJoin: false);
        Assert.Equal((StanzaErrorCondition.NotAuthorized, "Romeo"), (refused.Error!.Condition, refused.Nickname));
        Assert.Empty(stage.Take("romeo"));
        Assert.Equal("Montague", (await stage.PresenceAsync("romeo", "Montague", Admitted(role: MucRole.Visitor), isJoin: false)).Nickname);
    }

    [Fact]
    public async Task ADecisionThatSaysSomethingElse_ForAFurtherSession_HoldsForAll()
    {
        var stage = NewStage();
        await stage.EnterAsync("romeo", decision: Admitted());
        await stage.EnterAsync("juliet", decision: Admitted(MucAffiliation.Member));
        stage.Take("romeo");

        Assert.Equal(MucPresenceOutcome.Present, (await stage.PresenceAsync("juliet/garden", "Juliet", Admitted(MucAffiliation.None, MucRole.Visitor))).Outcome);

        Assert.Equal(["+Juliet none/visitor <juliet/orchard>"], stage.Take("romeo"));
        Assert.Contains("+Juliet none/visitor <juliet/garden> [110]", stage.Take("juliet/garden"));
    }

    [Theory]
    [InlineData(false, null, "none/none", 307)]
    [InlineData(true, null, "none/none", 321)]
    [InlineData(false, MucAffiliation.Outcast, "outcast/none", 301)]
    [InlineData(true, MucAffiliation.Outcast, "outcast/none", 301)]
    public async Task ExplicitRefusal_RemovesEverySession_WithItsCodeAndReason(bool isMembersOnly, MucAffiliation? affiliation, string item, int status)
    {
        var stage = NewStage(service: service => service with { RoomDefaults = MucRoomConfig.Default with { IsMembersOnly = isMembersOnly } });
        var mine = isMembersOnly ? Admitted(MucAffiliation.Member) : Admitted();
        await stage.EnterAsync("romeo", decision: Admitted());
        await stage.EnterAsync("juliet/balcony", decision: mine);
        await stage.EnterAsync("juliet/garden", "Juliet", mine);
        await stage.EnterAsync("juliet/hall", "Capulet", mine);
        foreach (var address in new[] { "romeo", "juliet/balcony", "juliet/garden", "juliet/hall" })
        {
            stage.Take(address);
        }

        Assert.Equal(3, await stage.Grain.ApplyAsync(stage.User("juliet"), Refused() with { Affiliation = affiliation, Reason = "no more" }));

        Assert.Contains($"-Juliet {item} <juliet/balcony> because 'no more' [110 {status}]", stage.Take("juliet/balcony"));
        Assert.Contains($"-Juliet {item} <juliet/garden> because 'no more' [110 {status}]", stage.Take("juliet/garden"));
        Assert.Contains($"-Capulet {item} <juliet/hall> because 'no more' [110 {status}]", stage.Take("juliet/hall"));
        var told = stage.Take("romeo");
        Assert.Equal(2, told.Length);
        Assert.All(told, line => Assert.EndsWith($"because 'no more' [{status}]", line));
        Assert.Equal(0, await stage.Grain.ApplyAsync(stage.User("juliet"), Refused()));
        Assert.Empty(Present(await stage.Decisions.FindAsync(null, stage.User("juliet").Bare, null, 10)));
    }

    [Fact]
    public async Task NewAdmission_AdjustsAffiliationAndRole()
    {
        var stage = NewStage();
        await stage.EnterAsync("romeo", decision: Admitted());
        await stage.EnterAsync("juliet", decision: Admitted());
        stage.Take("romeo");

        Assert.Equal(0, await stage.Grain.ApplyAsync(stage.User("juliet"), Admitted(MucAffiliation.Member, MucRole.Moderator)));
        Assert.Equal(0, await stage.Grain.ApplyAsync(stage.User("juliet"), Admitted(MucAffiliation.Member, MucRole.Moderator)));
        Assert.Equal(0, await stage.Grain.ApplyAsync(stage.User("juliet"), Admitted()));

        Assert.Equal(["+Juliet member/moderator <juliet/orchard>", "+Juliet none/participant <juliet/orchard>"], stage.Take("romeo"));
    }

    [Theory]
    [MemberData(nameof(NoAnswers))]
    public async Task WhateverIsNoExplicitAnswer_RemovesAndChangesNobody(MucDecision decision)
    {
        var stage = NewStage();
        await stage.EnterAsync("romeo", decision: Admitted());
        await stage.EnterAsync("juliet", decision: Admitted(MucAffiliation.Member));
        stage.Take("romeo");

        Assert.Equal(0, await stage.Grain.ApplyAsync(stage.User("juliet"), decision));

        Assert.Empty(stage.Take("romeo"));
        Assert.True(await stage.Grain.IsPresentAsync(stage.User("juliet")));
    }

    public static TheoryData<MucDecision> NoAnswers() => new(
        Failed(), Refused() with { IsExplicit = false }, Refused() with { IsExplicit = false, IsFallback = true }, Admitted(MucAffiliation.Owner) with { IsFallback = true });

    [Fact]
    public async Task Presence_IsKnownToTheDecisions_FromTheFirstSessionToTheLast()
    {
        var stage = NewStage();
        await stage.EnterAsync("romeo", decision: Admitted());
        await stage.EnterAsync("juliet/balcony", decision: Admitted());
        await stage.EnterAsync("juliet/hall", "Capulet", Admitted());
        await UntilPresentAsync(stage, "juliet", "romeo");

        await stage.LeaveAsync("juliet/balcony");
        await stage.PresenceAsync("juliet/hall", "Juliet", Admitted(), isJoin: false);
        await UntilPresentAsync(stage, "juliet", "romeo");
        await stage.LeaveAsync("juliet/hall");
        await UntilPresentAsync(stage, "romeo");
        await stage.Grain.DeleteAsync(new MucDestroy(null, null, null));
        await UntilPresentAsync(stage);
    }

    /// <summary>They are told by one-way calls.</summary>
    private static async Task UntilPresentAsync(RoomStage stage, params string[] users)
    {
        using var deadline = new CancellationTokenSource(Timeouts.Test);
        while (!Present(await stage.Decisions.FindAsync(stage.Room.Bare, null, null, 10)).SequenceEqual(users.Select(user => stage.User(user).Bare)))
        {
            deadline.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private static IEnumerable<string> Present(IEnumerable<MucDecisionPlace> places) => places.Where(place => place.IsPresent).Select(place => place.User);

    private RoomStage NewStage(
        Func<MucHttpAuthSettings, MucHttpAuthSettings>? auth = null, Func<HostSettings, HostSettings>? host = null, Func<MucServiceSettings, MucServiceSettings>? service = null)
    {
        // Nobody is asked in these tests: the decisions are given.
        var settings = new MucHttpAuthSettings { Url = "http://127.0.0.1:1/" };
        return new RoomStage(silo, plain => (service?.Invoke(plain) ?? plain) with { HttpAuth = auth?.Invoke(settings) ?? settings }, host);
    }

    private static MucDecision Admitted(MucAffiliation? affiliation = null, MucRole? role = null) =>
        new(MucVerdict.Admitted, DateTimeOffset.UtcNow.AddMinutes(5), Affiliation: affiliation, Role: role);

    private static MucDecision Refused() => new(MucVerdict.Refused, DateTimeOffset.UtcNow.AddSeconds(10), IsExplicit: true);

    private static MucDecision Failed() => new(MucVerdict.Failed, DateTimeOffset.UtcNow);
}
