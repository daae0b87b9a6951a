using System.Collections.Concurrent;
using System.Threading.Channels;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Muc;
using Krewe.Contracts.Sessions;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Muc;
using Krewe.Tests.Support;

namespace Krewe.Tests.Unit.Muc;

/// <summary>
/// The rooms of one session with room and decision grains of the test's making. Everything that is called, and everything that the session is told, is one line in
/// <see cref="NextAsync"/>'s order; calls that a test holds are answered when it says so.
/// </summary>
internal sealed class VisitedRooms : IRoomReplies
{
    public static readonly MucSession Romeo = new(new FrontendRef("f", null!), 7, Jid.Parse("romeo@h.example/orchard"));

    private readonly Channel<string> _events = Channel.CreateUnbounded<string>();
    private readonly ConcurrentDictionary<string, TaskCompletionSource<object?>> _held = new();
    private readonly ConcurrentDictionary<string, object> _answers = new();

    public VisitedRooms()
    {
        var (factory, grains) = GrainFactoryDouble.Create();
        grains.With(room => GrainDouble.Create<IMucRoomGrain>((method, args) => CallRoom(Jid.Parse(room).Localpart!, method, args)));
        grains.With(key => GrainDouble.Create<IMucAuthGrain>((_, args) => Answer<MucDecision>($"{Jid.Parse(key[..key.IndexOf('/')]).Localpart} decide {args[0]}", Admitted)));
        Visits = new RoomVisits(factory, Romeo, this, Departures);
    }

    public static MucDecision Admitted { get; } = new(MucVerdict.Admitted, DateTimeOffset.MaxValue);

    public SemaphoreSlim Departures { get; } = new(RoomVisits.DeparturesMax);

    public RoomVisits Visits { get; }

    /// <summary>Whether rooms ask for decisions.</summary>
    public bool IsGuarded { get; set; }

    /// <summary>Calls of this line wait from now on for <see cref="Release"/>.</summary>
    public void Hold(string line) => _held[line] = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What calls of this line are answered.</summary>
    public void Answer(string line, object answer) => _answers[line] = answer;

    public void Release(string line, object? answer = null)
    {
        Assert.True(_held.TryRemove(line, out var held));
        if (answer is Exception error)
        {
            held.SetException(error);
        }
        else
        {
            held.SetResult(answer);
        }
    }

    public ValueTask EnterAsync(string room, string nickname, string id, bool isJoin = true)
    {
        var to = Jid.Parse($"{room}@rooms.h.example/{nickname}");
        return Visits.EnterAsync(new RoomPresence(to, new MucPresence(Romeo, nickname, id, MucPayload.Empty, isJoin)));
    }

    public ValueTask LeaveAsync(string room) => Visits.LeaveAsync(Jid.Parse($"{room}@rooms.h.example"), MucLeaveCause.Left, "out", MucPayload.Empty);

    public Task EndAsync() => Visits.LeaveAllAsync(MucLeaveCause.StreamEnded, null, MucPayload.Empty);

    /// <summary>A message; its text is its id.</summary>
    public ValueTask SayAsync(string room, string text) => Visits.RunAsync(Jid.Parse($"{room}@rooms.h.example"), new Said(this, room, text));

    /// <summary>The next thing that happens.</summary>
    public Task<string> NextAsync() => _events.Reader.ReadAsync().AsTask().WaitAsync(Timeouts.Test);

    public async Task ExpectAsync(params string[] lines)
    {
        foreach (var line in lines)
        {
            Assert.Equal(line, await NextAsync());
        }
    }

    /// <summary>Nothing has happened that was not expected.</summary>
    public void ExpectNothing() => Assert.False(_events.Reader.TryRead(out var line), line);

    public void RefuseEntry(RoomPresence presence, StanzaError error) => Note($"refused {presence.Presence.Id} {error.Type} {error.Condition}");

    /// <summary>Done while the session reads what it is sent.</summary>
    public Task Ready { get; set; } = Task.CompletedTask;

    public Task WhenReadyAsync() => Ready;

    public void Failed(Exception exception) => Note($"failed {exception.Message}");

    private void Note(string line) => Assert.True(_events.Writer.TryWrite(line));

    private object? CallRoom(string room, string method, object?[] args) => method switch
    {
        "PresenceAsync" when args is [MucPresence presence, var decision] => Answer(
            $"{room} presence {presence.Nickname} {presence.Id}{(decision is null ? "" : " decided")}",
            new MucPresenceResult(IsGuarded && decision is null ? MucPresenceOutcome.NeedsDecision : MucPresenceOutcome.Present)),
        "MessageAsync" when args is [MucMessage message] => Answer<StanzaError?>($"{room} message {message.Id}", null),
        "LeaveAsync" when args is [MucLeave leave] => Answer<object?>($"{room} leave {leave.Cause}", null),
        _ => throw new InvalidOperationException(method),
    };

    private async Task<T> Answer<T>(string line, T answer)
    {
        var held = _held.GetValueOrDefault(line);
        Note(line);
        return (held is null ? _answers.GetValueOrDefault(line) : await held.Task) is T other ? other : answer;
    }

    private sealed class Said(VisitedRooms rooms, string room, string text) : RoomStep
    {
        public override async Task RunAsync(RoomVisit visit)
        {
            var message = new MucMessage(Romeo, null, StanzaType.Groupchat, text, MucPayload.Empty, false, true);
            if (await visit.Grain.MessageAsync(message) is { } error)
            {
                Refuse(error);
            }
        }

        public override void Refuse(StanzaError error) => rooms.Note($"{room} refused {text} {error.Type} {error.Condition}");
    }
}
