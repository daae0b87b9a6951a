using System.Collections.Immutable;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Muc;
using Krewe.Contracts.Sessions;
using Krewe.Contracts.Stanzas;

namespace Krewe.Grains.Muc;

/// <summary>Entering, changing presence and nickname, leaving (XEP-0045 §7.2, §7.6, §7.7, §7.14).</summary>
internal sealed partial class MucRoomGrain
{
    private const ushort StatusNonAnonymous = 100;
    private const ushort StatusSelf = 110;
    private const ushort StatusCreated = 201;
    private const ushort StatusNicknameChanged = 303;
    private const ushort StatusDeliveryFailed = 333;

    /// <summary>Sessions of one occupant.</summary>
    private const int SessionsPerOccupantMax = 100;

    /// <summary>The inside of a presence is kept and shown to everybody who enters.</summary>
    private const int PresenceBytesMax = 16 * 1024;

    public async Task<MucPresenceResult> PresenceAsync(MucPresence presence, MucDecision? decision)
    {
        if (presence.Payload.Xml.Length > PresenceBytesMax)
        {
            return Refused(StanzaError.PolicyViolation);
        }

        // The full JID may come back before the room has heard that its last stream ended.
        var visit = _occupants.Find(presence.Sender);
        var ghost = visit is null ? _occupants.Find(presence.Sender.Jid) : null;
        if (visit is not null)
        {
            return await (visit.Occupant.Nickname == presence.Nickname ? UpdateAsync(visit, presence) : RenameAsync(visit, presence, decision));
        }

        if (!presence.IsJoin)
        {
            // Presence without <x/> is GC 1.0, or of somebody who lost the room without noticing (specs M-011).
            return Refused(StanzaError.NotAcceptable);
        }

        if (ghost is not null)
        {
            _ = RemoveAsync(ghost, Departure(ghost));
        }

        if (FindEntryRefusal(presence, ref decision, out var affiliation) is { } refusal)
        {
            return refusal;
        }

        var isCreated = false;
        if (!_exists)
        {
            TryGetService(out var host, out var service);

            // Whoever creates a room owns it, unless the tenant's service says what this user is: then the room is the tenant's, and there is nobody to wait for.
            var creator = decision?.Affiliation ?? MucAffiliation.Owner;
            var room = new MucRoomState { Config = service.RoomDefaults }.With(presence.Sender.Jid.Bare, creator, null);
            var isMine = _creation is null or { IsCompleted: true };
            if (await CreateOnceAsync(() => CreateAsync(room, service.RoomLocking && creator == MucAffiliation.Owner, host.Limits.Rooms)) is { } error)
            {
                return Refused(error);
            }

            if (!isMine || _occupants.Count > 0)
            {
                // Somebody else was first: decided anew, as for a room that was there.
                return await PresenceAsync(presence, decision);
            }

            (isCreated, affiliation) = (true, creator);
        }

        await EnterAsync(presence, decision, affiliation, isCreated);
        return new MucPresenceResult(MucPresenceOutcome.Present, null, presence.Nickname);
    }

    /// <summary>Specs M-032: the order of the checks, which tells nobody who would be refused anything about the room.</summary>
    private MucPresenceResult? FindEntryRefusal(MucPresence presence, ref MucDecision? decision, out MucAffiliation affiliation)
    {
        var user = presence.Sender.Jid;
        affiliation = MucAffiliation.None;
        if (!TryGetService(out var host, out var service))
        {
            return Refused(StanzaError.ItemNotFound);
        }

        if (!_exists && !MayCreate(user, host, service))
        {
            return Refused(StanzaError.NotAllowed);
        }

        var stored = IsServiceAdmin(user) ? MucAffiliation.Owner : _room.AffiliationOf(user.Bare);
        if (_isLocked && stored != MucAffiliation.Owner)
        {
            // XEP-0045 §7.2.10
            return Refused(StanzaError.ItemNotFound);
        }

        if (stored == MucAffiliation.Outcast)
        {
            return Refused(StanzaError.Forbidden);
        }

        if (!IsDecided(user, host, service))
        {
            decision = null;
        }
        else if (decision is null)
        {
            return new MucPresenceResult(MucPresenceOutcome.NeedsDecision);
        }
        else if (RefusalOf(decision) is { } refused)
        {
            return Refused(refused);
        }

        affiliation = stored == MucAffiliation.Owner && IsServiceAdmin(user) ? stored : decision?.Affiliation ?? stored;
        if (!_exists)
        {
            return null;
        }

        if (Config.IsMembersOnly && affiliation < MucAffiliation.Member)
        {
            return Refused(StanzaError.RegistrationRequired);
        }

        if (Config.Password is { } password && presence.Password != password && affiliation < MucAffiliation.Owner)
        {
            return Refused(StanzaError.NotAuthorized);
        }

        if (FindNicknameConflict(presence.Nickname, user))
        {
            return Refused(StanzaError.Conflict);
        }

        var isNew = !_occupants.TryGet(presence.Nickname, out var present);
        if (isNew ? IsFull(host) && affiliation < MucAffiliation.Admin : present!.Visits.Count >= SessionsPerOccupantMax)
        {
            // XEP-0045 §7.2.9
            return Refused(ServiceUnavailableWait);
        }

        return null;
    }

    private static readonly StanzaError ServiceUnavailableWait = new(StanzaErrorType.Wait, StanzaErrorCondition.ServiceUnavailable);

    private static MucPresenceResult Refused(StanzaError error) => new(MucPresenceOutcome.Refused, error);

    private bool IsFull(HostSettings host) =>
        (Config.MaxUsers > 0 && _occupants.Count >= Config.MaxUsers) || (host.Limits.Occupants > 0 && _occupants.Count >= host.Limits.Occupants);

    private static bool MayCreate(Jid user, HostSettings host, MucServiceSettings service) => service.RestrictRoomCreation switch
    {
        RoomCreation.Local => user.Domainpart == host.Domain || host.Admins.Contains(user.Bare),
        RoomCreation.Admin => host.Admins.Contains(user.Bare),
        _ => true,
    };

    /// <summary>Somebody else has the nickname now, or has reserved it (XEP-0045 §7.2.8, §7.10).</summary>
    private bool FindNicknameConflict(string nickname, Jid user) =>
        (_occupants.TryGet(nickname, out var present) && present.User.Bare != user.Bare) || (_room.HolderOf(nickname) is { } holder && holder != user.Bare);

    /// <summary>XEP-0045 §7.2.2: everybody's presence, one's own, history, subject, in this order and before anything that happens later.</summary>
    private async Task EnterAsync(MucPresence presence, MucDecision? decision, MucAffiliation affiliation, bool isCreated)
    {
        var user = presence.Sender.Jid;
        Authorize(user, decision);
        var isNew = !_occupants.TryGet(presence.Nickname, out var occupant);
        if (occupant is null)
        {
            occupant = new MucOccupant(_self.WithPreparedResource(presence.Nickname), user.ToBare(), MucOccupantIds.Of(_occupantIdKey.Span, _self, user))
            {
                Affiliation = affiliation,
                Role = affiliation >= MucAffiliation.Admin ? MucRole.Moderator : decision?.Role ?? MucPermissions.InitialRole(affiliation, Config.IsModerated),
            };
            _occupants.Add(occupant);
        }

        var visit = new MucVisit(presence.Sender, occupant, presence.Payload);
        _occupants.Add(visit);
        StayWhileNeeded();
        var entry = SendEntryAsync(visit, presence, isCreated);
        _audience.Add(visit);
        var told = isNew ? BroadcastAsync(occupant, visit, presence.Id, except: visit) : Task.CompletedTask;
        await entry;
        await told;
    }

    private Task SendEntryAsync(MucVisit visit, MucPresence presence, bool isCreated)
    {
        var occupant = visit.Occupant;
        var seesJids = SeesJids(occupant);
        var history = _history.Select(presence.History, time.GetUtcNow());
        var stanzas = ImmutableArray.CreateBuilder<MucStanza>(_occupants.Count + history.Length + 1);
        foreach (var other in _occupants.All)
        {
            if (other != occupant && IsShown(other))
            {
                stanzas.Add(other.Shown(seesJids));
            }
        }

        ImmutableArray<ushort> statuses = (Config.IsNonAnonymous, isCreated) switch
        {
            (true, true) => [StatusNonAnonymous, StatusSelf, StatusCreated],
            (true, false) => [StatusNonAnonymous, StatusSelf],
            (false, true) => [StatusSelf, StatusCreated],
            _ => [StatusSelf],
        };
        stanzas.Add(occupant.Available(visit, isJidSeen: true, statuses, presence.Id));
        stanzas.AddRange(history);
        stanzas.Add(SubjectNow());
        return _audience.ToAsync(visit.Session, new MucStanzas(stanzas.DrainToImmutable()));
    }

    private MucStanza SubjectNow() => _room.Subject is { } subject
        ? new MucStanza
        {
            Kind = StanzaKind.Message,
            Type = StanzaType.Groupchat,
            From = subject.Author is { } author ? _self.WithPreparedResource(author) : _self,
            Subject = subject.Text,
            OccupantId = subject.OccupantId,
            SentAt = subject.SetAt,
        }
        : new MucStanza { Kind = StanzaKind.Message, Type = StanzaType.Groupchat, From = _self, Subject = "" };

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
        if (TryGetService(out var host, out var service) && IsDecided(user, host, service))
        {
            if (decision is null)
            {
                return new MucPresenceResult(MucPresenceOutcome.NeedsDecision, null, before.Nickname);
            }

            if (RefusalOf(decision) is { } refusal)
            {
                return new MucPresenceResult(MucPresenceOutcome.Refused, refusal, before.Nickname);
            }

            Authorize(user, decision);
        }

        if (FindNicknameConflict(presence.Nickname, user))
        {
            return new MucPresenceResult(MucPresenceOutcome.Refused, StanzaError.Conflict, before.Nickname);
        }

        var isNew = !_occupants.TryGet(presence.Nickname, out var after);
        after ??= new MucOccupant(_self.WithPreparedResource(presence.Nickname), before.User, before.OccupantId) { Affiliation = before.Affiliation, Role = before.Role };

        // What the others see: the old name go, unless another session keeps it, and the new one come.
        var isGone = before.Visits.Count == 1;
        var sent = new List<Task>(2);
        if (IsShown(before))
        {
            sent.Add(SendUnavailableAsync(visit, presence.Id, isGone, new MucUserItem(before.Affiliation, before.Role, Nickname: presence.Nickname), [StatusNicknameChanged]));
        }

        _occupants.Remove(visit);
        if (isNew)
        {
            _occupants.Add(after);
        }

        (visit.Occupant, visit.Payload) = (after, presence.Payload);
        _occupants.Add(visit);
        after.Primary = visit;
        after.Changed();
        sent.Add(BroadcastAsync(after, visit, presence.Id));
        await Task.WhenAll(sent);
        return new MucPresenceResult(MucPresenceOutcome.Present, null, after.Nickname);
    }

    public Task LeaveAsync(MucLeave leave)
    {
        if (_occupants.Find(leave.Sender) is not { } visit)
        {
            return Task.CompletedTask;
        }

        var departure = Departure(visit) with { Id = leave.Id, Payload = leave.Payload };
        return RemoveAsync(visit, leave.Cause == MucLeaveCause.DeliveryFailed ? departure with { Statuses = [StatusDeliveryFailed] } : departure);
    }

    /// <summary>How somebody goes, as everybody is told.</summary>
    private sealed record Leaving(MucUserItem Item, ImmutableArray<ushort> Statuses, string? Id, MucPayload Payload, MucDestroy? Destroy = null);

    private static Leaving Departure(MucVisit visit) =>
        new(new MucUserItem(visit.Occupant.Affiliation, MucRole.None), [], null, MucPayload.Empty);

    /// <summary>Takes one session out. The others learn of it only when it was the occupant's last, or the one that they saw.</summary>
    private Task RemoveAsync(MucVisit visit, Leaving leaving)
    {
        var occupant = visit.Occupant;
        var isGone = occupant.Visits.Count == 1;
        var wasPrimary = occupant.Primary == visit;
        var sent = SendUnavailableAsync(visit, leaving.Id, isGone && IsShown(occupant), leaving.Item, leaving.Statuses, leaving.Payload, leaving.Destroy);
        Forget(visit);
        if (!isGone && wasPrimary && _exists)
        {
            return Task.WhenAll(sent, BroadcastAsync(occupant, occupant.Primary, null));
        }

        return sent;
    }

    private void Forget(MucVisit visit)
    {
        _audience.Remove(visit);
        if (_occupants.Remove(visit) && _occupants.Of(visit.Occupant.User.Bare).Count == 0)
        {
            Unauthorize(visit.Occupant.User);
        }

        EndWhenEmpty();
    }

    /// <summary>Streams that are no more, as deliveries found out.</summary>
    private void RemoveGone(FrontendRef frontend, ImmutableArray<long> sessions)
    {
        foreach (var visit in _occupants.Visits.Where(visit => visit.Session.Frontend.Name == frontend.Name && sessions.Contains(visit.Session.Session)).ToArray())
        {
            if (_occupants.Find(visit.Session) == visit)
            {
                _ = RemoveAsync(visit, Departure(visit));
            }
        }
    }

    /// <summary>Unavailable presence: to the session itself with 110, and to everybody else when <paramref name="isGone"/>.</summary>
    private Task SendUnavailableAsync(
        MucVisit visit, string? id, bool isGone, MucUserItem item, ImmutableArray<ushort> statuses, MucPayload? payload = null, MucDestroy? destroy = null)
    {
        var occupant = visit.Occupant;
        var own = new MucStanza
        {
            Kind = StanzaKind.Presence,
            Type = StanzaType.Unavailable,
            From = occupant.Jid,
            Id = id,
            Payload = payload ?? MucPayload.Empty,
            OccupantId = occupant.OccupantId,
            User = new MucUserExtension { Item = item with { Jid = visit.Session.Jid }, Statuses = [.. statuses.Append(StatusSelf).Order()], Destroy = destroy },
        };
        if (!isGone)
        {
            return _audience.ToAsync(visit.Session, own);
        }

        var withoutJid = own with { User = new MucUserExtension { Item = item, Statuses = statuses } };
        var withJid = own with { User = new MucUserExtension { Item = item with { Jid = visit.Session.Jid }, Statuses = statuses } };
        return _audience.ToEachAsync(other => other == visit ? own : SeesJids(other.Occupant) ? withJid : withoutJid);
    }

    /// <summary>An occupant's presence to everybody, with 110 to the occupant's own sessions.</summary>
    private Task BroadcastAsync(
        MucOccupant occupant, MucVisit visit, string? id, MucVisit? except = null, string? actor = null, string? reason = null, bool isShownToOthers = true)
    {
        var own = occupant.Available(visit, isJidSeen: true, [StatusSelf], id, actor, reason);
        if (!IsShown(occupant) || !isShownToOthers)
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
