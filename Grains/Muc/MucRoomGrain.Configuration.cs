using System.Collections.Immutable;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Muc;
using Krewe.Contracts.Stanzas;

namespace Krewe.Grains.Muc;

/// <summary>Owners' work (XEP-0045 §10).</summary>
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

        if (config.IsPersistent && !Config.IsPersistent && IsAnonymous(sender))
        {
            return StanzaError.NotAllowed;
        }

        var before = _room;
        var after = WithLists(before with { Config = config }, change);
        if (change.Owners is not null && !IsServiceAdmin(sender) && !after.Affiliations.Values.Any(standing => standing.Affiliation == MucAffiliation.Owner))
        {
            // XEP-0045 §10.5: a room keeps an owner.
            return StanzaError.Conflict;
        }

        if (after.Affiliations.Count > AffiliationsMax && after.Affiliations.Count > before.Affiliations.Count)
        {
            return StanzaError.ResourceConstraint;
        }

        await SaveAsync(room => after == before ? room : after, unlocks: true);
        await AnnounceAsync(before, after);
        if (before.Config.IsPersistent && !config.IsPersistent)
        {
            EndWhenEmpty();
        }

        return null;
    }

    private static MucRoomState WithLists(MucRoomState room, MucConfigChange change)
    {
        foreach (var (list, affiliation) in new[] { (change.Owners, MucAffiliation.Owner), (change.Admins, MucAffiliation.Admin) })
        {
            if (list is not { } wanted)
            {
                continue;
            }

            var named = wanted.Select(jid => jid.Bare).ToHashSet(StringComparer.Ordinal);
            foreach (var (user, _) in room.Affiliations.Where(entry => entry.Value.Affiliation == affiliation && !named.Contains(entry.Key)).ToArray())
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
        if (before.Affiliations != after.Affiliations)
        {
            foreach (var user in before.Affiliations.Keys.Union(after.Affiliations.Keys).Where(user => before.AffiliationOf(user) != after.AffiliationOf(user)))
            {
                sent.Add(CarryAffiliationAsync(Jid.Parse(user)));
            }
        }

        if (now.IsMembersOnly && !old.IsMembersOnly)
        {
            sent.Add(ExpelAsync([.. _occupants.All.Where(occupant => occupant.Affiliation < MucAffiliation.Member)], one => Expelled(one.Affiliation, StatusNowMembersOnly)));
        }

        if (now.PresenceBroadcastFrom != old.PresenceBroadcastFrom)
        {
            sent.AddRange(_occupants.All.Where(occupant => IsShown(occupant) != occupant.Role >= old.PresenceBroadcastFrom).Select(occupant =>
                IsShown(occupant) ? BroadcastAsync(occupant, occupant.Primary, null) : HideAsync(occupant)));
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
}
