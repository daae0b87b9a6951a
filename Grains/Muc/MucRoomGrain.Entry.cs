using System.Collections.Immutable;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Muc;
using Krewe.Contracts.Stanzas;

namespace Krewe.Grains.Muc;

/// <summary>Entering a room (XEP-0045 §7.2), which may create it (§10.1).</summary>
internal sealed partial class MucRoomGrain
{
    private const ushort StatusNonAnonymous = 100;
    private const ushort StatusSelf = 110;
    private const ushort StatusCreated = 201;

    /// <summary>Sessions of one occupant.</summary>
    private const int SessionsPerOccupantMax = 100;

    /// <summary>The inside of a presence is kept and shown to everybody who enters.</summary>
    private const int PresenceBytesMax = 16 * 1024;

    public async Task<MucPresenceResult> PresenceAsync(MucPresence presence, MucDecision? decision)
    {
        if (!TryGetService(out _, out _) && !await HasServiceAsync())
        {
            await RemoveEverybodyAsync(ServiceGone);
            return Refused(StanzaError.ItemNotFound);
        }

        return await DecideAsync(presence, decision, isCreated: false);
    }

    private Task<MucPresenceResult> DecideAsync(MucPresence presence, MucDecision? decision, bool isCreated)
    {
        var visit = _occupants.Find(presence.Sender);
        if (presence.Payload.Xml.Length > PresenceBytesMax)
        {
            return Task.FromResult(Refused(StanzaError.PolicyViolation, visit));
        }

        if (visit is not null)
        {
            return visit.Occupant.Nickname == presence.Nickname ? UpdateAsync(visit, presence) : RenameAsync(visit, presence, decision);
        }

        // Presence without <x/> is GC 1.0, or of somebody who lost the room without noticing (specs M-011).
        return presence.IsJoin ? JoinAsync(presence, decision, isCreated) : Task.FromResult(Refused(StanzaError.NotAcceptable));
    }

    /// <param name="isCreated">The room was created for this very entry.</param>
    private async Task<MucPresenceResult> JoinAsync(MucPresence presence, MucDecision? decision, bool isCreated)
    {
        if (FindEntryRefusal(presence, ref decision) is { } refusal)
        {
            if (refusal.Outcome == MucPresenceOutcome.Refused && _occupants.Find(presence.Sender.Jid) is { } ghost)
            {
                await RemoveAsync(ghost, Departure(ghost));
            }

            if (isCreated)
            {
                EndWhenEmpty();
            }

            return refusal;
        }

        if (_exists)
        {
            await EnterAsync(presence, decision, isCreated && _occupants.Count == 0);
            return new MucPresenceResult(MucPresenceOutcome.Present, null, presence.Nickname);
        }

        // Whoever creates a room owns it, unless the tenant's service says what this user is: then the room is the tenant's, and there is nobody to wait for.
        TryGetService(out var host, out var service);
        var isOwner = decision?.Affiliation is null or MucAffiliation.Owner;
        var defaults = service.RoomDefaults;
        var room = new MucRoomState { Config = IsAnonymous(presence.Sender.Jid) ? defaults with { IsPersistent = false } : defaults };
        var isMine = !IsCreating;
        var error = await CreateOnceAsync(
            isOwner ? room.With(presence.Sender.Jid.Bare, MucAffiliation.Owner, null) : room, service.RoomLocking && isOwner, host.Limits.Rooms);

        // Decided anew, as for a room that was there: others may have been faster, and much may have happened meanwhile.
        return error is null ? await DecideAsync(presence, decision, isMine) : Refused(error);
    }

    /// <summary>Specs M-032: the order of the checks, which tells nobody who would be refused anything about the room.</summary>
    private MucPresenceResult? FindEntryRefusal(MucPresence presence, ref MucDecision? decision)
    {
        var user = presence.Sender.Jid;
        if (!TryGetService(out var host, out var service))
        {
            return Refused(StanzaError.ItemNotFound);
        }

        if (!_exists && !MayCreate(user, host, service))
        {
            return Refused(StanzaError.NotAllowed);
        }

        var isAdmin = host.Admins.Contains(user.Bare);
        var stored = isAdmin ? MucAffiliation.Owner : _room.AffiliationOf(user.Bare);
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

        var affiliation = isAdmin ? stored : decision?.Affiliation ?? (_exists ? stored : MucAffiliation.Owner);
        var config = _exists ? Config : service.RoomDefaults;
        if (config.IsMembersOnly && affiliation < MucAffiliation.Member)
        {
            return Refused(StanzaError.RegistrationRequired);
        }

        if (config.Password is { } password && presence.Password != password && affiliation < MucAffiliation.Owner)
        {
            return Refused(StanzaError.NotAuthorized);
        }

        if (FindNicknameConflict(presence.Nickname, user))
        {
            return Refused(StanzaError.Conflict);
        }

        return HasPlace(presence.Nickname, user, affiliation, host) ? null : Refused(ServiceUnavailableWait);
    }

    private static readonly StanzaError ServiceUnavailableWait = new(StanzaErrorType.Wait, StanzaErrorCondition.ServiceUnavailable);

    /// <param name="visit">Of the session, when it is in the room and stays there.</param>
    private static MucPresenceResult Refused(StanzaError error, MucVisit? visit = null) => new(MucPresenceOutcome.Refused, error, visit?.Occupant.Nickname);

    /// <summary>XEP-0045 §7.2.9: whether there is room for one more session under a nickname; a session that is taken over leaves its own.</summary>
    private bool HasPlace(string nickname, Jid user, MucAffiliation affiliation, HostSettings host)
    {
        if (_occupants.TryGet(nickname, out var present))
        {
            return present.Visits.Count < SessionsPerOccupantMax || _occupants.Find(user)?.Occupant == present;
        }

        var isFreed = _occupants.Find(user) is { Occupant.Visits.Count: 1 };
        return affiliation >= MucAffiliation.Admin || isFreed || !IsFull(host);
    }

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
        (_occupants.TryGet(nickname, out var present) && present.User.Bare != user.Bare) || (_reserved.HolderOf(nickname, _room) is { } holder && holder != user.Bare);

    /// <summary>XEP-0045 §7.2.2: everybody's presence, one's own, history, subject, in this order and before anything that happens later.</summary>
    private Task EnterAsync(MucPresence presence, MucDecision? decision, bool isCreated)
    {
        var user = presence.Sender.Jid;
        var sent = new List<Task>(4);
        if (_occupants.Find(user) is { } ghost)
        {
            // The full JID may come back before the room has heard that its last stream ended; the room does not end by that.
            sent.Add(RemoveAsync(ghost, Departure(ghost), endsRoom: false));
        }

        if (Authorize(user, decision))
        {
            sent.Add(AdjustAsync(user, decision?.Role));
        }

        var isNew = !_occupants.TryGet(presence.Nickname, out var occupant);
        if (occupant is null)
        {
            var affiliation = AffiliationOf(user);
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
        sent.Add(SendEntryAsync(visit, presence, isCreated));
        _audience.Add(visit);
        if (isNew)
        {
            sent.Add(BroadcastAsync(occupant, visit, presence.Id, except: visit));
        }

        return Task.WhenAll(sent);
    }

    private Task SendEntryAsync(MucVisit visit, MucPresence presence, bool isCreated)
    {
        var occupant = visit.Occupant;
        var seesJids = SeesJids(occupant);
        var history = _history.Select(presence.History, visit.Session.Jid, time.GetUtcNow());
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
}
