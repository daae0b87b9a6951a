using Krewe.Contracts.Addressing;
using Krewe.Contracts.Muc;
using Krewe.Contracts.Stanzas;

namespace Krewe.Tests.Grains.Muc.Rooms;

/// <summary>What the API reads of rooms and does to them, with somebody inside and without.</summary>
public sealed class ManagementTests(RoomSilo silo) : IClassFixture<RoomSilo>
{
    private static readonly MucRoomConfig Persistent = MucRoomConfig.Default with { IsPersistent = true };
    private static readonly MucRoomConfig Temporary = MucRoomConfig.Default;
    private static readonly MucDestroy Plainly = new(null, null, null);

    [Fact]
    public async Task AbsentRoom_HasNothing()
    {
        var stage = new RoomStage(silo);

        Assert.Null(await stage.Grain.InfoAsync());
        Assert.Null(await stage.Grain.DocumentAsync());
        Assert.Null(await stage.Grain.OccupantsAsync());
        Assert.Null(await stage.Grain.ItemsAsync(stage.User("romeo")));
        Assert.Null(await stage.Grain.NicknameAsync(stage.User("romeo")));
        Assert.False(await stage.Grain.KickAsync("Romeo", null));
        Assert.False(await stage.Grain.DeleteAsync(Plainly));
    }

    [Fact]
    public async Task Forget_OfAUser_LeavesNothingOfTheUserInTheRoom()
    {
        var stage = new RoomStage(silo);
        await stage.Grain.PutAsync(new MucRoomDocument(
            Persistent with { MayChangeSubject = true }, null, [Item(stage, "juliet", MucAffiliation.Owner), Item(stage, "romeo", MucAffiliation.Member)]));
        await stage.EnterAllAsync("romeo", "juliet");
        Assert.Null(await stage.SayAsync("romeo", "<body>by Romeo</body>"));
        Assert.Null(await stage.SayAsync("juliet", "<body>by Juliet</body>"));
        Assert.Null(await stage.SubjectAsync("romeo", "love"));
        await stage.LeaveAsync("romeo");

        Assert.True(await stage.Grain.ForgetAsync(stage.User("romeo")));
        Assert.False(await stage.Grain.ForgetAsync(stage.User("romeo")));
        Assert.False(await stage.Grain.ForgetAsync(stage.User("nurse")));

        Assert.Equal(["juliet"], (await stage.Grain.DocumentAsync())!.Affiliations.Select(item => item.Jid!.Localpart));
        await stage.EnterAsync("nurse");
        var heard = stage.Take("nurse");
        Assert.Contains(heard, line => line.Contains("by Juliet", StringComparison.Ordinal));
        Assert.DoesNotContain(heard, line => line.Contains("Romeo", StringComparison.Ordinal));
        Assert.Contains(heard, line => line.Contains("subject 'love'", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Put_MakesARoom_WithoutALock_AndWhoeverComesFirstIsWhatItSays()
    {
        var stage = new RoomStage(silo, service => service with { RoomLocking = true });

        Assert.Equal(MucPutOutcome.Created, await stage.Grain.PutAsync(new MucRoomDocument(
            Persistent with { Name = "Verona", IsModerated = true }, "love", [Item(stage, "juliet", MucAffiliation.Admin), Item(stage, "tybalt", MucAffiliation.Outcast)])));

        Assert.True(silo.IsStored(stage.Room.Bare));
        Assert.Equal(("Verona", "love", 0), await InfoAsync(stage));
        await stage.EnterAsync("romeo");
        Assert.Equal(["+Romeo none/visitor <romeo/orchard> [110]", "room subject 'love'"], stage.Take("romeo"));
        await stage.EnterAsync("juliet");
        Assert.Contains("+Juliet admin/moderator <juliet/orchard> [110]", stage.Take("juliet"));
        Assert.Equal(StanzaError.Forbidden, (await stage.PresenceAsync("tybalt")).Error);
        var document = (await stage.Grain.DocumentAsync())!;
        Assert.Equal("Verona", document.Config.Name);
        Assert.Equal(["juliet Admin", "tybalt Outcast"], document.Affiliations.Select(item => $"{item.Jid!.Localpart} {item.Affiliation}"));
    }

    [Fact]
    public async Task Put_ReplacesTheRoom_AndTellsThoseWhoAreInside()
    {
        var stage = new RoomStage(silo);
        await stage.EnterAllAsync("romeo", "juliet", "tybalt");
        await stage.Grain.RegisterAsync(stage.User("juliet"), "Capulet", null);
        stage.Take("juliet");
        stage.Take("tybalt");

        Assert.Equal(MucPutOutcome.Replaced, await stage.Grain.PutAsync(new MucRoomDocument(
            Persistent with { Name = "Verona" }, "peace",
            [Item(stage, "juliet", MucAffiliation.Member), Item(stage, "nurse", MucAffiliation.Owner), Item(stage, "tybalt", MucAffiliation.Outcast)])));

        Assert.Equal(["-Tybalt outcast/none <tybalt/orchard> [110 301]"], stage.Take("tybalt")[^1..]);
        Assert.Equal(
            ["+Romeo none/participant", "-Tybalt outcast/none [301]", "room subject 'peace'", "room: [104]"], stage.Take("juliet").Order(StringComparer.Ordinal));
        Assert.Equal(StanzaError.Forbidden, await stage.Grain.ConfigureAsync(stage.User("romeo"), new MucConfigChange()));
        Assert.Null(await stage.Grain.ConfigureAsync(stage.User("nurse"), new MucConfigChange()));
        Assert.Equal("Capulet", (await stage.Grain.RegistrationAsync(stage.User("juliet"))).Nickname);
        Assert.True(silo.IsStored(stage.Room.Bare));
    }

    [Fact]
    public async Task Put_OfTheSame_ChangesAndTellsNothing()
    {
        var stage = new RoomStage(silo);
        await stage.EnterAllAsync("romeo", "juliet");
        await stage.SubjectAsync("romeo", "love");
        stage.Take("juliet");

        Assert.Equal(MucPutOutcome.Replaced, await stage.Grain.PutAsync((await stage.Grain.DocumentAsync())!));

        Assert.Empty(stage.Take("juliet"));
        await stage.EnterAsync("nurse");

        // Who set it is still known.
        Assert.Equal("Romeo subject 'love'", stage.Take("nurse")[^1]);
    }

    [Fact]
    public async Task Put_UnlocksARoom()
    {
        var stage = new RoomStage(silo, service => service with { RoomLocking = true });
        await stage.EnterAllAsync("romeo");

        Assert.Equal(MucPutOutcome.Replaced, await stage.Grain.PutAsync((await stage.Grain.DocumentAsync())!));

        await stage.EnterAsync("juliet");
    }

    [Fact]
    public async Task TemporaryRoom_OfTheApi_WaitsForItsFirstOccupant_WhateverIsDoneToItMeanwhile()
    {
        var stage = new RoomStage(silo);
        var document = new MucRoomDocument(Temporary, null, [Item(stage, "romeo", MucAffiliation.Owner)]);
        Assert.Equal(MucPutOutcome.Created, await stage.Grain.PutAsync(document));

        Assert.Equal(MucPutOutcome.Replaced, await stage.Grain.PutAsync(document with { Subject = "love" }));
        Assert.Equal(MucPutOutcome.Replaced, await stage.Grain.PutAsync(document with { Config = Persistent }));
        Assert.Equal(MucPutOutcome.Replaced, await stage.Grain.PutAsync(document with { Config = Temporary with { Name = "Verona" } }));
        await stage.ConfigureAsync("romeo", new MucConfigChange { Description = "A street" });
        Assert.Null(await stage.SetAffiliationAsync("romeo", "juliet", MucAffiliation.Member));

        Assert.False(silo.IsStored(stage.Room.Bare));
        Assert.Equal(("Verona", null, 0), await InfoAsync(stage));
        Assert.Equal(1, (await stage.Rooms.RoomsAsync(null, 10, isPublicOnly: true)).Count);
        await stage.EnterAsync("juliet");
        Assert.Equal("+Juliet member/participant <juliet/orchard> [110]", stage.Take("juliet")[0]);
        await stage.LeaveAsync("juliet");
        Assert.Null(await stage.Grain.InfoAsync());
    }

    [Fact]
    public async Task EmptyRoom_WhoseOwnerMakesItTemporary_IsOver()
    {
        var stage = new RoomStage(silo);
        await stage.Grain.PutAsync(new MucRoomDocument(Persistent, null, [Item(stage, "romeo", MucAffiliation.Owner)]));

        await stage.ConfigureAsync("romeo", new MucConfigChange { IsPersistent = false });

        Assert.Null(await stage.Grain.InfoAsync());
        Assert.False(silo.IsStored(stage.Room.Bare));
        Assert.Equal(0, (await stage.Rooms.RoomsAsync(null, 10, isPublicOnly: false)).Count);
    }

    [Fact]
    public async Task Occupants_AreListed_WithAllTheirSessions()
    {
        var stage = new RoomStage(silo);
        await stage.EnterAllAsync("romeo", "juliet/balcony");
        await stage.EnterAsync("juliet/garden", "Juliet");

        var occupants = (await stage.Grain.OccupantsAsync())!.Value;

        Assert.Equal(
            ["Juliet None Participant: balcony garden", "Romeo Owner Moderator: orchard"],
            occupants.Select(one => $"{one.Nickname} {one.Affiliation} {one.Role}: {string.Join(' ', one.Sessions.Select(jid => jid.Resourcepart))}"));
        Assert.Equal("Juliet", await stage.Grain.NicknameAsync(stage.User("juliet")));
        Assert.True(await stage.Grain.IsPresentAsync(stage.Session("juliet/garden").Jid));
        Assert.False(await stage.Grain.IsPresentAsync(stage.User("juliet").WithPreparedResource("hall")));
    }

    [Fact]
    public async Task Kick_Is307_WithoutAnActor_OfOwnersToo()
    {
        var stage = new RoomStage(silo);
        await stage.EnterAllAsync("romeo", "juliet");

        Assert.True(await stage.Grain.KickAsync("Romeo", "maintenance"));
        Assert.False(await stage.Grain.KickAsync("Romeo", "maintenance"));

        Assert.Equal(["-Romeo owner/none <romeo/orchard> because 'maintenance' [110 307]"], stage.Take("romeo"));
        Assert.Equal(["-Romeo owner/none because 'maintenance' [307]"], stage.Take("juliet"));
    }

    [Fact]
    public async Task Delete_DestroysTheRoom_WithWhereToGo()
    {
        var stage = new RoomStage(silo, service => service with { RoomDefaults = Persistent });
        await stage.EnterAllAsync("romeo");

        Assert.True(await stage.Grain.DeleteAsync(new MucDestroy(Jid.Parse("new@rooms.example"), "moved", null)));
        Assert.False(await stage.Grain.DeleteAsync(Plainly));

        Assert.Equal(["-Romeo none/none <romeo/orchard> [110] destroyed 'moved' see new@rooms.example ''"], stage.Take("romeo"));
        Assert.False(silo.IsStored(stage.Room.Bare));
        Assert.Equal(0, (await stage.Rooms.RoomsAsync(null, 10, isPublicOnly: false)).Count);
    }

    [Theory]
    [InlineData(true, true, true)]
    [InlineData(false, true, false)]
    [InlineData(true, false, false)]
    public async Task Nicknames_AreForOthersInPublicNonAnonymousRooms(bool isPublic, bool isNonAnonymous, bool isShownToAll)
    {
        var stage = new RoomStage(silo, service => service with { RoomDefaults = MucRoomConfig.Default with { IsPublic = isPublic, IsNonAnonymous = isNonAnonymous } });
        await stage.EnterAllAsync("romeo", "juliet");

        Assert.Equal(["Juliet", "Romeo"], (await stage.Grain.ItemsAsync(stage.User("juliet")))!.Value.ToArray());
        Assert.Equal(isShownToAll ? 2 : 0, (await stage.Grain.ItemsAsync(stage.User("nurse")))!.Value.Length);
    }

    private static MucListItem Item(RoomStage stage, string user, MucAffiliation affiliation) => new(stage.User(user), null, affiliation, null, null);

    private static async Task<(string? Name, string? Subject, int Occupants)> InfoAsync(RoomStage stage)
    {
        var info = (await stage.Grain.InfoAsync())!;
        return (info.Config.Name, info.Subject, info.Occupants);
    }
}
