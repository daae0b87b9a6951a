using Krewe.Contracts.Hosts;
using Krewe.Contracts.Muc;
using Krewe.Contracts.Stanzas;

namespace Krewe.Tests.Grains.Muc.Rooms;

/// <summary>XEP-0045 §7.8, §7.10: invitations, and registration with a room.</summary>
public sealed class MembershipTests(RoomSilo silo) : IClassFixture<RoomSilo>
{
    [Fact]
    public async Task AnybodyInside_InvitesIntoAnOpenRoom_WithItsPassword()
    {
        var stage = new RoomStage(silo, service => service with { RoomDefaults = MucRoomConfig.Default with { IsModerated = true } });
        await stage.EnterAllAsync("romeo", "juliet");
        await stage.ConfigureAsync("romeo", new MucConfigChange { Password = "sesame" });

        Assert.Equal(new MucInvitationResult(null, "sesame"), await stage.Grain.InviteAsync(stage.Session("juliet"), stage.User("nurse")));
        Assert.Equal(StanzaError.NotAcceptable, (await stage.Grain.InviteAsync(stage.Session("nurse"), stage.User("tybalt"))).Error);
        Assert.Empty((await stage.Grain.ListAsync(stage.User("romeo"), MucAffiliation.Member, null)).Items);
    }

    [Fact]
    public async Task InvitationIntoAMembersOnlyRoom_IsTheAdmins_AndMakesAMember()
    {
        var stage = new RoomStage(silo, service => service with { RoomDefaults = MucRoomConfig.Default with { IsMembersOnly = true } });
        await stage.EnterAllAsync("romeo");
        await stage.SetAffiliationAsync("romeo", "juliet", MucAffiliation.Member);
        await stage.EnterAllAsync("juliet");
        await stage.SetAffiliationAsync("romeo", "tybalt", MucAffiliation.Outcast);

        Assert.Equal(StanzaError.Forbidden, (await stage.Grain.InviteAsync(stage.Session("juliet"), stage.User("nurse"))).Error);
        Assert.Equal(StanzaErrorCondition.RegistrationRequired, (await stage.PresenceAsync("nurse")).Error?.Condition);
        Assert.Null((await stage.Grain.InviteAsync(stage.Session("romeo"), stage.User("nurse"))).Error);
        await stage.EnterAsync("nurse");
        Assert.Equal(StanzaError.Forbidden, (await stage.Grain.InviteAsync(stage.Session("romeo"), stage.User("tybalt"))).Error);

        await stage.ConfigureAsync("romeo", new MucConfigChange { MayInvite = true });
        Assert.Null((await stage.Grain.InviteAsync(stage.Session("juliet"), stage.User("anne"))).Error);
        await stage.EnterAsync("anne");
    }

    [Fact]
    public async Task Registration_ReservesANickname_AndMakesAMember_UntilItEnds()
    {
        var stage = new RoomStage(silo);
        await stage.EnterAllAsync("romeo", "juliet");
        Assert.Equal(new MucRegistration(null, false, null), await stage.Grain.RegistrationAsync(stage.User("juliet")));
        Assert.Equal(StanzaError.RegistrationRequired, await stage.Grain.UnregisterAsync(stage.User("juliet")));
        Assert.Equal(StanzaError.Conflict, (await stage.Grain.RegisterAsync(stage.User("juliet"), "Romeo", null)).Error);

        Assert.Equal(new MucRegistration(null, true, "Capulet"), await stage.Grain.RegisterAsync(stage.Session("juliet").Jid, "Capulet", null));

        Assert.Equal(new MucRegistration(null, true, "Capulet"), await stage.Grain.RegistrationAsync(stage.User("juliet")));
        Assert.Equal(["+Juliet member/participant <juliet/orchard>"], stage.Take("romeo"));
        Assert.Equal(StanzaError.Conflict, (await stage.PresenceAsync("romeo", "Capulet", isJoin: false)).Error);
        Assert.Null(await stage.Grain.UnregisterAsync(stage.User("juliet")));
        Assert.Equal(["+Juliet none/participant <juliet/orchard>"], stage.Take("romeo"));
        Assert.Equal(MucPresenceOutcome.Present, (await stage.PresenceAsync("romeo", "Capulet", isJoin: false)).Outcome);
    }

    [Fact]
    public async Task RegistrationOfTheBanned_OrWithAClosedOrAbsentRoom_IsRefused()
    {
        var stage = new RoomStage(silo);
        Assert.Equal(StanzaError.ItemNotFound, (await stage.Grain.RegisterAsync(stage.User("juliet"), "Capulet", null)).Error);
        await stage.EnterAllAsync("romeo");
        await stage.SetAffiliationAsync("romeo", "tybalt", MucAffiliation.Outcast);
        await stage.ConfigureAsync("romeo", new MucConfigChange { IsMembersOnly = true });

        Assert.Equal(StanzaError.Forbidden, (await stage.Grain.RegisterAsync(stage.User("tybalt"), "Prince", null)).Error);
        Assert.Equal(StanzaError.NotAllowed, (await stage.Grain.RegisterAsync(stage.User("juliet"), "Capulet", null)).Error);
        Assert.Null((await stage.Grain.RegisterAsync(stage.User("romeo"), "Montague", null)).Error);
        Assert.Null(await stage.Grain.UnregisterAsync(stage.User("romeo")));

        // An owner stays one without a reserved name.
        Assert.Null((await stage.Grain.ConfigurationAsync(stage.User("romeo"))).Error);
    }

    [Fact]
    public async Task EndOfRegistration_WithAMembersOnlyRoom_IsItsEndInTheRoom()
    {
        var stage = new RoomStage(silo);
        await stage.EnterAllAsync("romeo", "juliet");
        await stage.Grain.RegisterAsync(stage.User("juliet"), "Capulet", null);
        await stage.ConfigureAsync("romeo", new MucConfigChange { IsMembersOnly = true });
        stage.Take("juliet");

        Assert.Null(await stage.Grain.UnregisterAsync(stage.User("juliet")));

        Assert.Equal(["-Juliet none/none <juliet/orchard> [110 321]"], stage.Take("juliet"));
    }

    [Fact]
    public async Task Registration_WhereTheServiceDecides_IsDecided()
    {
        var now = DateTimeOffset.UtcNow;
        var stage = new RoomStage(silo, service => service with { HttpAuth = new MucHttpAuthSettings { Url = "http://127.0.0.1:1/", AuthorizeRegistration = true } });
        var allowed = new MucDecision(MucVerdict.Admitted, now.AddMinutes(5));
        await stage.EnterAsync("romeo", decision: allowed);

        Assert.True((await stage.Grain.RegisterAsync(stage.User("juliet"), "Capulet", null)).NeedsDecision);
        var refused = await stage.Grain.RegisterAsync(stage.User("juliet"), "Capulet", new MucDecision(MucVerdict.Refused, now.AddMinutes(1), IsExplicit: true, Reason: "no"));
        Assert.Equal(new StanzaError(StanzaErrorType.Auth, StanzaErrorCondition.NotAuthorized, "no"), refused.Error);
        Assert.Null((await stage.Grain.RegistrationAsync(stage.User("juliet"))).Nickname);
        Assert.Equal("Capulet", (await stage.Grain.RegisterAsync(stage.User("juliet"), "Capulet", allowed)).Nickname);
    }
}
