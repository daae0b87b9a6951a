using Krewe.Contracts.Hosts;
using Krewe.Contracts.Muc;
using Krewe.Contracts.Stanzas;

namespace Krewe.Tests.Grains.Muc.Rooms;

/// <summary>XEP-0045 §10.1: who may create a room, how many there may be, and what becomes of two creators or of a creation that fails.</summary>
public sealed class CreationTests(RoomSilo silo) : IClassFixture<RoomSilo>
{
    private static readonly MucRoomConfig Persistent = MucRoomConfig.Default with { IsPersistent = true };

    [Theory]
    [InlineData(RoomCreation.Anybody, "romeo", true)]
    [InlineData(RoomCreation.Anybody, "paris@elsewhere.example", true)]
    [InlineData(RoomCreation.Local, "romeo", true)]
    [InlineData(RoomCreation.Local, "paris@elsewhere.example", false)]
    [InlineData(RoomCreation.Local, "prince@elsewhere.example", true)]
    [InlineData(RoomCreation.Admin, "romeo", false)]
    [InlineData(RoomCreation.Admin, "prince@elsewhere.example", true)]
    public async Task Room_IsCreatedByThoseWhoMay_AndEnteredByAll(RoomCreation restriction, string creator, bool mayCreate)
    {
        var stage = new RoomStage(silo, service => service with { RestrictRoomCreation = restriction }, host => host with { Admins = ["prince@elsewhere.example"] });

        var result = await stage.PresenceAsync(creator);

        Assert.Equal(mayCreate ? null : StanzaError.NotAllowed, result.Error);
        Assert.Equal(mayCreate ? 1 : 0, (await stage.Rooms.RoomsAsync(null, 10, isPublicOnly: false)).Count);
        if (!mayCreate)
        {
            Assert.Null(await stage.Grain.DocumentAsync());
            await stage.EnterAsync("prince@elsewhere.example");
            await stage.EnterAsync(creator);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task TwoCreatorsAtOnce_OneOwns_TheOtherEntersItsRoom(bool isLocking)
    {
        var stage = new RoomStage(silo, service => service with { RoomLocking = isLocking, RoomDefaults = Persistent });
        var write = isLocking ? null : silo.Writes.HoldNext(stage.Room.Bare);
        var romeo = stage.PresenceAsync("romeo");
        if (write is not null)
        {
            // Nobody is in a room that is not on disk, and nobody is turned away from it either.
            await write.ReachedAsync();
        }

        var juliet = stage.PresenceAsync("juliet");
        write?.GoOn();
        var (first, second) = (await romeo, await juliet);
        var owner = "romeo";
        if (isLocking && first.Error is not null)
        {
            // Nothing held the first call, and calls may overtake each other on their way.
            (first, second, owner) = (second, first, "juliet");
        }

        Assert.Null(first.Error);
        Assert.Equal($"+{(owner == "romeo" ? "Romeo" : "Juliet")} owner/moderator <{owner}/orchard> [110 201]", stage.Take(owner)[0]);
        Assert.Equal(isLocking ? StanzaError.ItemNotFound : null, second.Error);
        if (!isLocking)
        {
            Assert.Equal(["+Romeo owner/moderator", "+Juliet none/participant <juliet/orchard> [110]", "room subject ''"], stage.Take("juliet"));
        }

        Assert.Equal([stage.User(owner).Bare], (await stage.Grain.ConfigurationAsync(stage.User(owner))).Owners.ToArray());
    }

    [Fact]
    public async Task CreatorWhoseRoomCannotBeWritten_LeavesNoTrace()
    {
        var stage = new RoomStage(silo, service => service with { RoomDefaults = Persistent });
        silo.Writes.FailNext(stage.Room.Bare);

        await Assert.ThrowsAnyAsync<Exception>(() => stage.PresenceAsync("romeo"));

        Assert.Null(await stage.Grain.DocumentAsync());
        Assert.Equal(0, (await stage.Rooms.RoomsAsync(null, 10, isPublicOnly: false)).Count);
        Assert.Empty(stage.Take("romeo"));
        await stage.EnterAsync("juliet");
        Assert.Equal("+Juliet owner/moderator <juliet/orchard> [110 201]", stage.Take("juliet")[0]);
    }

    [Fact]
    public async Task Rooms_OfAService_AreAsManyAsTheHostsLimitSays_AndThoseThatEndMakeRoom()
    {
        var stage = new RoomStage(silo, host: host => host with { Limits = host.Limits with { Rooms = 1 } });
        var other = silo.Grains.GetGrain<IMucRoomGrain>($"other@{stage.Service.Domain}");
        await stage.EnterAsync("romeo");

        Assert.Equal(StanzaErrorCondition.ResourceConstraint, (await EnterOtherAsync("juliet")).Error?.Condition);
        Assert.Equal(MucPutOutcome.TooManyRooms, await other.PutAsync(new MucRoomDocument(Persistent, null, [])));
        Assert.Null(await other.DocumentAsync());
        await stage.EnterAsync("juliet");

        await stage.LeaveAsync("romeo");
        await stage.LeaveAsync("juliet");
        Assert.Null((await EnterOtherAsync("juliet")).Error);
        Assert.Equal(StanzaErrorCondition.ResourceConstraint, (await stage.PresenceAsync("romeo")).Error?.Condition);

        // Another service has rooms of its own.
        var second = new MucServiceSettings { Domain = $"more.{stage.Host.Domain}", RoomLocking = false };
        silo.Hosts.Set(stage.Host, second);
        var elsewhere = silo.Grains.GetGrain<IMucRoomGrain>($"stage@{second.Domain}");
        Assert.Null((await elsewhere.PresenceAsync(new MucPresence(stage.Session("romeo"), "Romeo", null, MucPayload.Empty, IsJoin: true), null)).Error);

        Task<MucPresenceResult> EnterOtherAsync(string address) =>
            other.PresenceAsync(new MucPresence(stage.Session(address), "Other", null, MucPayload.Empty, IsJoin: true), null);
    }

    [Fact]
    public async Task Occupants_OfARoom_AreAsManyAsTheHostsLimitSays()
    {
        var stage = new RoomStage(silo, host: host => host with { Limits = host.Limits with { Occupants = 2 } });
        await stage.EnterAllAsync("romeo", "juliet");

        Assert.Equal(StanzaErrorCondition.ServiceUnavailable, (await stage.PresenceAsync("nurse")).Error?.Condition);
    }

    [Fact]
    public async Task Rooms_AreListedInOrder_PageByPage_TheHiddenOnesForTheApiAlone()
    {
        var stage = new RoomStage(silo);
        foreach (var name in new[] { "c", "a", "d", "b" })
        {
            var room = silo.Grains.GetGrain<IMucRoomGrain>($"{name}@{stage.Service.Domain}");
            Assert.Equal(MucPutOutcome.Created, await room.PutAsync(new MucRoomDocument(Persistent with { Name = name, IsPublic = name != "b" }, null, [])));
        }

        var page = await stage.Rooms.RoomsAsync(null, 2, isPublicOnly: true);
        Assert.Equal(["a", "c"], Names(page));
        Assert.Equal((3, false), (page.Count, page.IsLast));
        page = await stage.Rooms.RoomsAsync(page.Rooms[^1].Listing.Room, 2, isPublicOnly: true);
        Assert.Equal(["d"], Names(page));
        Assert.Equal((3, true), (page.Count, page.IsLast));
        Assert.Equal(["a", "b", "c", "d"], Names(await stage.Rooms.RoomsAsync(null, 10, isPublicOnly: false)));
        Assert.Empty(Names(await stage.Rooms.RoomsAsync($"z@{stage.Service.Domain}", 10, isPublicOnly: false)));

        static string[] Names(MucRoomPage page) => [.. page.Rooms.Select(room => room.Listing.Name!)];
    }
}
