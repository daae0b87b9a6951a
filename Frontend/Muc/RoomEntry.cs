using Krewe.Contracts.Addressing;
using Krewe.Contracts.Muc;
using Krewe.Contracts.Stanzas;

namespace Krewe.Frontend.Muc;

/// <summary>
/// Available presence to a room, from its sending until the room has taken or refused it (XEP-0045 §7.2; specs M-033). In between the tenant's service may have to be
/// asked; meanwhile the sender may have left again, or have asked for another nickname.
/// </summary>
internal sealed class RoomEntry(RoomVisits visits, RoomPresence presence) : RoomStep
{
    /// <summary>How many decisions may be void, such as revoked, by the time that the room sees them.</summary>
    private const int DecisionsMax = 3;

    private RoomPresence _presence = presence;
    private TaskCompletionSource _interruption = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _isCancelled;

    /// <summary>Nothing can change its outcome any more. Under the lock.</summary>
    public bool IsOver { get; private set; }

    public bool IsJoin => _presence.Presence.IsJoin;

    /// <summary>A later entry takes the place of this one. Under the lock.</summary>
    public void Replace(RoomEntry later)
    {
        var isOtherQuestion = later._presence.Presence.Nickname != _presence.Presence.Nickname;
        _presence = later._presence;
        if (isOtherQuestion)
        {
            _interruption.TrySetResult();
        }
    }

    /// <summary>Its sender no longer wants to enter. Under the lock.</summary>
    public void Cancel()
    {
        _isCancelled = true;
        IsOver = true;
        _interruption.TrySetResult();
    }

    public override void Refuse(StanzaError error)
    {
        if (!_isCancelled)
        {
            visits.Replies.RefuseEntry(_presence, error);
        }
    }

    public override async Task RunAsync(RoomVisit visit)
    {
        try
        {
            MucDecision? decision = null;
            var voidDecisions = 0;
            while (TryBegin(out var presence, out var interruption))
            {
                var result = await AskRoomAsync(visit, presence, decision);
                if (IsSettled(visit, presence, result))
                {
                    return;
                }

                var needsDecision = result.Outcome == MucPresenceOutcome.NeedsDecision;
                if (needsDecision && decision is not null && ++voidDecisions == DecisionsMax)
                {
                    Refuse(StanzaError.RemoteServerTimeout);
                    return;
                }

                decision = needsDecision ? await DecideAsync(visit, presence.Presence.Nickname, interruption) : null;
            }
        }
        finally
        {
            lock (visits.Gate)
            {
                IsOver = true;
            }
        }
    }

    private async Task<MucPresenceResult> AskRoomAsync(RoomVisit visit, RoomPresence presence, MucDecision? decision)
    {
        try
        {
            return await (presence.Presence.IsJoin
                ? visits.InTurnAsync(() => visit.Grain.PresenceAsync(presence.Presence, decision))
                : visit.Grain.PresenceAsync(presence.Presence, decision));
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // It may have been done all the same: the end of the session takes it back.
            lock (visits.Gate)
            {
                visit.IsInside = true;
            }

            throw;
        }
    }

    private bool TryBegin(out RoomPresence presence, out Task interruption)
    {
        lock (visits.Gate)
        {
            if (_interruption.Task.IsCompleted && !_isCancelled)
            {
                _interruption = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            (presence, interruption) = (_presence, _interruption.Task);
            return !_isCancelled;
        }
    }

    /// <summary>Notes what the room said. False when it is not the last word: the service must be asked, or another presence has come meanwhile.</summary>
    private bool IsSettled(RoomVisit visit, RoomPresence asked, MucPresenceResult result)
    {
        lock (visits.Gate)
        {
            if (result.Outcome != MucPresenceOutcome.NeedsDecision)
            {
                visit.IsInside = result.Nickname is not null || result.Outcome == MucPresenceOutcome.Present;
            }

            if (!_isCancelled && (result.Outcome == MucPresenceOutcome.NeedsDecision || !ReferenceEquals(asked, _presence)))
            {
                return false;
            }

            IsOver = true;
        }

        if (result is { Outcome: MucPresenceOutcome.Refused, Error: { } error })
        {
            Refuse(error);
        }

        return true;
    }

    /// <summary>Null when it was interrupted first.</summary>
    private async Task<MucDecision?> DecideAsync(RoomVisit visit, string nickname, Task interruption)
    {
        SetDeciding(visit, true);
        try
        {
            var deciding = visits.Grains.MucAuth(visit.Room, visits.Self.Jid).DecideAsync(nickname, false);
            if (await Task.WhenAny(deciding, interruption) == deciding)
            {
                return await deciding;
            }

            // Others may wait for the same answer; what becomes of it is nothing to this entry any more.
            _ = deciding.ContinueWith(static task => _ = task.Exception, TaskScheduler.Default);
            return null;
        }
        finally
        {
            SetDeciding(visit, false);
        }
    }

    private void SetDeciding(RoomVisit visit, bool isDeciding)
    {
        lock (visits.Gate)
        {
            visit.IsDeciding = isDeciding;
            visit.NoteProgress();
        }
    }
}
