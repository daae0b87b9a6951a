using Krewe.Contracts.Addressing;
using Krewe.Contracts.Muc;
using Krewe.Contracts.Stanzas;

namespace Krewe.Tests.Grains.Muc.Rooms;

/// <summary>XEP-0045 §10: what owners do with a room, and what of it outlives the process.</summary>
public sealed class ConfigurationTests(RoomSilo silo) : IClassFixture<RoomSilo>
{
    [Fact]
    public async Task Changes_AreAnnounced()
    {
        var stage = new RoomStage(silo);
        await stage.EnterAllAsync("romeo", "juliet");

        await stage.ConfigureAsync("romeo", new MucConfigChange { Name = "Verona" });
        Assert.Equal(["room: [104]"], stage.Take("juliet"));
        await stage.ConfigureAsync("romeo", new MucConfigChange { IsNonAnonymous = true });
        Assert.Equal(["room: [172]"], stage.Take("juliet"));
        await stage.ConfigureAsync("romeo", new MucConfigChange { IsNonAnonymous = false, Name = "" });
        Assert.Equal(["room: [104 173]"], stage.Take("juliet"));
        await stage.ConfigureAsync("romeo", new MucConfigChange { IsNonAnonymous = false });
        await stage.ConfigureAsync("romeo", new MucConfigChange());
        Assert.Empty(stage.Take("juliet"));
        Assert.Null((await stage.Grain.InfoAsync())!.Config.Name);
    }

    [Fact]
    public async Task MembersOnly_RemovesWhoIsNone_With322()
    {
        var stage = new RoomStage(silo);
        await stage.EnterAllAsync("romeo", "juliet", "nurse");
        await stage.SetAffiliationAsync("romeo", "nurse", MucAffiliation.Member);
        stage.Take("juliet");
        stage.Take("nurse");

        await stage.ConfigureAsync("romeo", new MucConfigChange { IsMembersOnly = true });

        Assert.Equal(["-Juliet none/none <juliet/orchard> [110 322]"], stage.Take("juliet"));
        Assert.Equal(["-Juliet none/none [322]", "room: [104]"], stage.Take("nurse"));
    }

    [Fact]
    public async Task Configuration_IsTheOwners()
    {
        var stage = new RoomStage(silo);
        await stage.EnterAllAsync("romeo", "juliet");
        var juliet = stage.Session("juliet").Jid;

        Assert.Equal(StanzaError.Forbidden, await stage.Grain.ConfigureAsync(juliet, new MucConfigChange { Name = "Mine" }));
        Assert.Equal(StanzaError.Forbidden, (await stage.Grain.ConfigurationAsync(juliet)).Error);
        Assert.Equal(StanzaError.Forbidden, await stage.Grain.CancelConfigurationAsync(juliet));
        Assert.Equal(StanzaError.Forbidden, await stage.Grain.DestroyAsync(juliet, new MucDestroy(null, null, null)));
        Assert.Equal(StanzaError.NotAcceptable, await stage.Grain.ConfigureAsync(stage.User("romeo"), new MucConfigChange { IsPasswordProtected = true }));
        Assert.Equal(StanzaError.NotAcceptable, await stage.Grain.ConfigureAsync(stage.User("romeo"), new MucConfigChange { HistoryLength = 100_000 }));
        var config = await stage.Grain.ConfigurationAsync(stage.User("romeo"));
        Assert.Equal(stage.User("romeo").Bare, Assert.Single(config.Owners));
        Assert.Empty(config.Admins);
        Assert.Empty(stage.Take("juliet"));
    }

    [Fact]
    public async Task OwnersAndAdmins_ByTheForm_AreAllOfThem_AndOneStays()
    {
        var stage = new RoomStage(silo);
        await stage.EnterAllAsync("romeo", "juliet", "nurse");

        Assert.Equal(StanzaError.Conflict, await stage.Grain.ConfigureAsync(stage.User("romeo"), new MucConfigChange { Owners = [] }));
        await stage.ConfigureAsync("romeo", new MucConfigChange { Owners = [stage.User("juliet")], Admins = [stage.User("romeo"), stage.User("juliet")] });

        var config = await stage.Grain.ConfigurationAsync(stage.User("juliet"));
        Assert.Equal(stage.User("juliet").Bare, Assert.Single(config.Owners));
        Assert.Equal(stage.User("romeo").Bare, Assert.Single(config.Admins));
        Assert.Equal(["+Juliet owner/moderator", "+Romeo admin/moderator"], stage.Take("nurse").Order(StringComparer.Ordinal));
        Assert.Equal(StanzaError.Forbidden, await stage.Grain.ConfigureAsync(stage.User("romeo"), new MucConfigChange()));
    }

    [Fact]
    public async Task Cancel_OfANewRoom_IsItsEnd_AndOfAnotherNothing()
    {
        var stage = new RoomStage(silo, service => service with { RoomLocking = true });
        await stage.EnterAsync("romeo");
        stage.Take("romeo");

        Assert.Null(await stage.Grain.CancelConfigurationAsync(stage.User("romeo")));
        Assert.StartsWith("-Romeo none/none <romeo/orchard> [110] destroyed", Assert.Single(stage.Take("romeo")));
        Assert.Equal(StanzaError.ItemNotFound, await stage.Grain.ConfigureAsync(stage.User("romeo"), new MucConfigChange()));
        await AssertUnlistedAsync(stage);

        await stage.EnterAsync("juliet");
        await stage.ConfigureAsync("juliet", new MucConfigChange());
        Assert.Null(await stage.Grain.CancelConfigurationAsync(stage.User("juliet")));
        Assert.NotNull(await stage.Grain.InfoAsync());
    }

    [Fact]
    public async Task Destroy_TellsEachSessionOfItsOwnEndOnly_AndTheRoomIsGone()
    {
        var stage = new RoomStage(silo, service => service with { RoomDefaults = MucRoomConfig.Default with { IsPersistent = true } });
        await stage.EnterAllAsync("romeo", "juliet");
        Assert.True(silo.IsStored(stage.Room.Bare));

        Assert.Null(await stage.Grain.DestroyAsync(stage.User("romeo"), new MucDestroy(Jid.Parse("other@rooms.example"), "over", "key")));

        Assert.Equal(["-Juliet none/none <juliet/orchard> [110] destroyed 'over' see other@rooms.example 'key'"], stage.Take("juliet"));
        Assert.Single(stage.Take("romeo"));
        Assert.Null(await stage.Grain.InfoAsync());
        Assert.False(silo.IsStored(stage.Room.Bare));
        await AssertUnlistedAsync(stage);

        await stage.EnterAsync("tybalt");
        Assert.Equal(["+Tybalt owner/moderator <tybalt/orchard> [110 201]", "room subject ''"], stage.Take("tybalt"));
    }

    [Fact]
    public async Task TemporaryRoom_EndsWhenTheLastOneLeaves()
    {
        var stage = new RoomStage(silo);
        await stage.EnterAllAsync("romeo", "juliet");
        await stage.SayAsync("romeo", "secret");
        await stage.LeaveAsync("romeo");
        Assert.NotNull(await stage.Grain.InfoAsync());

        await stage.LeaveAsync("juliet");

        Assert.Null(await stage.Grain.InfoAsync());
        await AssertUnlistedAsync(stage);
        await stage.EnterAsync("nurse");
        Assert.Equal(["+Nurse owner/moderator <nurse/orchard> [110 201]", "room subject ''"], stage.Take("nurse"));
    }

    [Fact]
    public async Task PersistentRoom_SurvivesItsProcess_WithConfigurationAffiliationsAndSubject()
    {
        var stage = new RoomStage(silo);
        await stage.EnterAllAsync("romeo");
        await stage.ConfigureAsync("romeo", new MucConfigChange { IsPersistent = true, Name = "Verona", IsMembersOnly = true });
        await stage.SetAffiliationAsync("romeo", "juliet", MucAffiliation.Member, "loved");
        await stage.SetAffiliationAsync("romeo", "tybalt", MucAffiliation.Outcast);
        await stage.SubjectAsync("romeo", "love");
        var id = (await stage.Grain.RegisterAsync(stage.User("juliet"), "Capulet", null)).Nickname;
        var subjectId = stage.TakeStanzas("romeo")[^1].OccupantId;
        Assert.Equal("Capulet", id);

        await silo.RestartAsync();
        stage.ForgetFrontend();

        Assert.Equal("Verona", (await stage.Grain.InfoAsync())!.Config.Name);
        Assert.Equal(StanzaError.Forbidden, (await stage.PresenceAsync("tybalt")).Error);
        Assert.Equal(StanzaError.RegistrationRequired, (await stage.PresenceAsync("nurse")).Error);
        await stage.EnterAsync("juliet", "Capulet");
        var told = stage.TakeStanzas("juliet");
        Assert.Equal(["+Capulet member/participant <juliet/orchard> [110]", "Romeo subject 'love'"], told.Select(RoomSink.Line));
        Assert.Equal(subjectId, told[^1].OccupantId);
        Assert.Equal("loved", (await stage.Grain.ListAsync(stage.User("romeo"), MucAffiliation.Member, null)).Items.Single().Reason);
        Assert.Equal((1, true), await CountAsync(stage));
    }

    [Fact]
    public async Task RoomMadeTemporary_LeavesTheDisk_AndEndsWithItsLastOccupant()
    {
        var stage = new RoomStage(silo, service => service with { RoomDefaults = MucRoomConfig.Default with { IsPersistent = true } });
        await stage.EnterAllAsync("romeo");
        await stage.LeaveAsync("romeo");
        Assert.NotNull(await stage.Grain.InfoAsync());
        await stage.EnterAsync("romeo");

        await stage.ConfigureAsync("romeo", new MucConfigChange { IsPersistent = false });

        Assert.False(silo.IsStored(stage.Room.Bare));
        await stage.LeaveAsync("romeo");
        Assert.Null(await stage.Grain.InfoAsync());
    }

    [Fact]
    public async Task LockedPersistentRoom_IsOnDiskOnceItIsAccepted()
    {
        var stage = new RoomStage(silo, service => service with { RoomLocking = true, RoomDefaults = MucRoomConfig.Default with { IsPersistent = true } });
        await stage.EnterAsync("romeo");
        Assert.False(silo.IsStored(stage.Room.Bare));

        await stage.ConfigureAsync("romeo", new MucConfigChange());

        Assert.True(silo.IsStored(stage.Room.Bare));
        await stage.LeaveAsync("romeo");
        Assert.NotNull(await stage.Grain.InfoAsync());
    }

    [Fact]
    public async Task ChangeThatCannotBeWritten_DidNotHappen()
    {
        var stage = new RoomStage(silo, service => service with { RoomLocking = true });
        await stage.EnterAllAsync("romeo");
        silo.Writes.FailNext(stage.Room.Bare);

        await Assert.ThrowsAnyAsync<Exception>(() => stage.Grain.ConfigureAsync(stage.User("romeo"), new MucConfigChange { IsPersistent = true, Name = "Verona" }));

        Assert.Empty(stage.Take("romeo"));
        Assert.Equal(StanzaError.ItemNotFound, (await stage.PresenceAsync("juliet")).Error);
        await stage.ConfigureAsync("romeo", new MucConfigChange { IsPersistent = true });
        silo.Writes.FailNext(stage.Room.Bare);
        await Assert.ThrowsAnyAsync<Exception>(() => stage.SubjectAsync("romeo", "lost"));
        await stage.EnterAsync("juliet");
        Assert.Equal("room subject ''", stage.Take("juliet")[^1]);
    }

    [Fact]
    public async Task EverybodyLeaves_WhileTheRoomIsMadePersistent_AndItStays()
    {
        var stage = new RoomStage(silo, service => service with { RoomLocking = true });
        await stage.EnterAllAsync("romeo");
        var write = silo.Writes.HoldNext(stage.Room.Bare);
        var configuring = stage.Grain.ConfigureAsync(stage.User("romeo"), new MucConfigChange { IsPersistent = true, Name = "Verona" });
        await write.ReachedAsync();

        await stage.LeaveAsync("romeo");
        Assert.Equal(StanzaError.ItemNotFound, (await stage.PresenceAsync("juliet")).Error);
        write.GoOn();

        Assert.Null(await configuring);
        Assert.Equal("Verona", (await stage.Grain.InfoAsync())!.Config.Name);
        Assert.Equal((1, true), await CountAsync(stage));
        await stage.EnterAsync("juliet");
        Assert.Equal("+Juliet none/participant <juliet/orchard> [110]", stage.Take("juliet")[0]);
    }

    [Fact]
    public async Task MessagesAndEntries_DoNotWaitForTheDisk()
    {
        var stage = new RoomStage(silo, service => service with { RoomDefaults = MucRoomConfig.Default with { IsPersistent = true } });
        await stage.EnterAllAsync("romeo", "juliet");
        var write = silo.Writes.HoldNext(stage.Room.Bare);
        var subject = stage.SubjectAsync("romeo", "slow");
        await write.ReachedAsync();

        Assert.Null(await stage.SayAsync("juliet", "quick"));
        await stage.EnterAsync("nurse");
        await stage.LeaveAsync("juliet");
        Assert.Equal(["room subject ''", "-Juliet none/none"], stage.Take("nurse")[^2..]);
        Assert.False(subject.IsCompleted);
        write.GoOn();

        Assert.Null(await subject);
        Assert.Equal(["Romeo: <subject>slow</subject>"], stage.Take("nurse"));
    }

    private static async Task AssertUnlistedAsync(RoomStage stage) => Assert.Equal(0, (await stage.Rooms.RoomsAsync(null, 10, isPublicOnly: false)).Count);

    private static async Task<(int Count, bool IsKnown)> CountAsync(RoomStage stage)
    {
        var page = await stage.Rooms.RoomsAsync(null, 10, isPublicOnly: true);
        return (page.Count, page.Rooms[0].IsKnown);
    }
}
