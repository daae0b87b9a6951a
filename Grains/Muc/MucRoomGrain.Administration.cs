using System.Collections.Immutable;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Muc;
using Krewe.Contracts.Stanzas;

namespace Krewe.Grains.Muc;

/// <summary>What moderators, admins and owners do to others (XEP-0045 §8, §9, §10.3 to §10.8), and the lists that they read.</summary>
internal sealed partial class MucRoomGrain
{
    public async Task<StanzaError?> AdministerAsync(MucSession sender, ImmutableArray<MucAdminItem> items)
    {
        if (!_exists)
        {
            return StanzaError.ItemNotFound;
        }

        var actor = new Actor(sender.Jid.Bare, _occupants.Find(sender)?.Occupant, AffiliationOf(sender.Jid));
        if (FindRefusal(actor, items, out var roles) is { } refusal)
        {
            return refusal;
        }

        var affiliations = items.Where(item => item.Affiliation is not null).ToImmutableArray();
        if (!affiliations.IsEmpty)
        {
            await SaveAsync(room => affiliations.Aggregate(room, static (so, item) => so.With(item.Jid!.Bare, item.Affiliation!.Value, item.Reason)));
        }

        var sent = new List<Task>();
        foreach (var item in affiliations)
        {
            sent.Add(CarryAffiliationAsync(item.Jid!, item.Affiliation!.Value, actor.Nickname, item.Reason));
        }

        foreach (var (occupant, item) in roles)
        {
            sent.Add(item.Role == MucRole.None
                ? ExpelAsync([occupant], new MucUserItem(occupant.Affiliation, MucRole.None, Actor: actor.Nickname, Reason: item.Reason), [StatusKicked])
                : ChangeStandingAsync(occupant, occupant.Affiliation, item.Role!.Value, actor.Nickname, item.Reason));
        }

        await Task.WhenAll(sent);
        return null;
    }

    private sealed record Actor(string User, MucOccupant? Occupant, MucAffiliation Affiliation)
    {
        public string? Nickname => Occupant?.Nickname;

        /// <summary>Owners and admins act on lists from outside as well; roles are for moderators who are there.</summary>
        public MucRole Role => Occupant?.Role ?? MucRole.None;
    }

    /// <summary>Looks at all items before any of them is carried out.</summary>
    private StanzaError? FindRefusal(Actor actor, ImmutableArray<MucAdminItem> items, out List<(MucOccupant Occupant, MucAdminItem Item)> roles)
    {
        roles = [];
        var room = _room;
        foreach (var item in items)
        {
            if (item.Affiliation is { } affiliation)
            {
                var user = item.Jid ?? (item.Nickname is { } named && _occupants.TryGet(named, out var holder) ? holder.User : null);
                if (user is null)
                {
                    return item.Nickname is null ? StanzaError.BadRequest : StanzaError.ItemNotFound;
                }

                if (FindAffiliationRefusal(actor, user, affiliation, room) is { } refusal)
                {
                    return refusal;
                }

                room = room.With(user.Bare, affiliation, item.Reason);
                if (room.Affiliations.Count > AffiliationsMax)
                {
                    return StanzaError.ResourceConstraint;
                }
            }
            else if (item is not { Nickname: { } nickname, Role: { } role })
            {
                return StanzaError.BadRequest;
            }
            else if (actor.Role != MucRole.Moderator)
            {
                // Before anything is said about who is here.
                return StanzaError.Forbidden;
            }
            else if (!_occupants.TryGet(nickname, out var occupant))
            {
                return StanzaError.ItemNotFound;
            }
            else if (MucPermissions.MayChangeRole(actor.Affiliation, actor.Role, occupant.Affiliation, occupant.Role, role) is { } refusal)
            {
                return refusal;
            }
            else
            {
                roles.Add((occupant, item));
            }
        }

        return null;
    }

    private StanzaError? FindAffiliationRefusal(Actor actor, Jid user, MucAffiliation wanted, MucRoomState room)
    {
        if (actor.Affiliation < MucAffiliation.Admin)
        {
            return StanzaError.Forbidden;
        }

        if (_authorized.TryGetValue(user.Bare, out var authorized) && authorized.Affiliation is { } external && external != wanted)
        {
            // Specs M-035: what the tenant's service says is not overruled here.
            return StanzaError.NotAllowed;
        }

        return MucPermissions.MayChangeAffiliation(
            actor.Affiliation, user.Bare == actor.User, IsServiceAdmin(user) ? MucAffiliation.Owner : room.AffiliationOf(user.Bare), wanted, room.HasOtherOwner(user.Bare));
    }

    /// <summary>What a changed affiliation means for one who is in the room (XEP-0045 §9.1, §9.4).</summary>
    private Task CarryAffiliationAsync(Jid user, MucAffiliation affiliation, string? actor, string? reason)
    {
        if (_occupants.Of(user.Bare) is not { Count: > 0 } occupants)
        {
            return Task.CompletedTask;
        }

        if (affiliation == MucAffiliation.Outcast)
        {
            return ExpelAsync([.. occupants], new MucUserItem(affiliation, MucRole.None, Actor: actor, Reason: reason), [StatusBanned]);
        }

        if (affiliation == MucAffiliation.None && Config.IsMembersOnly)
        {
            return ExpelAsync([.. occupants], new MucUserItem(affiliation, MucRole.None, Actor: actor, Reason: reason), [StatusAffiliationLost]);
        }

        return Task.WhenAll(occupants.Where(occupant => occupant.Affiliation != affiliation).ToArray().Select(occupant => ChangeStandingAsync(
            occupant, affiliation, MucPermissions.RoleAfter(occupant.Role, occupant.Affiliation, affiliation, Config.IsModerated), actor, reason)));
    }

    /// <summary>Another affiliation or role of somebody who stays: a presence to everybody (XEP-0045 §8.3, §9.3).</summary>
    private Task ChangeStandingAsync(MucOccupant occupant, MucAffiliation affiliation, MucRole role, string? actor, string? reason)
    {
        var wasShown = IsShown(occupant);
        var sawJids = SeesJids(occupant);
        (occupant.Affiliation, occupant.Role) = (affiliation, role);
        occupant.Changed();
        var sent = new List<Task>(3);
        if (wasShown && !IsShown(occupant))
        {
            var gone = new MucStanza
            {
                Kind = StanzaKind.Presence, Type = StanzaType.Unavailable, From = occupant.Jid, OccupantId = occupant.OccupantId,
                User = new MucUserExtension { Item = new MucUserItem(affiliation, role) },
            };
            sent.Add(_audience.ToEachAsync(other => other.Occupant == occupant ? null : gone));
        }

        // Each session's own presence to itself and the one that the others know to them.
        sent.Add(BroadcastAsync(occupant, occupant.Primary, null, actor: actor, reason: reason));
        if (!sawJids && SeesJids(occupant))
        {
            // A new moderator sees who everybody is (XEP-0045 §9.6).
            var shown = new MucStanzas([.. _occupants.All.Where(other => other != occupant && IsShown(other)).Select(other => other.Shown(isJidSeen: true))]);
            sent.Add(shown.Stanzas.IsEmpty ? Task.CompletedTask : _audience.ToAsync(occupant.Visits, shown));
        }

        return Task.WhenAll(sent);
    }

    public Task<MucListResult> ListAsync(Jid sender, MucAffiliation? affiliation, MucRole? role)
    {
        var asker = AffiliationOf(sender);
        if (!_exists || (_isLocked && asker != MucAffiliation.Owner))
        {
            return Task.FromResult(new MucListResult(StanzaError.ItemNotFound, []));
        }

        if (affiliation is { } listed)
        {
            return Task.FromResult(MucPermissions.MayListAffiliation(asker, listed, Config) is { } refusal
                ? new MucListResult(refusal, [])
                : new MucListResult(null, ListAffiliation(listed)));
        }

        // XEP-0045 §8.5, §9.8: the voice list and the list of moderators.
        return Task.FromResult(_occupants.Find(sender) is not { Occupant.Role: MucRole.Moderator }
            ? new MucListResult(StanzaError.Forbidden, [])
            : new MucListResult(null,
            [
                .. _occupants.All.Where(occupant => occupant.Role == role).OrderBy(occupant => occupant.Nickname, StringComparer.Ordinal)
                    .Select(occupant => new MucListItem(occupant.Primary.Session.Jid, occupant.Nickname, occupant.Affiliation, occupant.Role, null)),
            ]));
    }

    /// <summary>As it holds now: what the tenant's service says of those who are present goes before what is stored (specs M-035).</summary>
    private ImmutableArray<MucListItem> ListAffiliation(MucAffiliation listed)
    {
        var users = _room.Affiliations.Where(entry => entry.Value.Affiliation == listed && !(_authorized.GetValueOrDefault(entry.Key)?.Affiliation is { } external && external != listed))
            .Select(entry => new MucListItem(Jid.Parse(entry.Key), entry.Value.Nickname, listed, null, entry.Value.Reason));
        var external = listed == MucAffiliation.None ? [] : _authorized.Values
            .Where(one => one.Affiliation == listed && _room.AffiliationOf(one.User.Bare) != listed)
            .Select(one => new MucListItem(one.User, null, listed, null, null));
        return [.. users.Concat(external).OrderBy(item => item.Jid)];
    }
}
