using Krewe.Contracts.Muc;
using Krewe.Contracts.Stanzas;
using Krewe.Tests.Support;

namespace Krewe.Tests.Grains.Muc.Rooms;

/// <summary>XEP-0045 §7.6, §7.7, §7.14: changes of presence and of nickname, and leaving, for one session and for several.</summary>
public sealed class PresenceTests(RoomSilo silo) : IClassFixture<RoomSilo>
{
    [Fact]
    public async Task Update_GoesToAll_With110ToTheSender()
    {
        var stage = new RoomStage(silo);
        await stage.EnterAllAsync("romeo", "juliet", "nurse");

        await stage.PresenceAsync("juliet", id: "p", payload: "<show>dnd</show>", isJoin: false);

        Assert.Equal(["+Juliet <show>dnd</show> none/participant <juliet/orchard> [110] #p"], stage.Take("juliet"));
        Assert.Equal(["+Juliet <show>dnd</show> none/participant <juliet/orchard> #p"], stage.Take("romeo"));
        Assert.Equal(["+Juliet <show>dnd</show> none/participant #p"], stage.Take("nurse"));
        await stage.EnterAsync("tybalt");
        Assert.Contains("+Juliet <show>dnd</show> none/participant", stage.Take("tybalt"));
    }

    [Fact]
    public async Task Nickname_ChangesForAll_With303ThenTheNewOne()
    {
        var stage = new RoomStage(silo);
        await stage.EnterAllAsync("romeo", "juliet", "nurse");

        Assert.Equal(new MucPresenceResult(MucPresenceOutcome.Present, null, "Capulet"), await stage.PresenceAsync("juliet", "Capulet", id: "n", isJoin: false));

        Assert.Equal(
            ["-Juliet none/participant <juliet/orchard> as Capulet [110 303] #n", "+Capulet none/participant <juliet/orchard> [110] #n"], stage.Take("juliet"));
        Assert.Equal(["-Juliet none/participant <juliet/orchard> as Capulet [303] #n", "+Capulet none/participant <juliet/orchard> #n"], stage.Take("romeo"));
        Assert.Equal(["-Juliet none/participant as Capulet [303] #n", "+Capulet none/participant #n"], stage.Take("nurse"));
        await stage.EnterAsync("tybalt", "Juliet");
    }

    [Fact]
    public async Task EntryUnderAnotherNickname_OfOneWhoIsThere_IsAChangeOfIt()
    {
        var stage = new RoomStage(silo);
        await stage.EnterAllAsync("romeo", "juliet");

        await stage.PresenceAsync("juliet", "Capulet", isJoin: true);

        Assert.Equal(["-Juliet none/participant <juliet/orchard> as Capulet [303]", "+Capulet none/participant <juliet/orchard>"], stage.Take("romeo"));
        Assert.Equal(2, (await stage.Grain.InfoAsync())!.Occupants);
    }

    [Fact]
    public async Task Nickname_OfSomebodyElse_IsAConflict_AndTheOldOneStays()
    {
        var stage = new RoomStage(silo);
        await stage.EnterAllAsync("romeo", "juliet");

        Assert.Equal(new MucPresenceResult(MucPresenceOutcome.Refused, StanzaError.Conflict, "Juliet"), await stage.PresenceAsync("juliet", "Romeo", isJoin: false));

        Assert.Empty(stage.Take("juliet"));
        await stage.SayAsync("juliet", "still here");
        Assert.Equal(["Juliet: still here"], stage.Take("romeo"));
    }

    [Fact]
    public async Task Nickname_OfOneOfTwoSessions_LeavesTheOtherUnderTheOldOne()
    {
        var stage = new RoomStage(silo);
        await stage.EnterAllAsync("romeo");
        await stage.PresenceAsync("juliet/balcony", payload: "<show>away</show>");
        await stage.PresenceAsync("juliet/garden", "Juliet");
        stage.Take("romeo");
        stage.Take("juliet/balcony");
        stage.Take("juliet/garden");

        await stage.PresenceAsync("juliet/balcony", "Capulet", isJoin: false);

        Assert.Equal(
            ["-Juliet none/participant <juliet/balcony> as Capulet [110 303]", "+Capulet none/participant <juliet/balcony> [110]", "+Juliet none/participant"],
            stage.Take("juliet/balcony"));

        // What the others saw of the old name was the other session's.
        Assert.Equal(["+Capulet none/participant <juliet/balcony>", "+Juliet none/participant <juliet/garden>"], stage.Take("romeo"));
        Assert.Equal(["+Capulet none/participant", "+Juliet none/participant <juliet/garden> [110]"], stage.Take("juliet/garden"));
        await stage.PresenceAsync("juliet/garden", "Capulet", isJoin: false);
        Assert.Equal(["-Juliet none/participant <juliet/garden> as Capulet [303]", "+Capulet none/participant <juliet/garden>"], stage.Take("romeo"));
        Assert.Equal(2, (await stage.Grain.InfoAsync())!.Occupants);
    }

    [Fact]
    public async Task Leave_IsToldToAll_WithWhatWasSaid()
    {
        var stage = new RoomStage(silo);
        await stage.EnterAllAsync("romeo", "juliet", "nurse");

        await stage.LeaveAsync("juliet", id: "bye", payload: "<status>gone home</status>");

        Assert.Equal(["-Juliet <status>gone home</status> none/none <juliet/orchard> [110] #bye"], stage.Take("juliet"));
        Assert.Equal(["-Juliet <status>gone home</status> none/none <juliet/orchard> #bye"], stage.Take("romeo"));
        Assert.Equal(["-Juliet <status>gone home</status> none/none #bye"], stage.Take("nurse"));
        await stage.LeaveAsync("juliet");
        Assert.Empty(stage.Take("romeo"));
        Assert.Equal(StanzaError.NotAcceptable, await stage.SayAsync("juliet", "hello?"));
    }

    [Fact]
    public async Task LeaveBecauseOfAnError_Is333_Without307()
    {
        var stage = new RoomStage(silo);
        await stage.EnterAllAsync("romeo", "juliet");

        await stage.LeaveAsync("juliet", MucLeaveCause.DeliveryFailed);

        Assert.Equal(["-Juliet none/none <juliet/orchard> [110 333]"], stage.Take("juliet"));
        Assert.Equal(["-Juliet none/none <juliet/orchard> [333]"], stage.Take("romeo"));
    }

    [Fact]
    public async Task LeaveOfOneSession_IsSilent_UnlessTheOthersSawIt()
    {
        var stage = new RoomStage(silo);
        await stage.EnterAllAsync("romeo");
        await stage.PresenceAsync("juliet/balcony", payload: "<show>away</show>");
        await stage.PresenceAsync("juliet/garden", "Juliet", payload: "<show>chat</show>");
        await stage.PresenceAsync("juliet/hall", "Juliet");
        stage.Take("romeo");

        await stage.LeaveAsync("juliet/hall");
        Assert.Equal("-Juliet none/none <juliet/hall> [110]", stage.Take("juliet/hall")[^1]);
        Assert.Empty(stage.Take("romeo"));

        await stage.LeaveAsync("juliet/balcony", MucLeaveCause.StreamEnded);
        Assert.Equal(["+Juliet <show>chat</show> none/participant <juliet/garden>"], stage.Take("romeo"));

        await stage.LeaveAsync("juliet/garden");
        Assert.Equal(["-Juliet none/none <juliet/garden>"], stage.Take("romeo"));
    }

    [Fact]
    public async Task VisitorsPresence_IsHidden_WhereTheRoomSaysSo()
    {
        var stage = new RoomStage(silo, service => service with
        {
            RoomDefaults = MucRoomConfig.Default with { IsModerated = true, PresenceBroadcastFrom = MucRole.Participant },
        });
        await stage.EnterAllAsync("romeo");

        await stage.EnterAsync("juliet");
        Assert.Equal(["+Romeo owner/moderator", "+Juliet none/visitor <juliet/orchard> [110]", "room subject ''"], stage.Take("juliet"));
        await stage.PresenceAsync("juliet", "Capulet", isJoin: false);
        Assert.Equal(["-Juliet none/visitor <juliet/orchard> as Capulet [110 303]", "+Capulet none/visitor <juliet/orchard> [110]"], stage.Take("juliet"));
        Assert.Empty(stage.Take("romeo"));

        Assert.Null(await stage.SetRoleAsync("romeo", "Capulet", MucRole.Participant));
        Assert.Equal(["+Capulet none/participant <juliet/orchard> by Romeo"], stage.Take("romeo"));
        Assert.Equal(["+Capulet none/participant <juliet/orchard> by Romeo [110]"], stage.Take("juliet"));
        Assert.Null(await stage.SetRoleAsync("romeo", "Capulet", MucRole.Visitor));
        Assert.Equal(["-Capulet none/visitor"], stage.Take("romeo"));
        Assert.Equal(["+Capulet none/visitor <juliet/orchard> by Romeo [110]"], stage.Take("juliet"));

        await stage.ConfigureAsync("romeo", new MucConfigChange { PresenceBroadcastFrom = MucRole.Visitor });
        Assert.Equal(["+Capulet none/visitor <juliet/orchard>", "room: [104]"], stage.Take("romeo"));
        await stage.ConfigureAsync("romeo", new MucConfigChange { PresenceBroadcastFrom = MucRole.Moderator });
        Assert.Equal(["-Capulet none/visitor", "room: [104]"], stage.Take("romeo"));
    }

    [Fact]
    public async Task SessionsThatAreGone_AsADeliveryFindsOut_AreRemoved()
    {
        var stage = new RoomStage(silo);
        await stage.EnterAllAsync("romeo", "juliet/balcony", "nurse");
        await stage.EnterAsync("juliet/garden", "Juliet");
        stage.Take("romeo");
        stage.Sink.Lose(stage.Session("juliet/balcony").Session);
        stage.Sink.Lose(stage.Session("nurse").Session);

        Assert.Null(await stage.SayAsync("romeo", "who is there?"));

        Assert.Equal(
            ["+Juliet none/participant <juliet/garden>", "-Nurse none/none <nurse/orchard>", "Romeo: who is there?"],
            (await UntilBothAsync(stage)).Order(StringComparer.Ordinal));
        Assert.Equal(2, (await stage.Grain.InfoAsync())!.Occupants);

        async Task<string[]> UntilBothAsync(RoomStage at)
        {
            var lines = await at.UntilAsync("romeo", "-Nurse");
            return lines.Any(line => line.StartsWith("+Juliet", StringComparison.Ordinal)) ? lines : [.. lines, .. await at.UntilAsync("romeo", "+Juliet")];
        }
    }

    [Fact]
    public async Task FrontendThatIsLost_TakesItsSessionsWithIt_AndTheRoomLives()
    {
        var stage = new RoomStage(silo);
        await stage.EnterAllAsync("romeo");
        var broken = new RoomSink();
        stage.SessionOn("juliet", broken);
        stage.SessionOn("nurse", broken);
        await stage.EnterAsync("juliet");
        await stage.EnterAsync("nurse");
        stage.Take("romeo");
        broken.Before = _ => throw new InvalidOperationException("a bug");

        Assert.Null(await stage.SayAsync("romeo", "hello"));

        await stage.UntilAsync("romeo", "-");
        Assert.Null(await stage.SayAsync("romeo", "alone"));
        Assert.Equal(["Romeo"], (await stage.Grain.OccupantsAsync())!.Value.Select(occupant => occupant.Nickname));
    }

    [Fact]
    public async Task FullAddressOnANewStream_TakesTheGhostsPlace_AndTheRoomLives()
    {
        var stage = new RoomStage(silo);
        await stage.EnterAllAsync("romeo");
        await stage.SubjectAsync("romeo", "mine");

        stage.Reconnect("romeo");
        await stage.EnterAsync("romeo");

        // No 201: it is the same room, with what was said in it.
        Assert.Equal(["+Romeo owner/moderator <romeo/orchard> [110]", "Romeo subject 'mine'"], stage.Take("romeo"));
        Assert.Equal(1, (await stage.Grain.InfoAsync())!.Occupants);
    }

    [Fact]
    public async Task GhostsLeave_DoesNotPutOutTheNewStream()
    {
        var stage = new RoomStage(silo);
        await stage.EnterAllAsync("romeo", "juliet");
        var ghost = stage.Session("juliet");
        stage.Reconnect("juliet");
        await stage.EnterAsync("juliet", "Capulet");
        Assert.Equal(["-Juliet none/none <juliet/orchard>", "+Capulet none/participant <juliet/orchard>"], stage.Take("romeo"));

        await stage.Grain.LeaveAsync(new MucLeave(ghost, MucLeaveCause.StreamEnded, null, MucPayload.Empty));

        Assert.Empty(stage.Take("romeo"));
        Assert.True(await stage.Grain.IsPresentAsync(stage.Session("juliet").Jid));
        Assert.Equal(StanzaError.NotAcceptable, await stage.Grain.MessageAsync(
            new MucMessage(ghost, null, StanzaType.Groupchat, null, RoomStage.Payload("boo"), false, true)));
    }

    [Fact]
    public async Task RefusedReturn_OfAGhost_RemovesTheGhost()
    {
        var stage = new RoomStage(silo);
        await stage.EnterAllAsync("romeo", "juliet");
        stage.Reconnect("juliet");

        Assert.Equal(StanzaError.Conflict, (await stage.PresenceAsync("juliet", "Romeo")).Error);

        Assert.Equal(["-Juliet none/none <juliet/orchard>"], stage.Take("romeo"));
        Assert.False(await stage.Grain.IsPresentAsync(stage.User("juliet")));
    }
}
