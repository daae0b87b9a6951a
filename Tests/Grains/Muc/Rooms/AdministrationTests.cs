using Krewe.Contracts.Muc;
using Krewe.Contracts.Stanzas;

namespace Krewe.Tests.Grains.Muc.Rooms;

/// <summary>XEP-0045 §8, §9: kicks, voice, bans, affiliations, and the lists of them. Who may do what to whom is <c>MucPermissionsTests</c>'.</summary>
public sealed class AdministrationTests(RoomSilo silo) : IClassFixture<RoomSilo>
{
    [Fact]
    public async Task Kick_Is307_ToEverySession_AndToldToTheOthersOnce()
    {
        var stage = new RoomStage(silo);
        await stage.EnterAllAsync("romeo", "juliet/balcony", "nurse");
        await stage.EnterAsync("juliet/garden", "Juliet");
        stage.Take("juliet/garden");

        Assert.Null(await stage.SetRoleAsync("romeo", "Juliet", MucRole.None, "too loud"));

        Assert.Equal(["-Juliet none/none <juliet/balcony> by Romeo because 'too loud' [110 307]"], stage.Take("juliet/balcony"));
        Assert.Equal(["-Juliet none/none <juliet/garden> by Romeo because 'too loud' [110 307]"], stage.Take("juliet/garden"));
        Assert.Equal(["-Juliet none/none by Romeo because 'too loud' [307]"], stage.Take("nurse"));
        Assert.StartsWith("-Juliet none/none <juliet/", Assert.Single(stage.Take("romeo")));
        await stage.EnterAsync("juliet/balcony");
    }

    [Fact]
    public async Task Ban_Is301_AndKeepsOut_UntilItIsLifted()
    {
        var stage = new RoomStage(silo);
        await stage.EnterAllAsync("romeo", "juliet", "nurse");

        Assert.Null(await stage.SetAffiliationAsync("romeo", "juliet", MucAffiliation.Outcast, "treason"));

        Assert.Equal(["-Juliet outcast/none <juliet/orchard> by Romeo because 'treason' [110 301]"], stage.Take("juliet"));
        Assert.Equal(["-Juliet outcast/none by Romeo because 'treason' [301]"], stage.Take("nurse"));
        Assert.Equal(StanzaError.Forbidden, (await stage.PresenceAsync("juliet/elsewhere")).Error);
        Assert.Equal(
            new MucListItem(stage.User("juliet"), null, MucAffiliation.Outcast, null, "treason"),
            Assert.Single((await stage.Grain.ListAsync(stage.Session("romeo").Jid, MucAffiliation.Outcast, null)).Items));
        Assert.Null(await stage.SetAffiliationAsync("romeo", "juliet", MucAffiliation.None));
        await stage.EnterAsync("juliet");
    }

    [Fact]
    public async Task Affiliations_CarryTheirRoles_AndModeratorsLearnWhoEverybodyIs()
    {
        var stage = new RoomStage(silo, service => service with { RoomDefaults = MucRoomConfig.Default with { IsModerated = true } });
        await stage.EnterAllAsync("romeo", "juliet", "nurse");

        Assert.Null(await stage.SetAffiliationAsync("romeo", "juliet", MucAffiliation.Member));
        Assert.Equal(["+Juliet member/participant <juliet/orchard> by Romeo [110]"], stage.Take("juliet"));
        Assert.Null(await stage.SetAffiliationAsync("romeo", "juliet", MucAffiliation.Admin));
        Assert.Equal(
            ["+Juliet admin/moderator <juliet/orchard> by Romeo [110]", "+Nurse none/visitor <nurse/orchard>", "+Romeo owner/moderator <romeo/orchard>"],
            stage.Take("juliet").Order(StringComparer.Ordinal));
        Assert.Equal(["+Juliet member/participant by Romeo", "+Juliet admin/moderator by Romeo"], stage.Take("nurse"));
        Assert.Null(await stage.SetAffiliationAsync("romeo", "juliet", MucAffiliation.None));
        Assert.Equal(["+Juliet none/visitor <juliet/orchard> by Romeo [110]"], stage.Take("juliet"));
    }

    [Fact]
    public async Task MembershipLost_InAMembersOnlyRoom_Is321()
    {
        var stage = new RoomStage(silo, service => service with { RoomDefaults = MucRoomConfig.Default with { IsMembersOnly = true } });
        await stage.EnterAllAsync("romeo");
        await stage.SetAffiliationAsync("romeo", "juliet", MucAffiliation.Member);
        await stage.EnterAllAsync("juliet");

        Assert.Null(await stage.SetAffiliationAsync("romeo", "juliet", MucAffiliation.None));

        Assert.Equal(["-Juliet none/none <juliet/orchard> by Romeo [110 321]"], stage.Take("juliet"));
        Assert.Equal("-Juliet none/none <juliet/orchard> by Romeo [321]", stage.Take("romeo")[^1]);
    }

    [Fact]
    public async Task Items_AreAllCarriedOut_OrNone()
    {
        var stage = new RoomStage(silo);
        await stage.EnterAllAsync("romeo", "juliet", "nurse");

        Assert.Equal(StanzaError.ItemNotFound, await SetAsync(
            new MucAdminItem("Juliet", null, null, MucRole.None, null), new MucAdminItem("Nobody", null, null, MucRole.None, null)));
        Assert.Equal(StanzaError.Conflict, await SetAsync(
            new MucAdminItem(null, stage.User("juliet"), MucAffiliation.Outcast, null, null), new MucAdminItem(null, stage.User("romeo"), MucAffiliation.Outcast, null, null)));
        Assert.Empty(stage.Take("juliet"));

        Assert.Null(await SetAsync(
            new MucAdminItem(null, stage.User("juliet"), MucAffiliation.Outcast, null, null), new MucAdminItem(null, stage.User("nurse"), MucAffiliation.Member, null, null)));
        Assert.Equal("-Juliet outcast/none <juliet/orchard> by Romeo [110 301]", Assert.Single(stage.Take("juliet")));
        Assert.Equal("+Nurse member/participant <nurse/orchard> by Romeo [110]", stage.Take("nurse")[^1]);

        Task<StanzaError?> SetAsync(params MucAdminItem[] items) => stage.Grain.AdministerAsync(stage.Session("romeo"), [.. items]);
    }

    [Fact]
    public async Task KickedTwiceInOneRequest_GoesOnce()
    {
        var stage = new RoomStage(silo);
        await stage.EnterAllAsync("romeo", "juliet");

        Assert.Null(await stage.Grain.AdministerAsync(
            stage.Session("romeo"), [new MucAdminItem("Juliet", null, null, MucRole.None, null), new MucAdminItem("Juliet", null, null, MucRole.Visitor, null)]));

        Assert.Equal(["-Juliet none/none <juliet/orchard> by Romeo [307]"], stage.Take("romeo"));
    }

    [Fact]
    public async Task RoleAndAffiliationTogether_OrNeither_IsABadRequest()
    {
        var stage = new RoomStage(silo);
        await stage.EnterAllAsync("romeo", "juliet");
        MucAdminItem[][] requests =
        [
            [],
            [new MucAdminItem("Juliet", null, MucAffiliation.Member, MucRole.Moderator, null)],
            [new MucAdminItem("Juliet", null, null, null, null)],
            [new MucAdminItem(null, null, MucAffiliation.Member, null, null)],
            [new MucAdminItem(null, stage.User("juliet"), null, MucRole.None, null)],
            [new MucAdminItem(null, stage.User("juliet"), MucAffiliation.Member, null, null), new MucAdminItem("Juliet", null, null, MucRole.Moderator, null)],
        ];

        foreach (var items in requests)
        {
            Assert.Equal(StanzaError.BadRequest, await stage.Grain.AdministerAsync(stage.Session("romeo"), [.. items]));
        }

        Assert.Empty(stage.Take("juliet"));
    }

    [Fact]
    public async Task Affiliation_ByNickname_IsThatOfTheUser()
    {
        var stage = new RoomStage(silo);
        await stage.EnterAllAsync("romeo", "juliet");

        Assert.Null(await stage.Grain.AdministerAsync(stage.Session("romeo"), [new MucAdminItem("Juliet", null, MucAffiliation.Member, null, null)]));

        Assert.Equal(["+Juliet member/participant <juliet/orchard> by Romeo [110]"], stage.Take("juliet"));
        Assert.Equal(StanzaError.ItemNotFound, await stage.Grain.AdministerAsync(stage.Session("romeo"), [new MucAdminItem("Nobody", null, MucAffiliation.Member, null, null)]));
    }

    [Fact]
    public async Task AffiliationsFromOutside_AreOwners_RolesAreNot()
    {
        var stage = new RoomStage(silo);
        await stage.EnterAllAsync("romeo", "juliet");
        await stage.EnterAsync("nurse");
        await stage.SetAffiliationAsync("romeo", "escalus", MucAffiliation.Owner);

        Assert.Null(await stage.SetAffiliationAsync("escalus", "juliet", MucAffiliation.Member));
        Assert.Equal(StanzaError.Forbidden, await stage.SetRoleAsync("escalus", "Juliet", MucRole.None));
        Assert.Equal(StanzaError.Forbidden, await stage.SetAffiliationAsync("nurse", "juliet", MucAffiliation.None));
        Assert.Equal(StanzaError.Forbidden, await stage.SetRoleAsync("nurse", "Nobody", MucRole.None));
    }

    [Fact]
    public async Task LastOwner_StaysOne_AndNobodyBansThemselves()
    {
        var stage = new RoomStage(silo);
        await stage.EnterAllAsync("romeo", "juliet");

        Assert.Equal(StanzaError.Conflict, await stage.SetAffiliationAsync("romeo", "romeo", MucAffiliation.Member));
        Assert.Equal(StanzaError.Conflict, await stage.SetAffiliationAsync("romeo", "romeo", MucAffiliation.Outcast));
        Assert.Null(await stage.SetAffiliationAsync("romeo", "juliet", MucAffiliation.Owner));
        Assert.Null(await stage.SetAffiliationAsync("romeo", "romeo", MucAffiliation.Member));
        Assert.Equal(StanzaError.Forbidden, await stage.SetAffiliationAsync("romeo", "juliet", MucAffiliation.None));
    }

    [Fact]
    public async Task Lists_AreForThoseWhoMayReadThem()
    {
        var stage = new RoomStage(silo);
        await stage.EnterAllAsync("romeo", "juliet", "nurse");
        await stage.SetAffiliationAsync("romeo", "juliet", MucAffiliation.Member);
        await stage.SetAffiliationAsync("romeo", "anne", MucAffiliation.Member);

        var members = await stage.Grain.ListAsync(stage.Session("romeo").Jid, MucAffiliation.Member, null);
        Assert.Equal(["anne", "juliet"], members.Items.Select(item => item.Jid!.Localpart));
        var voiced = await stage.Grain.ListAsync(stage.Session("romeo").Jid, null, MucRole.Participant);
        Assert.Equal([("Juliet", stage.Session("juliet").Jid), ("Nurse", stage.Session("nurse").Jid)], voiced.Items.Select(item => (item.Nickname, item.Jid)));
        Assert.Equal(StanzaError.Forbidden, (await stage.Grain.ListAsync(stage.Session("juliet").Jid, null, MucRole.Participant)).Error);
        Assert.Equal(StanzaError.Forbidden, (await stage.Grain.ListAsync(stage.User("romeo"), null, MucRole.Participant)).Error);
        foreach (var list in Enum.GetValues<MucAffiliation>())
        {
            Assert.Equal(StanzaError.Forbidden, (await stage.Grain.ListAsync(stage.Session("juliet").Jid, list, null)).Error);
        }

        await stage.ConfigureAsync("romeo", new MucConfigChange { MembersSeeLists = true });
        Assert.Equal(["romeo"], (await stage.Grain.ListAsync(stage.Session("juliet").Jid, MucAffiliation.Owner, null)).Items.Select(item => item.Jid!.Localpart));
        Assert.Equal(StanzaError.Forbidden, (await stage.Grain.ListAsync(stage.Session("juliet").Jid, MucAffiliation.Outcast, null)).Error);
        Assert.Equal(StanzaError.Forbidden, (await stage.Grain.ListAsync(stage.Session("nurse").Jid, MucAffiliation.Owner, null)).Error);
    }
}
