using System.Collections.Immutable;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Muc;
using Krewe.Contracts.Stanzas;
using Krewe.Grains.Storage;

namespace Krewe.Grains.Muc;

/// <summary>Owners' work (XEP-0045 §10), invitations (§7.8) and registration (§7.10).</summary>
internal sealed partial class MucRoomGrain
{
    private const ushort StatusConfigured = 104;
    private const ushort StatusNowNonAnonymous = 172;
    private const ushort StatusNowSemiAnonymous = 173;
    private const ushort StatusNowMembersOnly = 322;

    public Task<MucConfigResult> ConfigurationAsync(Jid sender) => Task.FromResult(
        !_exists ? new MucConfigResult(StanzaError.ItemNotFound, null, [], [])
        : AffiliationOf(sender) != MucAffiliation.Owner ? new MucConfigResult(StanzaError.Forbidden, null, [], [])
        : new MucConfigResult(null, Config, BareJidsOf(MucAffiliation.Admin), BareJidsOf(MucAffiliation.Owner)));

    private ImmutableArray<string> BareJidsOf(MucAffiliation affiliation) =>
        [.. _room.Affiliations.Where(entry => entry.Value.Affiliation == affiliation).Select(entry => entry.Key).Order(StringComparer.Ordinal)];

    public async Task<StanzaError?> ConfigureAsync(Jid sender, MucConfigChange change)
    {
        if (!_exists)
        {
            return StanzaError.ItemNotFound;
        }

        if (AffiliationOf(sender) != MucAffiliation.Owner)
        {
            return StanzaError.Forbidden;
        }

        if (MucConfiguration.Apply(Config, change) is not { } config)
        {
            return StanzaError.NotAcceptable;
        }

        var after = WithLists(_room with { Config = config }, change);
        if (!after.Affiliations.Values.Any(standing => standing.Affiliation == MucAffiliation.Owner) && !IsServiceAdmin(sender))
        {
            // XEP-0045 §10.5: a room keeps an owner.
            return StanzaError.Conflict;
        }

        if (after.Affiliations.Count > AffiliationsMax)
        {
            return StanzaError.ResourceConstraint;
        }

        var before = _room;
        var wasLocked = _isLocked;
        _isLocked = false;
        try
        {
            if (wasLocked && config.IsPersistent && after == before)
            {
                // Nothing changes, but from now on the room is to stay.
                after = after with { };
                await StoreAsync(after);
            }
            else
            {
                await SaveAsync(_ => after);
            }
        }
        catch
        {
            _isLocked = wasLocked;
            throw;
        }

        if (wasLocked)
        {
            _ = GrainFactory.MucService(_self.Domainpart).ListedAsync(Listing);
        }

        await AnnounceAsync(before, after);
        return null;
    }

    private async Task StoreAsync(MucRoomState room)
    {
        await state.ChangeAsync(_ => room);
        _room = room;
    }

    private static MucRoomState WithLists(MucRoomState room, MucConfigChange change)
    {
        foreach (var (list, affiliation) in new[] { (change.Owners, MucAffiliation.Owner), (change.Admins, MucAffiliation.Admin) })
        {
            if (list is not { } wanted)
            {
                continue;
            }

            foreach (var (user, _) in room.Affiliations.Where(entry => entry.Value.Affiliation == affiliation && !wanted.Any(jid => jid.Bare == entry.Key)).ToArray())
            {
                room = room.With(user, MucAffiliation.None, null);
            }

            room = wanted.Aggregate(room, (so, jid) => so.AffiliationOf(jid.Bare) >= affiliation ? so : so.With(jid.Bare, affiliation, null));
        }

        return room;
    }

    /// <summary>Tells everybody what has changed (XEP-0045 §10.2.1), and removes those for whom there is no place any more.</summary>
    private async Task AnnounceAsync(MucRoomState before, MucRoomState after)
    {
        var (old, now) = (before.Config, after.Config);
        var sent = new List<Task>();
        foreach (var user in before.Affiliations.Keys.Union(after.Affiliations.Keys).Where(user => before.AffiliationOf(user) != after.AffiliationOf(user)))
        {
            if (_authorized.GetValueOrDefault(user)?.Affiliation is null)
            {
                sent.Add(CarryAffiliationAsync(Jid.Parse(user), after.AffiliationOf(user), null, null));
            }
        }

        if (now.IsMembersOnly && !old.IsMembersOnly)
        {
            var leaving = _occupants.All.Where(occupant => occupant.Affiliation < MucAffiliation.Member).ToImmutableArray();
            sent.AddRange(leaving.Select(occupant => ExpelAsync([occupant], new MucUserItem(occupant.Affiliation, MucRole.None), [StatusNowMembersOnly])));
        }

        var statuses = new List<ushort>();
        if (now.IsNonAnonymous != old.IsNonAnonymous)
        {
            statuses.Add(now.IsNonAnonymous ? StatusNowNonAnonymous : StatusNowSemiAnonymous);
        }

        if (old with { IsNonAnonymous = now.IsNonAnonymous } != now)
        {
            statuses.Insert(0, StatusConfigured);
        }

        if (statuses.Count > 0)
        {
            sent.Add(_audience.ToAllAsync(RoomMessage([.. statuses])));
        }

        foreach (var occupant in _occupants.All)
        {
            occupant.Changed();
        }

        await Task.WhenAll(sent);
    }

    public async Task<StanzaError?> CancelConfigurationAsync(Jid sender)
    {
        if (!_exists)
        {
            return StanzaError.ItemNotFound;
        }

        if (AffiliationOf(sender) != MucAffiliation.Owner)
        {
            return StanzaError.Forbidden;
        }

        if (_isLocked)
        {
            await DestroyAsync(new MucDestroy(null, null, null));
        }

        return null;
    }

    public async Task<StanzaError?> DestroyAsync(Jid sender, MucDestroy destroy)
    {
        if (!_exists)
        {
            return StanzaError.ItemNotFound;
        }

        if (AffiliationOf(sender) != MucAffiliation.Owner)
        {
            return StanzaError.Forbidden;
        }

        await DestroyAsync(destroy);
        return null;
    }

    /// <summary>XEP-0045 §10.9: gone from the disk first; then one presence to each session, and nobody hears of the others.</summary>
    private async Task DestroyAsync(MucDestroy destroy)
    {
        if (state.RecordExists)
        {
            await state.RemoveAsync();
        }

        // From here on in one go: whoever enters now enters another room.
        Clear();
        var sent = new List<Task> { _removal };
        foreach (var visit in _occupants.Visits.ToArray())
        {
            sent.Add(SendUnavailableAsync(visit, null, isGone: false, new MucUserItem(MucAffiliation.None, MucRole.None), [], destroy: destroy));
            Forget(visit);
        }

        StayWhileNeeded();
        await Task.WhenAll(sent);
    }

    public async Task<MucInvitationResult> InviteAsync(MucSession sender, Jid invitee)
    {
        if (_occupants.Find(sender) is not { } visit)
        {
            return new(StanzaError.NotAcceptable, null);
        }

        var inviter = visit.Occupant;
        if (_room.AffiliationOf(invitee.Bare) == MucAffiliation.Outcast || inviter.Role < MucRole.Participant)
        {
            return new(StanzaError.Forbidden, null);
        }

        if (Config.IsMembersOnly && AffiliationOf(invitee) < MucAffiliation.Member)
        {
            if (inviter.Affiliation < MucAffiliation.Admin && !Config.MayInvite)
            {
                return new(StanzaError.Forbidden, null);
            }

            if (_room.Affiliations.Count >= AffiliationsMax)
            {
                return new(StanzaError.ResourceConstraint, null);
            }

            // XEP-0045 §9.3: to invite somebody into a members-only room is to make a member.
            await SaveAsync(room => room.With(invitee.Bare, MucAffiliation.Member, null));
        }

        return new(null, Config.Password);
    }

    public Task<MucRegistration> RegistrationAsync(Jid sender)
    {
        if (!_exists || _isLocked)
        {
            return Task.FromResult(new MucRegistration(StanzaError.ItemNotFound, false, null));
        }

        var nickname = _room.Affiliations.GetValueOrDefault(sender.Bare)?.Nickname;
        return Task.FromResult(new MucRegistration(null, nickname is not null, nickname));
    }

    public async Task<MucRegistration> RegisterAsync(Jid sender, string nickname, MucDecision? decision)
    {
        if (!_exists || _isLocked || !TryGetService(out var host, out var service))
        {
            return new(StanzaError.ItemNotFound, false, null);
        }

        var stored = _room.AffiliationOf(sender.Bare);
        if (stored == MucAffiliation.Outcast)
        {
            return new(StanzaError.Forbidden, false, null);
        }

        var isDecided = service.HttpAuth is { AuthorizeRegistration: true } && IsDecided(sender, host, service);
        if (isDecided && decision is null)
        {
            return new(null, false, null, NeedsDecision: true);
        }

        if (isDecided && RefusalOf(decision!) is { } refusal)
        {
            return new(refusal, false, null);
        }

        if (!isDecided && Config.IsMembersOnly && stored < MucAffiliation.Member)
        {
            // Nobody becomes a member of a closed room by asking; its admins make members, or the tenant's service does.
            return new(StanzaError.NotAllowed, false, null);
        }

        if (FindNicknameConflict(nickname, sender))
        {
            return new(StanzaError.Conflict, false, null);
        }

        if (stored == MucAffiliation.None && _room.Affiliations.Count >= AffiliationsMax)
        {
            return new(StanzaError.ResourceConstraint, false, null);
        }

        await SaveAsync(room =>
        {
            var standing = room.Affiliations.GetValueOrDefault(sender.Bare) ?? new MucStanding(MucAffiliation.Member);
            return room with { Affiliations = room.Affiliations.SetItem(sender.Bare, standing with { Nickname = nickname }) };
        });
        await AdjustAsync(sender, null);
        return new(null, true, nickname);
    }

    public async Task<StanzaError?> UnregisterAsync(Jid sender)
    {
        if (!_exists || _isLocked)
        {
            return StanzaError.ItemNotFound;
        }

        if (_room.Affiliations.GetValueOrDefault(sender.Bare) is not { Nickname: not null } standing)
        {
            return StanzaError.RegistrationRequired;
        }

        // Who became a member by registering is none without it; admins and owners stay what they are.
        var affiliation = standing.Affiliation == MucAffiliation.Member ? MucAffiliation.None : standing.Affiliation;
        await SaveAsync(room => affiliation == MucAffiliation.None
            ? room.With(sender.Bare, affiliation, null)
            : room with { Affiliations = room.Affiliations.SetItem(sender.Bare, standing with { Nickname = null }) });
        if (affiliation == MucAffiliation.None)
        {
            await CarryAffiliationAsync(sender.ToBare(), affiliation, null, null);
        }

        return null;
    }
}
