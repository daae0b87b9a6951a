using Krewe.Contracts.Addressing;
using Krewe.Contracts.Muc;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Muc;
using Krewe.Tests.Support;

namespace Krewe.Tests.Unit.Muc;

/// <summary>Specs M-033: what becomes of an entry while the tenant's service thinks about it, and of what its session does meanwhile.</summary>
public sealed class RoomVisitsTests
{
    private static readonly Jid Coven = Jid.Parse("coven@rooms.h.example");

    private readonly VisitedRooms _rooms = new();

    [Fact]
    public async Task Entry_IsOneCall_WhereNobodyIsAsked()
    {
        await _rooms.EnterAsync("coven", "witch", "1");

        await _rooms.ExpectAsync("coven presence witch 1");
        Assert.True(_rooms.Visits.IsInside(Coven));
    }

    [Fact]
    public async Task Entries_WaitWhileTheSessionDoesNotRead()
    {
        var reading = new TaskCompletionSource();
        _rooms.Ready = reading.Task;
        await _rooms.EnterAsync("coven", "witch", "1");
        await _rooms.EnterAsync("heath", "witch", "2");
        await _rooms.SayAsync("moor", "a");
        await _rooms.ExpectAsync("moor message a");
        _rooms.ExpectNothing();

        reading.SetResult();

        await _rooms.ExpectAsync("coven presence witch 1", "heath presence witch 2");
    }

    [Fact]
    public async Task Entry_ThatTheRoomIsSlowWith_IsNotPassedByTheNext()
    {
        _rooms.Hold("coven presence witch 1");
        await _rooms.EnterAsync("coven", "witch", "1");
        await _rooms.EnterAsync("heath", "witch", "2");
        await _rooms.ExpectAsync("coven presence witch 1");
        _rooms.ExpectNothing();

        _rooms.Release("coven presence witch 1");

        await _rooms.ExpectAsync("heath presence witch 2");
    }

    [Fact]
    public async Task GuardedEntry_IsGivenAgain_WithTheDecision()
    {
        _rooms.IsGuarded = true;

        await _rooms.EnterAsync("coven", "witch", "1");

        await _rooms.ExpectAsync("coven presence witch 1", "coven decide witch", "coven presence witch 1 decided");
        Assert.True(_rooms.Visits.IsInside(Coven));
    }

    [Fact]
    public async Task WhileAnEntryIsUnderWay_OnlyItsRoomWaits()
    {
        await PendAsync();

        await _rooms.SayAsync("coven", "a");
        await _rooms.SayAsync("coven", "b");
        await _rooms.SayAsync("heath", "c");
        await _rooms.ExpectAsync("heath message c");
        _rooms.Release("coven decide witch");

        await _rooms.ExpectAsync("coven presence witch 1 decided", "coven message a", "coven message b");
    }

    [Fact]
    public async Task SeventeenthStanzaBehindAnEntry_IsRefused()
    {
        await PendAsync();
        for (var i = 1; i <= RoomVisits.WaitingMax + 2; i++)
        {
            await _rooms.SayAsync("coven", $"{i}");
        }

        await _rooms.ExpectAsync("coven refused 17 Wait ResourceConstraint", "coven refused 18 Wait ResourceConstraint");
        _rooms.Release("coven decide witch");

        await _rooms.ExpectAsync(["coven presence witch 1 decided", .. Enumerable.Range(1, RoomVisits.WaitingMax).Select(i => $"coven message {i}")]);
    }

    [Fact]
    public async Task BurstBehindARoomThatIsOnlySlow_Waits_AndIsNotRefused()
    {
        _rooms.Hold("coven presence witch 1");
        await _rooms.EnterAsync("coven", "witch", "1");
        for (var i = 1; i <= RoomVisits.WaitingMax; i++)
        {
            await _rooms.SayAsync("coven", $"{i}");
        }

        var oneMore = _rooms.SayAsync("coven", "17").AsTask();
        Assert.False(oneMore.IsCompleted);
        _rooms.Release("coven presence witch 1");
        await oneMore.WaitAsync(Timeouts.Test);

        await _rooms.ExpectAsync(["coven presence witch 1", .. Enumerable.Range(1, RoomVisits.WaitingMax + 1).Select(i => $"coven message {i}")]);
    }

    [Fact]
    public async Task SenderThatWaitsForRoom_IsRefused_WhenADecisionComesInBetween()
    {
        await _rooms.EnterAsync("coven", "witch", "1");
        _rooms.Hold("coven presence hag 2");
        await _rooms.EnterAsync("coven", "hag", "2");
        for (var i = 1; i <= RoomVisits.WaitingMax; i++)
        {
            await _rooms.SayAsync("coven", $"{i}");
        }

        var oneMore = _rooms.SayAsync("coven", "17").AsTask();
        _rooms.Hold("coven decide hag");
        _rooms.Release("coven presence hag 2", new MucPresenceResult(MucPresenceOutcome.NeedsDecision, null, "witch"));
        await oneMore.WaitAsync(Timeouts.Test);

        await _rooms.ExpectAsync("coven presence witch 1", "coven presence hag 2", "coven decide hag", "coven refused 17 Wait ResourceConstraint");
    }

    [Fact]
    public async Task Leaving_CancelsAnEntryUnderWay_AndAnswersWhatWaitsBehind()
    {
        await PendAsync();
        await _rooms.SayAsync("coven", "a");

        await _rooms.LeaveAsync("coven");

        await _rooms.ExpectAsync("coven refused a Modify NotAcceptable");
        await WhenForgottenAsync();
        _rooms.Release("coven decide witch");
        await _rooms.SayAsync("heath", "b");
        await _rooms.ExpectAsync("heath message b");
        _rooms.ExpectNothing();
    }

    [Fact]
    public async Task Leaving_WhileTheRoomTakesTheEntry_LeavesAfterwards()
    {
        _rooms.Hold("coven presence witch 1");
        await _rooms.EnterAsync("coven", "witch", "1");
        await _rooms.LeaveAsync("coven");
        await _rooms.EnterAsync("coven", "hag", "2");

        _rooms.Release("coven presence witch 1");

        await _rooms.ExpectAsync("coven presence witch 1", "coven leave Left", "coven presence hag 2");
    }

    [Fact]
    public async Task Leaving_WhileTheRoomRefuses_IsNotAnswered()
    {
        _rooms.Hold("coven presence witch 1");
        await _rooms.EnterAsync("coven", "witch", "1");
        await _rooms.LeaveAsync("coven");

        _rooms.Release("coven presence witch 1", new MucPresenceResult(MucPresenceOutcome.Refused, StanzaError.Forbidden));

        await _rooms.ExpectAsync("coven presence witch 1");
        await WhenForgottenAsync();
        _rooms.ExpectNothing();
    }

    [Fact]
    public async Task Leaving_DoesNotOvertakeWhatWasSentInside()
    {
        await _rooms.EnterAsync("coven", "witch", "1");
        _rooms.Hold("coven presence witch 2");
        await _rooms.EnterAsync("coven", "witch", "2", isJoin: false);
        await _rooms.ExpectAsync("coven presence witch 1", "coven presence witch 2");
        _rooms.Release("coven presence witch 2");
        _rooms.Hold("coven message a");
        var said = _rooms.SayAsync("coven", "a").AsTask();
        await _rooms.ExpectAsync("coven message a");

        await _rooms.LeaveAsync("coven");
        _rooms.ExpectNothing();
        _rooms.Release("coven message a");

        await said.WaitAsync(Timeouts.Test);
        await _rooms.ExpectAsync("coven leave Left");
    }

    [Fact]
    public async Task JoinAgain_ReplacesTheFirst_WithoutAskingAgain()
    {
        await PendAsync();
        await _rooms.EnterAsync("coven", "witch", "2");

        _rooms.Release("coven decide witch");

        await _rooms.ExpectAsync("coven presence witch 2 decided");
        _rooms.ExpectNothing();
    }

    [Fact]
    public async Task JoinAgain_UnderAnotherNickname_IsDecidedForThatOne()
    {
        await PendAsync();
        await _rooms.SayAsync("coven", "a");

        await _rooms.EnterAsync("coven", "hag", "2");

        await _rooms.ExpectAsync("coven presence hag 2", "coven decide hag", "coven presence hag 2 decided", "coven message a");
        _rooms.Release("coven decide witch");
        _rooms.ExpectNothing();
    }

    [Fact]
    public async Task Refusal_GoesToTheLatestJoin()
    {
        await PendAsync();
        await _rooms.EnterAsync("coven", "witch", "2");
        _rooms.Answer("coven presence witch 2 decided", new MucPresenceResult(MucPresenceOutcome.Refused, StanzaError.Forbidden));
        _rooms.Release("coven decide witch");

        await _rooms.ExpectAsync("coven presence witch 2 decided", "refused 2 Auth Forbidden");
        await WhenForgottenAsync();
    }

    [Fact]
    public async Task RefusedNickname_LeavesTheSessionInTheRoom()
    {
        await _rooms.EnterAsync("coven", "witch", "1");
        _rooms.Hold("coven presence hag 2");
        await _rooms.EnterAsync("coven", "hag", "2");
        _rooms.Release("coven presence hag 2", new MucPresenceResult(MucPresenceOutcome.Refused, StanzaError.Conflict, "witch"));

        await _rooms.ExpectAsync("coven presence witch 1", "coven presence hag 2", "refused 2 Cancel Conflict");
        await _rooms.EndAsync().WaitAsync(Timeouts.Test);
        await _rooms.ExpectAsync("coven leave StreamEnded");
    }

    [Fact]
    public async Task DecisionThatIsVoidWheneverItComes_EndsInAnAnswer()
    {
        _rooms.IsGuarded = true;
        _rooms.Answer("coven presence witch 1 decided", new MucPresenceResult(MucPresenceOutcome.NeedsDecision));

        await _rooms.EnterAsync("coven", "witch", "1");

        await _rooms.ExpectAsync("coven presence witch 1");
        for (var i = 0; i < 3; i++)
        {
            await _rooms.ExpectAsync("coven decide witch", "coven presence witch 1 decided");
        }

        await _rooms.ExpectAsync("refused 1 Wait RemoteServerTimeout");
    }

    [Fact]
    public async Task RoomThatDoesNotAnswer_IsToldToTheSender_AndLeftAtTheEnd()
    {
        _rooms.Hold("coven presence witch 1");
        await _rooms.EnterAsync("coven", "witch", "1");
        _rooms.Release("coven presence witch 1", new TimeoutException());

        await _rooms.ExpectAsync("coven presence witch 1", "refused 1 Wait RemoteServerTimeout");
        await _rooms.EndAsync().WaitAsync(Timeouts.Test);
        await _rooms.ExpectAsync("coven leave StreamEnded");
    }

    [Fact]
    public async Task Bug_IsLogged_AndAnswered()
    {
        _rooms.Hold("coven decide witch");
        _rooms.IsGuarded = true;
        await _rooms.EnterAsync("coven", "witch", "1");
        _rooms.Release("coven decide witch", new InvalidOperationException("a bug"));

        await _rooms.ExpectAsync("coven presence witch 1", "coven decide witch", "failed a bug", "refused 1 Wait InternalServerError");
    }

    [Fact]
    public async Task EndOfTheStream_DuringADecision_WaitsForNothing()
    {
        await PendAsync();

        await _rooms.EndAsync().WaitAsync(Timeouts.Test);

        Assert.Equal(0, _rooms.Visits.Count);
        _rooms.Release("coven decide witch");
        _rooms.ExpectNothing();
    }

    [Fact]
    public async Task EndOfTheStream_WhileTheRoomTakesTheEntry_LeavesAfterwards()
    {
        _rooms.Hold("coven presence witch 1");
        await _rooms.EnterAsync("coven", "witch", "1");
        var ended = _rooms.EndAsync();
        Assert.False(ended.IsCompleted);

        _rooms.Release("coven presence witch 1");

        await ended.WaitAsync(Timeouts.Test);
        await _rooms.ExpectAsync("coven presence witch 1", "coven leave StreamEnded");
    }

    [Fact]
    public async Task EndOfTheStream_LeavesEveryRoom_SomeAtATime()
    {
        const int Rooms = 200;
        for (var i = 0; i < Rooms; i++)
        {
            await _rooms.EnterAsync($"r{i}", "witch", "1");
            await _rooms.ExpectAsync($"r{i} presence witch 1");
            _rooms.Hold($"r{i} leave StreamEnded");
        }

        var ended = _rooms.EndAsync();

        var left = new List<string>();
        for (var i = 0; i < RoomVisits.DeparturesMax; i++)
        {
            left.Add(await _rooms.NextAsync());
        }

        Assert.Equal(0, _rooms.Departures.CurrentCount);
        _rooms.ExpectNothing();
        for (var i = 0; i < Rooms; i++)
        {
            _rooms.Release(left[i]);
            if (left.Count < Rooms)
            {
                left.Add(await _rooms.NextAsync());
            }
        }

        await ended.WaitAsync(Timeouts.Test);
        Assert.Equal(Rooms, left.Distinct().Count());
        Assert.Equal(RoomVisits.DeparturesMax, _rooms.Departures.CurrentCount);
    }

    [Fact]
    public async Task Unavailability_LeavesAllRooms_AndALaterEntryComesBehindIt()
    {
        await _rooms.EnterAsync("coven", "witch", "1");
        _rooms.Hold("coven leave Left");

        var away = _rooms.Visits.LeaveAllAsync(MucLeaveCause.Left, "out", MucPayload.Empty);
        await _rooms.ExpectAsync("coven presence witch 1", "coven leave Left");
        await _rooms.EnterAsync("coven", "witch", "2");
        _rooms.ExpectNothing();
        _rooms.Release("coven leave Left");

        await away.WaitAsync(Timeouts.Test);
        await _rooms.ExpectAsync("coven presence witch 2");
    }

    [Fact]
    public async Task RoomsOfOneSession_AreBounded()
    {
        for (var i = 0; i < RoomVisits.VisitsMax; i++)
        {
            await _rooms.EnterAsync($"r{i}", "witch", "1");
            await _rooms.ExpectAsync($"r{i} presence witch 1");
        }

        await _rooms.EnterAsync("coven", "witch", "1");
        await _rooms.ExpectAsync("refused 1 Wait ResourceConstraint");

        await _rooms.LeaveAsync("r0");
        await _rooms.EnterAsync("coven", "witch", "2");
        await _rooms.ExpectAsync("r0 leave Left", "coven presence witch 2");
    }

    [Fact]
    public async Task KickedSession_IsInTheRoomNoMore_UnlessItIsJustEntering()
    {
        await _rooms.EnterAsync("coven", "witch", "1");
        _rooms.Visits.End(Coven);
        Assert.Equal(0, _rooms.Visits.Count);

        _rooms.Hold("coven presence witch 2");
        await _rooms.EnterAsync("coven", "witch", "2");
        _rooms.Visits.End(Coven);
        _rooms.Release("coven presence witch 2");

        await _rooms.ExpectAsync("coven presence witch 1", "coven presence witch 2");
        await _rooms.EndAsync().WaitAsync(Timeouts.Test);
        await _rooms.ExpectAsync("coven leave StreamEnded");
    }

    [Theory]
    [InlineData(StanzaType.Unavailable, new ushort[] { 110 }, true)]
    [InlineData(StanzaType.Unavailable, new ushort[] { 110, 307 }, true)]
    [InlineData(StanzaType.Unavailable, new ushort[] { 110, 303 }, false)]
    [InlineData(StanzaType.Unavailable, new ushort[] { 307 }, false)]
    [InlineData(StanzaType.Unavailable, new ushort[0], false)]
    [InlineData(StanzaType.Available, new ushort[] { 110 }, false)]
    public void OwnUnavailablePresence_TellsOfTheEnd_UnlessItIsAChangeOfNickname(StanzaType type, ushort[] statuses, bool expected) => Assert.Equal(expected, RoomVisits.TellsOfEnd(
        new MucStanza { Kind = StanzaKind.Presence, Type = type, From = Coven, User = new MucUserExtension { Statuses = [.. statuses] } }));

    [Fact]
    public async Task LeavingARoomThatOneIsNotIn_IsNothing()
    {
        await _rooms.LeaveAsync("coven");
        await _rooms.EndAsync().WaitAsync(Timeouts.Test);

        _rooms.ExpectNothing();
    }

    /// <summary>An entry whose decision is awaited.</summary>
    private async Task PendAsync()
    {
        _rooms.IsGuarded = true;
        _rooms.Hold("coven decide witch");
        await _rooms.EnterAsync("coven", "witch", "1");
        await _rooms.ExpectAsync("coven presence witch 1", "coven decide witch");
    }

    /// <summary>Nothing is done for any room, and the session is in none.</summary>
    private async Task WhenForgottenAsync()
    {
        await _rooms.EndAsync().WaitAsync(Timeouts.Test);
        Assert.Equal(0, _rooms.Visits.Count);
    }
}
