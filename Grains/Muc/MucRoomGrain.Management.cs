using System.Collections.Immutable;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Muc;

namespace Krewe.Grains.Muc;

/// <summary>What disco#info and the API show of a room, and what the API does to it. Whoever calls has been let in elsewhere.</summary>
internal sealed partial class MucRoomGrain
{
    public Task<MucRoomInfo?> InfoAsync()
    {
        StayWhileNeeded();
        return Task.FromResult(!_exists || _isLocked ? null : new MucRoomInfo(Config with { Password = Config.Password is null ? null : "" }, _occupants.Count, _room.Subject?.Text));
    }

    public Task<ImmutableArray<string>?> ItemsAsync(Jid sender)
    {
        if (!_exists || _isLocked)
        {
            return Task.FromResult<ImmutableArray<string>?>(null);
        }

        // XEP-0045 §6.5: those who are inside know anyway; others learn it of public, open rooms only.
        var isShown = _occupants.Of(sender.Bare).Count > 0 || (Config.IsPublic && !Config.IsMembersOnly && Config.Password is null && Config.IsNonAnonymous);
        return Task.FromResult<ImmutableArray<string>?>(
            isShown ? [.. _occupants.All.Where(IsShown).Select(occupant => occupant.Nickname).Order(StringComparer.Ordinal)] : []);
    }

    public Task<ImmutableArray<MucOccupantListing>?> OccupantsAsync() => Task.FromResult<ImmutableArray<MucOccupantListing>?>(!_exists ? null :
    [
        .. _occupants.All.OrderBy(occupant => occupant.Nickname, StringComparer.Ordinal).Select(occupant =>
            new MucOccupantListing(occupant.Nickname, [.. occupant.Visits.Select(visit => visit.Session.Jid)], occupant.Affiliation, occupant.Role)),
    ]);

    public async Task<bool> KickAsync(string nickname, string? reason)
    {
        if (!_occupants.TryGet(nickname, out var occupant))
        {
            return false;
        }

        await ExpelAsync([occupant], new MucUserItem(occupant.Affiliation, MucRole.None, Reason: reason), [StatusKicked]);
        return true;
    }

    public Task<MucRoomDocument?> DocumentAsync() => Task.FromResult(!_exists ? null : new MucRoomDocument(
        Config, _room.Subject?.Text,
        [.. _room.Affiliations.OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => new MucListItem(Jid.Parse(entry.Key), entry.Value.Nickname, entry.Value.Affiliation, null, entry.Value.Reason))]));

    public async Task<MucPutOutcome> PutAsync(MucRoomDocument document)
    {
        if (!TryGetService(out var host, out _))
        {
            return MucPutOutcome.NoService;
        }

        if (_creation is { IsCompleted: false } underWay)
        {
            await underWay;
        }

        if (!_exists)
        {
            if (await CreateOnceAsync(() => CreateAsync(Replaced(new MucRoomState(), document), isLocked: false, host.Limits.Rooms)) is not null)
            {
                return MucPutOutcome.TooManyRooms;
            }

            StayWhileNeeded();
            return MucPutOutcome.Created;
        }

        var before = _room;
        (var wasLocked, _isLocked) = (_isLocked, false);
        await SaveAsync(room => Replaced(room, document));
        if (wasLocked)
        {
            _ = GrainFactory.MucService(_self.Domainpart).ListedAsync(Listing);
        }

        await AnnounceAsync(before, _room);
        if (before.Subject?.Text != _room.Subject?.Text)
        {
            await _audience.ToAllAsync(SubjectNow() with { SentAt = null });
        }

        // A temporary room that the API made lives until somebody came and went.
        StayWhileNeeded();
        return MucPutOutcome.Replaced;
    }

    private MucRoomState Replaced(MucRoomState room, MucRoomDocument document) => room with
    {
        Config = document.Config,
        Subject = string.IsNullOrEmpty(document.Subject) ? null
            : room.Subject?.Text == document.Subject ? room.Subject
            : new MucSubject(document.Subject, null, null, time.GetUtcNow()),
        Affiliations = document.Affiliations.Where(item => item.Affiliation != MucAffiliation.None).ToImmutableDictionary(
            item => item.Jid!.Bare,
            item => room.Affiliations.GetValueOrDefault(item.Jid!.Bare) is { } standing && standing.Affiliation == item.Affiliation
                ? standing
                : new MucStanding(item.Affiliation)),
    };

    public async Task<bool> DeleteAsync(MucDestroy destroy)
    {
        if (!_exists)
        {
            return false;
        }

        await DestroyAsync(destroy);
        return true;
    }
}
