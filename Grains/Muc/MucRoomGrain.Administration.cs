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
        if (FindRefusal(actor, items, out var affiliations, out var roles) is { } refusal)
        {
            return refusal;
        }

        if (affiliations.Count > 0)
        {
            await SaveAsync(room => affiliations.Aggregate(room, static (so, change) => so.With(change.User.Bare, change.Item.Affiliation!.Value, change.Item.Reason)));
        }

        var sent = new List<Task>();
        foreach (var (user, item) in affiliations)
        {
            sent.Add(CarryAffiliationAsync(user, actor.Nickname, item.Reason));
        }

        foreach (var (occupant, item) in roles)
        {
            // An earlier item may have put it out.
            if (occupant.Visits.Count > 0)
            {
                sent.Add(item.Role == MucRole.None
                    ? ExpelAsync([occupant], one => Expelled(one.Affiliation, StatusKicked, actor.Nickname, item.Reason))
                    : ChangeStandingAsync(occupant, occupant.Affiliation, item.Role!.Value, actor.Nickname, item.Reason));
            }
        }

        await Task.WhenAll(sent);
        return null;
    }

    private static Leaving Expelled(MucAffiliation affiliation, ushort status, string? actor = null, string? reason = null) =>
        new(new MucUserItem(affiliation, MucRole.None, Actor: actor, Reason: reason), [status], null, MucPayload.Empty);

    private sealed record Actor(string User, MucOccupant? Occupant, MucAffiliation Affiliation)
    {
        public string? Nickname => Occupant?.Nickname;

        /// <summary>Owners and admins act on lists from outside as well; roles are for moderators who are there.</summary>
        public MucRole Role => Occupant?.Role ?? MucRole.None;
    }

    /// <summary>Looks at all items before any of them is carried out: a request is about affiliations or about roles (XEP-0045 §9, §8).</summary>
    private StanzaError? FindRefusal(
        Actor actor, ImmutableArray<MucAdminItem> items, out List<(Jid User, MucAdminItem Item)> affiliations, out List<(MucOccupant Occupant, MucAdminItem Item)> roles)
    {
        (affiliations, roles) = ([], []);
        if (items.IsEmpty || (items.Any(item => item.Affiliation is not null) && items.Any(item => item.Role is not null)))
        {
            return StanzaError.BadRequest;
        }

        var room = _room;
        foreach (var item in items)
        {
            if (FindRefusal(actor, item, ref room, affiliations, roles) is { } refusal)
            {
                return refusal;
            }
        }

        return room.Affiliations.Count > AffiliationsMax && room.Affiliations.Count > _room.Affiliations.Count ? StanzaError.ResourceConstraint : null;
    }

    /// <param name="room">As the items so far would have made it.</param>
    private StanzaError? FindRefusal(
        Actor actor, MucAdminItem item, ref MucRoomState room, List<(Jid User, MucAdminItem Item)> affiliations, List<(MucOccupant Occupant, MucAdminItem Item)> roles)
    {
        if (item is { Jid: null, Nickname: null } or { Affiliation: null, Role: null })
        {
            return StanzaError.BadRequest;
        }

        // Before anything is said about who is here.
        if (item.Affiliation is not null ? actor.Affiliation < MucAffiliation.Admin : actor.Role != MucRole.Moderator)
        {
            return StanzaError.Forbidden;
        }

        var occupant = item.Nickname is { } nickname && _occupants.TryGet(nickname, out var named) ? named : null;
        if (item.Affiliation is { } affiliation)
        {
            if ((item.Jid?.ToBare() ?? occupant?.User) is not { } user)
            {
                return StanzaError.ItemNotFound;
            }

            if (FindAffiliationRefusal(actor, user, affiliation, room) is { } refusal)
            {
                return refusal;
            }

            room = room.With(user.Bare, affiliation, item.Reason);
            affiliations.Add((user, item));
            return null;
        }

        if (occupant is null)
        {
            return item.Nickname is null ? StanzaError.BadRequest : StanzaError.ItemNotFound;
        }

        roles.Add((occupant, item));
        return MucPermissions.MayChangeRole(actor.Affiliation, actor.Role, occupant.Affiliation, occupant.Role, item.Role!.Value);
    }

    private StanzaError? FindAffiliationRefusal(Actor actor, Jid user, MucAffiliation wanted, MucRoomState room)
    {
        if (actor.Affiliation < MucAffiliation.Admin)
        {
            return StanzaError.Forbidden;
        }

        var external = IsServiceAdmin(user) ? MucAffiliation.Owner : _authorized.GetValueOrDefault(user.Bare)?.Affiliation;
        if (external is not null && external != wanted)
        {
            // Specs M-035: what the host or the tenant's service says is not overruled here.
            return user.Bare == actor.User && wanted == MucAffiliation.Outcast ? StanzaError.Conflict : StanzaError.NotAllowed;
        }

        return MucPermissions.MayChangeAffiliation(actor.Affiliation, user.Bare == actor.User, room.AffiliationOf(user.Bare), wanted, room.HasOtherOwner(user.Bare));
    }

    /// <summary>What a user's changed affiliation means for the user who is in the room (XEP-0045 §9.1, §9.4).</summary>
    private Task CarryAffiliationAsync(Jid user, string? actor = null, string? reason = null)
    {
        if (_occupants.Of(user.Bare) is not { Count: > 0 } occupants)
        {
            return Task.CompletedTask;
        }

        var affiliation = AffiliationOf(user);
        var changed = occupants.Where(occupant => occupant.Affiliation != affiliation).ToArray();
        if (affiliation == MucAffiliation.Outcast)
        {
            return ExpelAsync(changed, _ => Expelled(affiliation, StatusBanned, actor, reason));
        }

        if (affiliation == MucAffiliation.None && Config.IsMembersOnly)
        {
            return ExpelAsync(changed, _ => Expelled(affiliation, StatusAffiliationLost, actor, reason));
        }

        return Task.WhenAll(changed.Select(occupant => ChangeStandingAsync(
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
            sent.Add(HideAsync(occupant));
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

    /// <summary>The others see it no more; it goes nowhere.</summary>
    private Task HideAsync(MucOccupant occupant)
    {
        var gone = new MucStanza
        {
            Kind = StanzaKind.Presence, Type = StanzaType.Unavailable, From = occupant.Jid, OccupantId = occupant.OccupantId,
            User = new MucUserExtension { Item = new MucUserItem(occupant.Affiliation, occupant.Role) },
        };
        return _audience.ToEachAsync(other => other.Occupant == occupant ? null : gone);
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
