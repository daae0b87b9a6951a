using Krewe.Contracts.Addressing;
using Krewe.Contracts.Muc;
using Krewe.Contracts.Stanzas;

namespace Krewe.Frontend.Muc;

/// <summary>
/// The rooms that one session is in or on its way into. What a session sends to one room is done in the order of its sending; an entry runs aside, and what is sent
/// to that room meanwhile waits behind it, while everything else goes on (specs M-033).
/// </summary>
/// <param name="departures">The process's slots for sessions that leave all their rooms.</param>
/// <remarks>The stream's read loop alone begins things, one after the other. They end on any thread.</remarks>
internal sealed class RoomVisits(IGrainFactory grains, MucSession self, IRoomReplies replies, SemaphoreSlim departures)
{
    /// <summary>Rooms of one session at a time. The busiest clients join some hundred.</summary>
    public const int VisitsMax = 1000;

    /// <summary>Stanzas of one session that may wait for one room.</summary>
    public const int WaitingMax = 16;

    /// <summary>How many rooms are left at a time in this process by sessions that leave all of theirs.</summary>
    public const int DeparturesMax = 64;

    /// <summary>IQs of one session that rooms and their services may be at.</summary>
    public const int RequestsMax = 64;

    private const ushort StatusSelf = 110;
    private const ushort StatusNicknameChanged = 303;

    /// <summary>How long an entry waits for the one before it, which a room that does not answer may hold up.</summary>
    private static readonly TimeSpan TurnMax = TimeSpan.FromSeconds(2);

    private readonly Dictionary<string, RoomVisit> _visits = new(StringComparer.Ordinal);
    private Task _lastTurn = Task.CompletedTask;
    private int _requests;

    private enum Place
    {
        /// <summary>It is the first: whoever sent it begins to work.</summary>
        First,

        /// <summary>It waits behind others.</summary>
        Behind,

        /// <summary>There is no room until some of the others are done, which will be soon.</summary>
        NotYet,

        /// <summary>There is no room, and nobody knows until when.</summary>
        None,
    }

    /// <summary>Guards all visits of the session.</summary>
    public Lock Gate { get; } = new();

    public IGrainFactory Grains => grains;

    public MucSession Self => self;

    public IRoomReplies Replies => replies;

    public int Count
    {
        get
        {
            lock (Gate)
            {
                return _visits.Count;
            }
        }
    }

    /// <summary>The rooms that the session is in or on its way into.</summary>
    public IReadOnlyCollection<Jid> All
    {
        get
        {
            lock (Gate)
            {
                return [.. _visits.Values.Select(static visit => visit.Room)];
            }
        }
    }

    /// <summary>
    /// Gives a room an entry, one after the other and only while the session reads: a client that is in a hundred rooms enters them all at once when it comes back, and what
    /// they all say together may be more than may wait for it.
    /// </summary>
    public async Task<T> InTurnAsync<T>(Func<Task<T>> enter)
    {
        var turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task before;
        lock (Gate)
        {
            (before, _lastTurn) = (_lastTurn, turn.Task);
        }

        try
        {
            if (!before.IsCompleted)
            {
                await before.WaitAsync(TurnMax).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            }

            await replies.WhenReadyAsync();
            return await enter();
        }
        finally
        {
            turn.SetResult();
        }
    }

    /// <summary>Whether there is a place for one more IQ; then <see cref="EndRequest"/> gives it back.</summary>
    public bool TryBeginRequest()
    {
        if (Interlocked.Increment(ref _requests) <= RequestsMax)
        {
            return true;
        }

        EndRequest();
        return false;
    }

    public void EndRequest() => Interlocked.Decrement(ref _requests);

    /// <summary>Whether the session is in the room, as far as is known here.</summary>
    public bool IsInside(Jid room)
    {
        lock (Gate)
        {
            return _visits.TryGetValue(room.Bare, out var visit) && visit.IsInside;
        }
    }

    /// <summary>Whether something that a room sends tells the session that it is no longer in the room.</summary>
    public static bool TellsOfEnd(MucStanza stanza) =>
        stanza is { Kind: StanzaKind.Presence, Type: StanzaType.Unavailable, User: { Statuses.IsDefaultOrEmpty: false } user }
        && user.Statuses.Contains(StatusSelf) && !user.Statuses.Contains(StatusNicknameChanged);

    /// <summary>The room says that the session is no longer in it: kicked, for example.</summary>
    public void End(Jid room)
    {
        lock (Gate)
        {
            // Where an entry is under way, its answer will tell.
            if (_visits.TryGetValue(room.Bare, out var visit) && visit.Running is not RoomEntry)
            {
                visit.IsInside = false;
                Forget(visit);
            }
        }
    }

    /// <summary>Available presence: an entry, or a change of presence or nickname. It runs aside.</summary>
    public async ValueTask EnterAsync(RoomPresence presence)
    {
        var entry = new RoomEntry(this, presence);
        if (await AddAsync(presence.To, entry) is { } visit)
        {
            visit.Work = WorkAsync(visit);
        }
    }

    /// <summary>Does something in the room. Done when it is done; or, when it has to wait behind an entry, when it has its place.</summary>
    public async ValueTask RunAsync(Jid room, RoomStep step)
    {
        if (await AddAsync(room, step) is { } visit)
        {
            await (visit.Work = WorkAsync(visit));
        }
    }

    /// <summary>Leaves a room. An entry under way is cancelled, and what waits behind it is answered.</summary>
    public async ValueTask LeaveAsync(Jid room, MucLeaveCause cause, string? id, MucPayload payload)
    {
        RoomVisit? visit;
        lock (Gate)
        {
            if (!_visits.TryGetValue(room.Bare, out visit))
            {
                return;
            }
        }

        if (AddLeave(visit, new RoomLeave(this, new MucLeave(self, cause, id, payload), slots: null)))
        {
            await (visit.Work = WorkAsync(visit));
        }
    }

    /// <summary>Leaves every room (XEP-0045 §7.14): the session has become unavailable or, for good, has ended. Done when all rooms know.</summary>
    public Task LeaveAllAsync(MucLeaveCause cause, string? id, MucPayload payload)
    {
        List<RoomVisit> visits;
        lock (Gate)
        {
            visits = [.. _visits.Values];
        }

        var leave = new MucLeave(self, cause, id, payload);
        foreach (var visit in visits)
        {
            if (AddLeave(visit, new RoomLeave(this, leave, departures)))
            {
                // Many calls: not on the thread that reads.
                visit.Work = Task.Run(() => WorkAsync(visit));
            }
        }

        return Task.WhenAll(visits.Select(visit => visit.Work));
    }

    /// <summary>Finds a place for it. The result is the visit whose work the caller has to begin; null when somebody else does it, or nobody ever will.</summary>
    private async ValueTask<RoomVisit?> AddAsync(Jid room, RoomStep step)
    {
        while (true)
        {
            Place place;
            RoomVisit? visit;
            Task progress;
            lock (Gate)
            {
                visit = step is RoomEntry ? FindOrAdd(room) : _visits.GetValueOrDefault(room.Bare) ?? NewVisit(room);
                place = visit is null ? Place.None : Append(visit, step);
                progress = place == Place.NotYet ? visit!.Progress : Task.CompletedTask;
            }

            switch (place)
            {
                case Place.First:
                    return visit;
                case Place.Behind:
                    return null;
                case Place.None:
                    step.Refuse(StanzaError.ResourceConstraint);
                    return null;
            }

            await progress;
        }
    }

    private RoomVisit NewVisit(Jid room) => new(room.ToBare(), grains.MucRoom(room));

    /// <summary>Null when the session may have no more. Under the lock.</summary>
    private RoomVisit? FindOrAdd(Jid room)
    {
        if (!_visits.TryGetValue(room.Bare, out var visit) && _visits.Count < VisitsMax)
        {
            visit = NewVisit(room);
            _visits.Add(room.Bare, visit);
        }

        return visit;
    }

    /// <summary>Under the lock.</summary>
    private static Place Append(RoomVisit visit, RoomStep step)
    {
        if (step is RoomEntry { IsJoin: true } entry && visit.LastEntry is { IsJoin: true } underway)
        {
            underway.Replace(entry);
            return Place.Behind;
        }

        if (visit.IsAtWork && visit.Waiting.Count >= WaitingMax)
        {
            return visit.IsDeciding ? Place.None : Place.NotYet;
        }

        visit.Waiting.AddLast(step);
        return visit.BeginWork() ? Place.First : Place.Behind;
    }

    /// <summary>Whether the caller has to begin the visit's work. There is always room for a leave: one is enough.</summary>
    private bool AddLeave(RoomVisit visit, RoomLeave leave)
    {
        IReadOnlyList<RoomStep> behind;
        bool isFirst;
        lock (Gate)
        {
            behind = visit.CancelEntries();
            if (visit.Waiting.Last?.Value is not RoomLeave)
            {
                visit.Waiting.AddLast(leave);
            }

            isFirst = visit.BeginWork();
        }

        foreach (var step in behind)
        {
            step.Refuse(StanzaError.NotAcceptable);
        }

        return isFirst;
    }

    private async Task WorkAsync(RoomVisit visit)
    {
        while (TakeNext(visit) is { } step)
        {
            try
            {
                await step.RunAsync(visit);
            }
            catch (Exception e) when (e is TimeoutException or Orleans.Runtime.OrleansException)
            {
                step.Refuse(StanzaError.RemoteServerTimeout);
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                replies.Failed(e);
                step.Refuse(StanzaError.InternalServerErrorWait);
            }
        }
    }

    private RoomStep? TakeNext(RoomVisit visit)
    {
        lock (Gate)
        {
            var next = visit.TakeNext();
            if (next is null)
            {
                Forget(visit);
            }

            return next;
        }
    }

    /// <summary>Unless there is something left to do, or to leave. Under the lock.</summary>
    private void Forget(RoomVisit visit)
    {
        if (visit is { IsInside: false, IsAtWork: false } && _visits.GetValueOrDefault(visit.Room.Bare) == visit)
        {
            _visits.Remove(visit.Room.Bare);
        }
    }
}
