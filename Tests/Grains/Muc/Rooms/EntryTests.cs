using Krewe.Contracts.Hosts;
using Krewe.Contracts.Muc;
using Krewe.Contracts.Stanzas;
using Krewe.Tests.Support;

namespace Krewe.Tests.Grains.Muc.Rooms;

/// <summary>XEP-0045 §7.2: what those who enter are told, in which order, and who may not enter.</summary>
public sealed class EntryTests(RoomSilo silo) : IClassFixture<RoomSilo>
{
    private static readonly MucRoomConfig Open = MucRoomConfig.Default;

    [Fact]
    public async Task Entry_InOrder_OthersThenSelfThenHistoryThenSubject()
    {
        var stage = new RoomStage(silo);
        await stage.EnterAsync("romeo");
        await stage.EnterAsync("juliet");
        await stage.SubjectAsync("romeo", "love");
        await stage.SayAsync("romeo", "<body>one</body>", "m1");
        await stage.SayAsync("juliet", "<body>two</body>", "m2");
        stage.Take("romeo");
        stage.Take("juliet");

        await stage.PresenceAsync("nurse", id: "e1", payload: "<status>here</status>");

        Assert.Equal(
            [
                "+Romeo owner/moderator", "+Juliet none/participant", "+Nurse <status>here</status> none/participant <nurse/orchard> [110] #e1",
                "Romeo: <body>one</body> earlier #m1", "Juliet: <body>two</body> earlier #m2", "Romeo subject 'love'",
            ],
            Sorted(stage.Take("nurse"), 0, 2));
        Assert.Equal(["+Nurse <status>here</status> none/participant <nurse/orchard> #e1"], stage.Take("romeo"));
        Assert.Equal(["+Nurse <status>here</status> none/participant #e1"], stage.Take("juliet"));
    }

    [Fact]
    public async Task Entry_WithoutSubject_HasAnEmptyOne_AndTheCreatorIsTold()
    {
        var stage = new RoomStage(silo);

        await stage.EnterAsync("romeo");

        Assert.Equal(["+Romeo owner/moderator <romeo/orchard> [110 201]", "room subject ''"], stage.Take("romeo"));
    }

    [Fact]
    public async Task NonAnonymousRoom_ShowsFullAddressesToAll_AndSaysSo()
    {
        var stage = new RoomStage(silo, service => service with { RoomDefaults = Open with { IsNonAnonymous = true } });
        await stage.EnterAsync("romeo");
        await stage.EnterAsync("juliet");
        stage.Take("romeo");

        await stage.EnterAsync("nurse/cell");

        Assert.Equal(
            ["+Juliet none/participant <juliet/orchard>", "+Romeo owner/moderator <romeo/orchard>", "+Nurse none/participant <nurse/cell> [100 110]", "room subject ''"],
            Sorted(stage.Take("nurse/cell"), 0, 2, "Juliet"));
        Assert.Equal(["+Nurse none/participant <nurse/cell>"], stage.Take("romeo"));
        Assert.Equal("+Nurse none/participant <nurse/cell>", stage.Take("juliet")[^1]);
    }

    [Fact]
    public async Task OccupantIds_AreTheSameForTheSameUser_WhateverTheNickname_AndOthersInOtherRooms()
    {
        var stage = new RoomStage(silo);
        await stage.EnterAsync("romeo");
        var first = stage.TakeStanzas("romeo")[0].OccupantId;
        await stage.PresenceAsync("romeo", "Montague");
        var renamed = stage.TakeStanzas("romeo");
        await stage.EnterAsync("juliet");

        Assert.All(renamed, stanza => Assert.Equal(first, stanza.OccupantId));
        Assert.InRange(first!.Length, 32, 128);
        Assert.NotEqual(first, stage.TakeStanzas("juliet")[^2].OccupantId);
        var other = silo.Grains.GetGrain<IMucRoomGrain>($"other@{stage.Service.Domain}");
        await other.PresenceAsync(new MucPresence(stage.Session("romeo"), "Romeo", null, MucPayload.Empty, IsJoin: true), null);
        Assert.NotEqual(first, stage.TakeStanzas("romeo")[^2].OccupantId);
    }

    [Fact]
    public async Task EntryOfAJoinedSession_IsAResync_AndAnUpdateForTheOthers()
    {
        var stage = new RoomStage(silo);
        await stage.EnterAllAsync("romeo", "juliet");

        var result = await stage.PresenceAsync("juliet", id: "again", payload: "<show>away</show>");

        Assert.Equal(new MucPresenceResult(MucPresenceOutcome.Present, null, "Juliet"), result);
        Assert.Equal(
            ["+Romeo owner/moderator", "+Juliet <show>away</show> none/participant <juliet/orchard> [110] #again", "room subject ''"], stage.Take("juliet"));
        Assert.Equal(["+Juliet <show>away</show> none/participant <juliet/orchard> #again"], stage.Take("romeo"));
    }

    [Fact]
    public async Task PresenceWithoutX_OfOneWhoIsNotThere_IsNotAcceptable()
    {
        var stage = new RoomStage(silo);
        await stage.EnterAllAsync("romeo");

        Assert.Equal(new MucPresenceResult(MucPresenceOutcome.Refused, StanzaError.NotAcceptable), await stage.PresenceAsync("juliet", isJoin: false));

        Assert.Empty(stage.Take("romeo"));
    }

    [Fact]
    public async Task SecondSessionOfAUser_SharesTheNickname_Unseen()
    {
        var stage = new RoomStage(silo);
        await stage.EnterAllAsync("romeo", "juliet/balcony");

        await stage.EnterAsync("juliet/garden", "Juliet");

        Assert.Equal(["+Romeo owner/moderator", "+Juliet none/participant <juliet/garden> [110]", "room subject ''"], stage.Take("juliet/garden"));
        Assert.Empty(stage.Take("romeo"));
        Assert.Empty(stage.Take("juliet/balcony"));
        await stage.SayAsync("romeo", "hi");
        Assert.Equal(["Romeo: hi"], stage.Take("juliet/balcony"));
        Assert.Equal(["Romeo: hi"], stage.Take("juliet/garden"));
        Assert.Equal(2, (await stage.Grain.InfoAsync())!.Occupants);
    }

    [Fact]
    public async Task NicknameOfAnotherUser_IsAConflict_AlsoWhenItIsOnlyReserved()
    {
        var stage = new RoomStage(silo);
        await stage.EnterAllAsync("romeo");
        Assert.Null((await stage.Grain.RegisterAsync(stage.User("juliet"), "Capulet", null)).Error);

        Assert.Equal(StanzaError.Conflict, (await stage.PresenceAsync("tybalt", "Romeo")).Error);
        Assert.Equal(StanzaError.Conflict, (await stage.PresenceAsync("tybalt", "Capulet")).Error);

        await stage.EnterAsync("juliet", "Capulet");
        Assert.Null(await stage.Grain.UnregisterAsync(stage.User("juliet")));
        await stage.LeaveAsync("juliet");
        await stage.EnterAsync("tybalt", "Capulet");
    }

    [Fact]
    public async Task Banned_IsForbidden_EvenWithATakenNickname_AndWithoutThePassword()
    {
        var stage = new RoomStage(silo, service => service with { RoomDefaults = Open with { Password = "sesame", IsMembersOnly = true } });
        await stage.EnterAllAsync("romeo");
        Assert.Null(await stage.SetAffiliationAsync("romeo", "tybalt", MucAffiliation.Outcast));

        Assert.Equal(StanzaError.Forbidden, (await stage.PresenceAsync("tybalt", "Romeo")).Error);
        Assert.Equal(StanzaError.RegistrationRequired, (await stage.PresenceAsync("juliet", "Romeo")).Error);
    }

    [Fact]
    public async Task MembersOnlyRoom_TakesMembers()
    {
        var stage = new RoomStage(silo, service => service with { RoomDefaults = Open with { IsMembersOnly = true } });
        await stage.EnterAllAsync("romeo");

        Assert.Equal(StanzaError.RegistrationRequired, (await stage.PresenceAsync("juliet")).Error);
        Assert.Null(await stage.SetAffiliationAsync("romeo", "juliet", MucAffiliation.Member));
        await stage.EnterAsync("juliet");

        Assert.Contains("+Juliet member/participant <juliet/orchard> [110]", stage.Take("juliet"));
    }

    [Fact]
    public async Task PasswordRoom_TakesThePassword_AndItsOwner()
    {
        var stage = new RoomStage(silo, service => service with { RoomDefaults = Open with { Password = "sesame" } });
        await stage.EnterAllAsync("romeo");

        Assert.Equal(StanzaError.NotAuthorized, (await stage.PresenceAsync("juliet")).Error);
        Assert.Equal(StanzaError.NotAuthorized, (await stage.PresenceAsync("juliet", password: "Sesame")).Error);
        Assert.Equal(MucPresenceOutcome.Present, (await stage.PresenceAsync("juliet", password: "sesame")).Outcome);
        Assert.Equal("", (await stage.Grain.InfoAsync())!.Config.Password);
    }

    [Fact]
    public async Task FullRoom_IsFullForAllButAdmins_AndForTheirFurtherSessions()
    {
        var stage = new RoomStage(silo, service => service with { RoomDefaults = Open with { MaxUsers = 2 } });
        await stage.EnterAllAsync("romeo", "juliet");
        Assert.Null(await stage.SetAffiliationAsync("romeo", "escalus", MucAffiliation.Admin));

        Assert.Equal(new StanzaError(StanzaErrorType.Wait, StanzaErrorCondition.ServiceUnavailable), (await stage.PresenceAsync("nurse")).Error);
        Assert.Equal(StanzaErrorCondition.ServiceUnavailable, (await stage.PresenceAsync("juliet/garden", "Other")).Error?.Condition);
        await stage.EnterAsync("juliet/garden", "Juliet");
        await stage.EnterAsync("escalus");

        // Two nicknames instead of one, and nobody has left.
        Assert.Equal((StanzaErrorCondition.ServiceUnavailable, "Juliet"), await RenamedAsync(stage, "juliet/garden", "Other"));
        await stage.LeaveAsync("juliet/garden");
        Assert.Equal((null, "Other"), await RenamedAsync(stage, "juliet", "Other"));
    }

    [Fact]
    public async Task LockedRoom_DoesNotExistForOthers_UntilItsOwnerAcceptsIt()
    {
        var stage = new RoomStage(silo, service => service with { RoomLocking = true });
        await stage.EnterAsync("romeo");

        Assert.Equal(StanzaError.ItemNotFound, (await stage.PresenceAsync("juliet")).Error);
        Assert.Null(await stage.Grain.InfoAsync());
        await stage.EnterAsync("romeo/hall", "Romeo");
        await stage.ConfigureAsync("romeo", new MucConfigChange());

        await stage.EnterAsync("juliet");
        Assert.NotNull(await stage.Grain.InfoAsync());
    }

    [Fact]
    public async Task HostsAdmin_OwnsEveryRoom_AndEntersALockedOne()
    {
        var stage = new RoomStage(silo, service => service with { RoomLocking = true }, host => host with { Admins = ["escalus@" + host.Domain] });
        await stage.EnterAsync("romeo");

        await stage.EnterAsync("escalus");

        Assert.Contains("+Escalus owner/moderator <escalus/orchard> [110]", stage.Take("escalus"));
        Assert.Equal(StanzaError.NotAllowed, await stage.SetAffiliationAsync("romeo", "escalus", MucAffiliation.Outcast));
        Assert.Equal(StanzaError.NotAllowed, await stage.SetRoleAsync("romeo", "Escalus", MucRole.None));
    }

    [Fact]
    public async Task TooLargePresence_IsRefused_AndLeavesOneWhoIsThereWhereItIs()
    {
        var stage = new RoomStage(silo);
        await stage.EnterAllAsync("romeo");
        var large = new string('x', (16 * 1024) + 1);

        Assert.Equal(new MucPresenceResult(MucPresenceOutcome.Refused, StanzaError.PolicyViolation), await stage.PresenceAsync("juliet", payload: large));
        Assert.Equal(new MucPresenceResult(MucPresenceOutcome.Refused, StanzaError.PolicyViolation, "Romeo"), await stage.PresenceAsync("romeo", payload: large));

        Assert.Empty(stage.Take("romeo"));
    }

    [Fact]
    public async Task Sessions_OfOneNickname_AreBounded()
    {
        var stage = new RoomStage(silo);
        await stage.EnterAsync("romeo");
        for (var i = 0; i < 100; i++)
        {
            await stage.EnterAsync($"juliet/{i}", "Juliet");
        }

        Assert.Equal(StanzaErrorCondition.ServiceUnavailable, (await stage.PresenceAsync("juliet/100", "Juliet")).Error?.Condition);
        stage.Reconnect("juliet/7");
        await stage.EnterAsync("juliet/7", "Juliet");
    }

    private static async Task<(StanzaErrorCondition? Error, string? Nickname)> RenamedAsync(RoomStage stage, string address, string nickname)
    {
        var result = await stage.PresenceAsync(address, nickname, isJoin: false);
        return (result.Error?.Condition, result.Nickname);
    }

    /// <summary>Others come in no order.</summary>
    private static string[] Sorted(string[] lines, int start, int count, string first = "Romeo")
    {
        lines.AsSpan(start, count).Sort((x, y) => y.Contains(first).CompareTo(x.Contains(first)));
        return lines;
    }
}
