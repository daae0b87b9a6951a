using Krewe.Contracts.Muc;
using Krewe.Contracts.Stanzas;

namespace Krewe.Tests.Grains.Muc.Rooms;

/// <summary>XEP-0045 §7.4, §7.5, §7.13, §8.1: what occupants say to all, to one, and about the room.</summary>
public sealed class MessageTests(RoomSilo silo) : IClassFixture<RoomSilo>
{
    [Fact]
    public async Task Groupchat_GoesToAll_TheSenderIncluded_InOneDelivery()
    {
        var stage = new RoomStage(silo);
        await stage.EnterAllAsync("romeo", "juliet", "nurse");
        await stage.EnterAsync("juliet/garden", "Juliet");
        stage.Take("juliet/garden");
        var before = stage.Sink.Deliveries;

        Assert.Null(await stage.SayAsync("juliet", "<body>hi</body>", "m1"));

        Assert.Equal(before + 1, stage.Sink.Deliveries);
        foreach (var address in new[] { "romeo", "juliet", "juliet/garden", "nurse" })
        {
            Assert.Equal(["Juliet: <body>hi</body> #m1"], stage.Take(address));
        }
    }

    [Fact]
    public async Task Groupchat_OfAStranger_IsNotAcceptable_AndOfAVisitorForbidden()
    {
        var stage = new RoomStage(silo, service => service with { RoomDefaults = MucRoomConfig.Default with { IsModerated = true } });
        await stage.EnterAllAsync("romeo", "juliet");

        Assert.Equal(StanzaError.NotAcceptable, await stage.SayAsync("nurse", "hi"));
        Assert.Equal(StanzaError.Forbidden, await stage.SayAsync("juliet", "hi"));
        Assert.Empty(stage.Take("romeo"));
        Assert.Null(await stage.SetRoleAsync("romeo", "Juliet", MucRole.Participant));
        Assert.Null(await stage.SayAsync("juliet", "hi"));
    }

    [Theory]
    [InlineData(StanzaType.Error, null)]
    [InlineData(StanzaType.Chat, StanzaErrorCondition.BadRequest)]
    [InlineData(StanzaType.Normal, StanzaErrorCondition.BadRequest)]
    public async Task OtherTypesToTheRoom_ReachNobody(StanzaType type, StanzaErrorCondition? condition)
    {
        var stage = new RoomStage(silo);
        await stage.EnterAllAsync("romeo", "juliet");

        Assert.Equal(condition, (await stage.SayAsync("juliet", "psst", type: type))?.Condition);

        Assert.Empty(stage.Take("romeo"));
    }

    [Fact]
    public async Task Subject_IsReflected_Kept_AndToldToThoseWhoEnter()
    {
        var stage = new RoomStage(silo);
        await stage.EnterAllAsync("romeo", "juliet");
        var occupantId = (await stage.Grain.OccupantsAsync())!.Value.Length;
        silo.Time.Forward(TimeSpan.FromMinutes(1));

        Assert.Null(await stage.SubjectAsync("romeo", "love", "s1"));

        Assert.Equal(["Romeo: <subject>love</subject> #s1"], stage.Take("juliet"));
        Assert.Equal(["Romeo: <subject>love</subject> #s1"], stage.Take("romeo"));
        Assert.Equal(2, occupantId);
        await stage.LeaveAsync("romeo");
        await stage.EnterAsync("nurse");
        var told = stage.TakeStanzas("nurse")[^1];
        Assert.Equal("Romeo subject 'love'", RoomSink.Line(told));
        Assert.Equal(silo.Time.GetUtcNow(), told.SentAt!.Value, TimeSpan.FromSeconds(30));
        Assert.NotNull(told.OccupantId);
        Assert.Equal("love", (await stage.Grain.InfoAsync())!.Subject);
    }

    [Fact]
    public async Task EmptySubject_TakesItAway()
    {
        var stage = new RoomStage(silo);
        await stage.EnterAllAsync("romeo");
        await stage.SubjectAsync("romeo", "love");

        Assert.Null(await stage.SubjectAsync("romeo", ""));

        Assert.Null((await stage.Grain.InfoAsync())!.Subject);
        Assert.Null((await stage.Grain.DocumentAsync())!.Subject);
    }

    [Fact]
    public async Task Subject_IsTheModerators_UnlessTheRoomGivesItToParticipants()
    {
        var stage = new RoomStage(silo);
        await stage.EnterAllAsync("romeo", "juliet");

        Assert.Equal(StanzaError.NotAcceptable, await stage.SubjectAsync("nurse", "x"));
        Assert.Equal(StanzaError.Forbidden, await stage.SubjectAsync("juliet", "x"));
        await stage.ConfigureAsync("romeo", new MucConfigChange { MayChangeSubject = true });
        Assert.Null(await stage.SubjectAsync("juliet", "x"));
        Assert.Null(await stage.SetRoleAsync("romeo", "Juliet", MucRole.Visitor));
        Assert.Equal(StanzaError.Forbidden, await stage.SubjectAsync("juliet", "y"));
        Assert.Equal(StanzaErrorCondition.PolicyViolation, (await stage.SubjectAsync("romeo", new string('s', 4097)))?.Condition);
        Assert.Equal("x", (await stage.Grain.InfoAsync())!.Subject);
    }

    [Fact]
    public async Task PrivateMessage_GoesToEverySessionOfTheOccupant_FromTheSendersNickname()
    {
        var stage = new RoomStage(silo);
        await stage.EnterAllAsync("romeo", "juliet");
        await stage.EnterAsync("juliet/garden", "Juliet");
        stage.Take("juliet/garden");

        Assert.Null(await stage.SayAsync("romeo", "psst", "p1", to: "Juliet"));

        Assert.Equal(["Romeo chat: psst #p1"], stage.Take("juliet"));
        var second = Assert.Single(stage.TakeStanzas("juliet/garden"));
        Assert.Equal(MucUserExtension.Empty, second.User);
        Assert.NotNull(second.OccupantId);
        Assert.Empty(stage.Take("romeo"));
    }

    [Fact]
    public async Task PrivateMessage_ToNobody_FromNobody_OrAsGroupchat_IsRefused()
    {
        var stage = new RoomStage(silo);
        await stage.EnterAllAsync("romeo");

        Assert.Equal(StanzaError.ItemNotFound, await stage.SayAsync("romeo", "psst", to: "Juliet"));
        Assert.Equal(StanzaError.NotAcceptable, await stage.SayAsync("juliet", "psst", to: "Romeo"));
        Assert.Equal(StanzaError.BadRequest, await stage.SayAsync("romeo", "psst", to: "Romeo", type: StanzaType.Groupchat));
        Assert.Null(await stage.SayAsync("romeo", "psst", to: "Juliet", type: StanzaType.Error));
        Assert.Null(await stage.SayAsync("juliet", "psst", to: "Romeo", type: StanzaType.Error));
        Assert.Empty(stage.Take("romeo"));
    }

    [Theory]
    [InlineData(MucPrivateMessages.Anyone, true, true, true, true)]
    [InlineData(MucPrivateMessages.Participants, true, true, false, true)]
    [InlineData(MucPrivateMessages.Moderators, true, false, false, false)]
    [InlineData(MucPrivateMessages.None, false, false, false, false)]
    public async Task PrivateMessages_AsTheRoomAllows(MucPrivateMessages setting, bool ofModerator, bool ofParticipant, bool ofVisitor, bool ofVisitorToModerator)
    {
        var stage = new RoomStage(silo, service => service with { RoomDefaults = MucRoomConfig.Default with { PrivateMessages = setting } });
        await stage.EnterAllAsync("romeo", "juliet", "nurse");
        Assert.Null(await stage.SetRoleAsync("romeo", "Nurse", MucRole.Visitor));

        Assert.Equal(ofModerator, await stage.SayAsync("romeo", "psst", to: "Juliet") is null);
        Assert.Equal(ofParticipant, await stage.SayAsync("juliet", "psst", to: "Nurse") is null);
        Assert.Equal(ofVisitor, await stage.SayAsync("nurse", "psst", to: "Juliet") is null);
        Assert.Equal(ofVisitorToModerator, await stage.SayAsync("nurse", "psst", to: "Romeo") is null);
        Assert.Null(await stage.SayAsync("juliet", "what?", to: "Nurse", type: StanzaType.Error));
    }

    [Fact]
    public async Task RequestForVoice_GoesToModerators()
    {
        var stage = new RoomStage(silo, service => service with { RoomDefaults = MucRoomConfig.Default with { IsModerated = true } });
        await stage.EnterAllAsync("romeo", "juliet", "nurse");

        Assert.Null(await stage.Grain.RequestVoiceAsync(stage.Session("juliet")));

        Assert.Equal(["voice for Juliet <juliet/orchard>"], stage.Take("romeo"));
        Assert.Empty(stage.Take("nurse"));
        Assert.Equal(StanzaError.BadRequest, await stage.Grain.RequestVoiceAsync(stage.Session("romeo")));
        Assert.Equal(StanzaError.NotAcceptable, await stage.Grain.RequestVoiceAsync(stage.Session("tybalt")));
    }

    [Fact]
    public async Task History_KeepsBodies_AsManyAsTheRoomSays_AndWhatWasAskedFor()
    {
        var stage = new RoomStage(silo, service => service with { RoomDefaults = MucRoomConfig.Default with { HistoryLength = 3 } });
        await stage.EnterAllAsync("romeo");
        foreach (var text in new[] { "1", "2", "3", "4" })
        {
            await stage.SayAsync("romeo", text);
            await stage.SayAsync("romeo", "typing", hasBody: false);
        }

        silo.Time.Forward(TimeSpan.FromMinutes(10));
        await stage.SayAsync("romeo", "5");

        Assert.Equal(["3", "4", "5"], await EarlierAsync("nurse", null));
        Assert.Empty(await EarlierAsync("anne", new MucHistoryRequest(0, null, null, null)));
        Assert.Equal(["4", "5"], await EarlierAsync("beth", new MucHistoryRequest(null, 2, null, null)));
        Assert.Equal(["5"], await EarlierAsync("carol", new MucHistoryRequest(null, 2, 60, null)));
        Assert.Equal(["5"], await EarlierAsync("dora", new MucHistoryRequest(null, null, null, silo.Time.GetUtcNow().AddMinutes(-5))));
        await stage.ConfigureAsync("romeo", new MucConfigChange { HistoryLength = 1 });
        Assert.Equal(["5"], await EarlierAsync("emma", null));
        await stage.ConfigureAsync("romeo", new MucConfigChange { HistoryLength = 0 });
        await stage.SayAsync("romeo", "6");
        Assert.Empty(await EarlierAsync("fay", null));

        async Task<string[]> EarlierAsync(string user, MucHistoryRequest? request)
        {
            await stage.PresenceAsync(user, history: request);
            return [.. stage.Take(user).Where(line => line.EndsWith(" earlier", StringComparison.Ordinal)).Select(line => line["Romeo: ".Length..^" earlier".Length])];
        }
    }
}
