using Krewe.Contracts.Muc;
using Krewe.Contracts.Stanzas;
using Krewe.Tests.Support;

namespace Krewe.Tests.Grains.Muc.Rooms;

/// <summary>XEP-0045 §17.4 and XEP-0410: IQs between occupants, and pings to oneself.</summary>
public sealed class IqTests(RoomSilo silo) : IClassFixture<RoomSilo>
{
    private static readonly MucIqResult Passed = new(false, null);

    [Fact]
    public async Task Request_ReachesTheOccupant_WithAnIdOfTheRooms_AndItsAnswerComesBackWithTheSenders()
    {
        var stage = new RoomStage(silo);
        await stage.EnterAllAsync("romeo", "juliet");

        Assert.Equal(Passed, await AskAsync(stage, "romeo", "Juliet", StanzaType.Get, "v1", "<query/>"));

        var asked = Assert.Single(stage.TakeStanzas("juliet"));
        Assert.Equal((StanzaKind.Iq, StanzaType.Get, "Romeo"), (asked.Kind, asked.Type, asked.From.Resourcepart));
        Assert.NotEqual("v1", asked.Id);
        Assert.Equal(Passed, await AskAsync(stage, "juliet", "Romeo", StanzaType.Result, asked.Id!, "<query>me</query>"));
        Assert.Equal(["Juliet result <query>me</query> #v1"], stage.Take("romeo"));

        // Only once.
        Assert.Equal(Passed, await AskAsync(stage, "juliet", "Romeo", StanzaType.Error, asked.Id!, "<error/>"));
        Assert.Empty(stage.Take("romeo"));
    }

    [Fact]
    public async Task ForgedAnswers_ReachNobody()
    {
        var stage = new RoomStage(silo);
        await stage.EnterAllAsync("romeo", "juliet", "tybalt");
        await stage.EnterAsync("juliet/garden", "Juliet");
        await AskAsync(stage, "romeo", "Juliet", StanzaType.Set, "v1", "");
        var id = Assert.Single(stage.TakeStanzas("juliet")).Id!;

        await AskAsync(stage, "tybalt", "Romeo", StanzaType.Result, id, "mine");
        await AskAsync(stage, "juliet/garden", "Romeo", StanzaType.Result, id, "mine");
        await AskAsync(stage, "juliet", "Romeo", StanzaType.Result, "v1", "mine");
        await AskAsync(stage, "nurse", "Romeo", StanzaType.Result, id, "mine");

        Assert.Empty(stage.Take("romeo"));
        await AskAsync(stage, "juliet", "Romeo", StanzaType.Error, id, "sorry");
        Assert.Equal(["Juliet error sorry #v1"], stage.Take("romeo"));
    }

    [Theory]
    [InlineData("romeo", "Romeo", null, true)]
    [InlineData("romeo", "Juliet", null, false)]
    [InlineData("romeo", "Nobody", StanzaErrorCondition.NotAcceptable, false)]
    [InlineData("romeo/hall", "Romeo", StanzaErrorCondition.NotAcceptable, false)]
    [InlineData("nurse", "Romeo", StanzaErrorCondition.NotAcceptable, false)]
    public async Task Ping_ToTheOwnNickname_IsTheRoomsToAnswer(string sender, string nickname, StanzaErrorCondition? condition, bool isAnswered)
    {
        var stage = new RoomStage(silo);
        await stage.EnterAllAsync("romeo", "juliet");

        var result = await AskAsync(stage, sender, nickname, StanzaType.Get, "p", "<ping/>", isPing: true);

        Assert.Equal((isAnswered, condition), (result.IsAnswered, result.Error?.Condition));
    }

    [Fact]
    public async Task Ping_AfterAChangeOfNickname_AnswersTheNewOne()
    {
        var stage = new RoomStage(silo);
        await stage.EnterAllAsync("romeo");
        await stage.PresenceAsync("romeo", "Montague", isJoin: false);

        Assert.Equal(StanzaError.NotAcceptable, (await AskAsync(stage, "romeo", "Romeo", StanzaType.Get, "p", "", isPing: true)).Error);
        Assert.True((await AskAsync(stage, "romeo", "Montague", StanzaType.Get, "p", "", isPing: true)).IsAnswered);
    }

    [Fact]
    public async Task Request_OfAStrangerOrToNobody_IsRefused()
    {
        var stage = new RoomStage(silo);
        await stage.EnterAllAsync("romeo");

        Assert.Equal(StanzaError.BadRequest, (await AskAsync(stage, "nurse", "Romeo", StanzaType.Get, "1", "")).Error);
        Assert.Equal(StanzaError.ItemNotFound, (await AskAsync(stage, "romeo", "Nurse", StanzaType.Get, "1", "")).Error);
    }

    [Fact]
    public async Task Requests_OfOneSession_AreBounded_AndTheirAnswersMakeRoom()
    {
        var stage = new RoomStage(silo);
        await stage.EnterAllAsync("romeo", "juliet");
        for (var i = 0; i < 50; i++)
        {
            Assert.Equal(Passed, await AskAsync(stage, "romeo", "Juliet", StanzaType.Get, $"{i}", ""));
        }

        Assert.Equal(StanzaError.ResourceConstraint, (await AskAsync(stage, "romeo", "Juliet", StanzaType.Get, "50", "")).Error);
        Assert.Equal(Passed, await AskAsync(stage, "juliet", "Romeo", StanzaType.Get, "other", ""));

        await AskAsync(stage, "juliet", "Romeo", StanzaType.Result, stage.TakeStanzas("juliet")[0].Id!, "");
        Assert.Equal(Passed, await AskAsync(stage, "romeo", "Juliet", StanzaType.Get, "50", ""));
    }

    [Fact]
    public async Task Request_ToOneWhoLeaves_OrInARoomThatEnds_IsAnswered()
    {
        var stage = new RoomStage(silo);
        await stage.EnterAllAsync("romeo", "juliet");
        await AskAsync(stage, "romeo", "Juliet", StanzaType.Get, "v1", "");

        await stage.LeaveAsync("romeo");
        var id = stage.TakeStanzas("juliet")[0].Id!;
        stage.Take("romeo");
        await AskAsync(stage, "juliet", "Romeo", StanzaType.Result, id, "mine");
        Assert.Equal(["Juliet error error NotAcceptable #v1"], stage.Take("romeo"));

        await stage.EnterAsync("romeo");
        stage.Take("romeo");
        await AskAsync(stage, "juliet", "Romeo", StanzaType.Get, "v2", "");
        Assert.True(await stage.Grain.DeleteAsync(new MucDestroy(null, null, null)));
        Assert.Contains("Romeo error error ItemNotFound #v2", await stage.UntilAsync("juliet", "Romeo error"));
    }

    [Fact]
    public async Task Request_ThatNobodyAnswersInTime_OrWhoseOccupantLeft_Fails_AndALateAnswerReachesNobody()
    {
        var stage = new RoomStage(silo);
        await stage.EnterAllAsync("romeo", "juliet", "nurse");
        await AskAsync(stage, "romeo", "Juliet", StanzaType.Get, "slow", "");
        await AskAsync(stage, "romeo", "Nurse", StanzaType.Get, "gone", "");
        var id = stage.TakeStanzas("juliet")[0].Id!;
        await stage.LeaveAsync("nurse");
        stage.Take("romeo");

        silo.Time.Forward(TimeSpan.FromSeconds(16));
        Assert.Equal(["Nurse error error ItemNotFound #gone"], await stage.UntilAsync("romeo", "Nurse error"));
        silo.Time.Forward(TimeSpan.FromSeconds(61));
        Assert.Equal(["Juliet error error RemoteServerTimeout #slow"], await stage.UntilAsync("romeo", "Juliet error"));

        await AskAsync(stage, "juliet", "Romeo", StanzaType.Result, id, "late");
        Assert.Empty(stage.Take("romeo"));
    }

    private static Task<MucIqResult> AskAsync(RoomStage stage, string sender, string nickname, StanzaType type, string id, string payload, bool isPing = false) =>
        stage.Grain.IqAsync(new MucIq(stage.Session(sender), nickname, type, id, RoomStage.Payload(payload), isPing));
}
