using System.Collections.Immutable;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Muc;
using Krewe.Contracts.Sessions;
using Krewe.Contracts.Stanzas;

namespace Krewe.Grains.Muc;

/// <summary>Changing presence and nickname, leaving (XEP-0045 §7.6, §7.7, §7.14), and how everybody is told.</summary>
internal sealed partial class MucRoomGrain
{
    private const ushort StatusNicknameChanged = 303;
    private const ushort StatusDeliveryFailed = 333;

    /// <summary>How somebody goes, as everybody is told.</summary>
    private sealed record Leaving(MucUserItem Item, ImmutableArray<ushort> Statuses, string? Id, MucPayload Payload, MucDestroy? Destroy = null);

    private static Leaving Departure(MucVisit visit) =>
        new(new MucUserItem(visit.Occupant.Affiliation, MucRole.None), [], null, MucPayload.Empty);

    /// <summary>Presence of somebody who is in the room: an update, or everything anew for one who has lost it (specs M-016).</summary>
    private async Task<MucPresenceResult> UpdateAsync(MucVisit visit, MucPresence presence)
    {
        var occupant = visit.Occupant;
        (visit.Payload, occupant.Primary) = (presence.Payload, visit);
        occupant.Changed();
        var sent = presence.IsJoin ? SendEntryAsync(visit, presence, isCreated: false) : Task.CompletedTask;
        await Task.WhenAll(sent, BroadcastAsync(occupant, visit, presence.Id, except: presence.IsJoin ? visit : null));
        return new MucPresenceResult(MucPresenceOutcome.Present, null, occupant.Nickname);
    }

    /// <summary>XEP-0045 §7.6: this session takes another nickname; others of the same user stay where they are.</summary>
    private async Task<MucPresenceResult> RenameAsync(MucVisit visit, MucPresence presence, MucDecision? decision)
    {
        var before = visit.Occupant;
        var user = presence.Sender.Jid;
        if (!TryGetService(out var host, out var service))
        {
            return Refused(StanzaError.ItemNotFound, visit);
        }

        if (!IsDecided(user, host, service))
        {
            decision = null;
        }
        else if (decision is null)
        {
            return new MucPresenceResult(MucPresenceOutcome.NeedsDecision, null, before.Nickname);
        }
        else if (RefusalOf(decision) is { } refusal)
        {
            return Refused(refusal, visit);
        }

        if (FindNicknameConflict(presence.Nickname, user))
        {
            return Refused(StanzaError.Conflict, visit);
        }

        if (!HasPlace(presence.Nickname, user, before.Affiliation, host))
        {
            return Refused(ServiceUnavailableWait, visit);
        }

        // What the others see: the old name go, unless another session keeps it, and the new one come.
        var sent = new List<Task>(4);
        var isGone = before.Visits.Count == 1;
        var wasPrimary = before.Primary == visit;
        sent.Add(TellGoneAsync(visit, isGone && IsShown(before), new Leaving(
            new MucUserItem(before.Affiliation, before.Role, Nickname: presence.Nickname), [StatusNicknameChanged], presence.Id, MucPayload.Empty)));
        if (!_occupants.TryGet(presence.Nickname, out var after))
        {
            after = new MucOccupant(_self.WithPreparedResource(presence.Nickname), before.User, before.OccupantId) { Affiliation = before.Affiliation, Role = before.Role };
            _occupants.Add(after);
        }

        _occupants.Remove(visit);
        (visit.Occupant, visit.Payload) = (after, presence.Payload);
        _occupants.Add(visit);
        after.Primary = visit;
        after.Changed();
        sent.Add(BroadcastAsync(after, visit, presence.Id));
        if (!isGone && wasPrimary)
        {
            sent.Add(BroadcastAsync(before, before.Primary, null));
        }

        if (Authorize(user, decision))
        {
            sent.Add(AdjustAsync(user, decision!.Role));
        }

        await Task.WhenAll(sent);
        return new MucPresenceResult(MucPresenceOutcome.Present, null, presence.Nickname);
    }

    public Task LeaveAsync(MucLeave leave)
    {
        if (_occupants.Find(leave.Sender) is not { } visit)
        {
            return Task.CompletedTask;
        }

        var departure = Departure(visit) with { Id = leave.Id, Payload = leave.Payload };
        return RemoveAsync(visit, leave.Cause switch
        {
            MucLeaveCause.DeliveryFailed => departure with { Statuses = [StatusDeliveryFailed] },
            MucLeaveCause.OutOfReach => departure with { Statuses = [StatusServiceGone] },
            _ => departure,
        });
    }

    /// <summary>Takes one session out. The others learn of it only when it was the occupant's last, or the one that they saw.</summary>
    private Task RemoveAsync(MucVisit visit, Leaving leaving, bool endsRoom = true)
    {
        var occupant = visit.Occupant;
        var isGone = occupant.Visits.Count == 1;
        var wasPrimary = occupant.Primary == visit;
        var sent = TellGoneAsync(visit, isGone && IsShown(occupant), leaving);
        Forget(visit, endsRoom);
        return isGone || !wasPrimary ? sent : Task.WhenAll(sent, BroadcastAsync(occupant, occupant.Primary, null));
    }

    /// <summary>Takes every session of some occupants out; how many there were.</summary>
    private async Task<int> ExpelAsync(IEnumerable<MucOccupant> occupants, Func<MucOccupant, Leaving> how)
    {
        var count = 0;
        var sent = new List<Task>();
        foreach (var occupant in occupants)
        {
            var leaving = how(occupant);
            var visits = occupant.Visits.ToArray();
            for (var i = 0; i < visits.Length; i++)
            {
                // Nobody is shown another of the sessions in between.
                sent.Add(TellGoneAsync(visits[i], i == visits.Length - 1 && IsShown(occupant), leaving));
                Forget(visits[i]);
                count++;
            }
        }

        await Task.WhenAll(sent);
        return count;
    }

    private void Forget(MucVisit visit, bool endsRoom = true)
    {
        _audience.Remove(visit);
        if (_occupants.Remove(visit) && _occupants.Of(visit.Occupant.User.Bare).Count == 0)
        {
            Unauthorize(visit.Occupant.User);
        }

        if (endsRoom)
        {
            EndWhenEmpty();
        }
    }

    /// <summary>Streams that are no more, as deliveries found out.</summary>
    private void RemoveGone(FrontendRef frontend, ImmutableArray<long> sessions)
    {
        // All at once: nobody speaks to any of them any more.
        foreach (var visit in _audience.Take(frontend, sessions))
        {
            if (_occupants.Find(visit.Session) == visit)
            {
                _ = RemoveAsync(visit, Departure(visit));
            }
        }
    }

    /// <summary>Unavailable presence to the session that goes, with 110, and to everybody else when they are to see it.</summary>
    private Task TellGoneAsync(MucVisit visit, bool areOthersTold, Leaving leaving)
    {
        var told = TellOwnAsync(visit, leaving);
        if (!areOthersTold)
        {
            return told;
        }

        var withoutJid = Unavailable(visit, leaving, leaving.Item, leaving.Statuses);
        var withJid = Unavailable(visit, leaving, leaving.Item with { Jid = visit.Session.Jid }, leaving.Statuses);
        return Task.WhenAll(told, _audience.ToEachAsync(other => other == visit ? null : SeesJids(other.Occupant) ? withJid : withoutJid));
    }

    private Task TellOwnAsync(MucVisit visit, Leaving leaving) => visit.Place is null ? Task.CompletedTask : _audience.ToAsync(visit.Session, Unavailable(
        visit, leaving, leaving.Item with { Jid = visit.Session.Jid }, leaving.Statuses.IsEmpty ? [StatusSelf] : [.. leaving.Statuses.Append(StatusSelf).Order()]));

    private static MucStanza Unavailable(MucVisit visit, Leaving leaving, MucUserItem item, ImmutableArray<ushort> statuses) => new()
    {
        Kind = StanzaKind.Presence,
        Type = StanzaType.Unavailable,
        From = visit.Occupant.Jid,
        Id = leaving.Id,
        Payload = leaving.Payload,
        OccupantId = visit.Occupant.OccupantId,
        User = new MucUserExtension { Item = item, Statuses = statuses, Destroy = leaving.Destroy },
    };

    /// <summary>An occupant's presence to everybody, with 110 to the occupant's own sessions.</summary>
    private Task BroadcastAsync(MucOccupant occupant, MucVisit visit, string? id, MucVisit? except = null, string? actor = null, string? reason = null)
    {
        var own = occupant.Available(visit, isJidSeen: true, [StatusSelf], id, actor, reason);
        if (!IsShown(occupant))
        {
            return _audience.ToAsync(occupant.Visits.Where(mine => mine != except), own);
        }

        var withJid = occupant.Available(visit, isJidSeen: true, id: id, actor: actor, reason: reason);
        var withoutJid = occupant.Available(visit, isJidSeen: false, id: id, actor: actor, reason: reason);
        return _audience.ToEachAsync(other =>
            other == except ? null : other.Occupant == occupant ? own : SeesJids(other.Occupant) ? withJid : withoutJid);
    }

    private bool SeesJids(MucOccupant occupant) => Config.IsNonAnonymous || occupant.Role == MucRole.Moderator;

    /// <summary><c>muc#roomconfig_presencebroadcast</c>: whose presence the others see.</summary>
    private bool IsShown(MucOccupant occupant) => occupant.Role >= Config.PresenceBroadcastFrom;
}
