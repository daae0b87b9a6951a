using System.Collections.Immutable;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Muc;

namespace Krewe.Grains.Muc;

/// <summary>What disco#info and the API show of a room, and what the API does to it. Whoever calls has been let in elsewhere.</summary>
internal sealed partial class MucRoomGrain
{
    /// <summary>Null for none, also when somebody has taken it away.</summary>
    private string? SubjectText => _room.Subject is { Text.Length: > 0 } subject ? subject.Text : null;

    public Task<MucRoomInfo?> InfoAsync()
    {
        StayWhileNeeded();
        return Task.FromResult(!_exists || _isLocked ? null : new MucRoomInfo(Config with { Password = Config.Password is null ? null : "" }, _occupants.Count, SubjectText));
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

        await ExpelAsync([occupant], one => Expelled(one.Affiliation, StatusKicked, reason: reason));
        return true;
    }

    public Task<MucRoomDocument?> DocumentAsync() => Task.FromResult(!_exists ? null : new MucRoomDocument(
        Config, SubjectText,
        [.. _room.Affiliations.OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => new MucListItem(Jid.Parse(entry.Key), entry.Value.Nickname, entry.Value.Affiliation, null, entry.Value.Reason))]));

    public async Task<MucPutOutcome> PutAsync(MucRoomDocument document)
    {
        if (!TryGetService(out var host, out _))
        {
            return MucPutOutcome.NoService;
        }

        while (IsCreating)
        {
            await ((Task)_creation!).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }

        if (!_exists)
        {
            if (await CreateOnceAsync(Replaced(new MucRoomState(), document), isLocked: false, host.Limits.Rooms) is not null)
            {
                return MucPutOutcome.TooManyRooms;
            }

            StayWhileNeeded();
            return MucPutOutcome.Created;
        }

        var before = _room;
        var after = Replaced(before, document);
        await SaveAsync(_ => after, unlocks: true);
        await AnnounceAsync(before, after);
        if (before.Subject != after.Subject)
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
        Affiliations = document.Affiliations.Where(item => item.Affiliation != MucAffiliation.None).Aggregate(
            ImmutableDictionary.CreateBuilder<string, MucStanding>(),
            (all, item) =>
            {
                var user = item.Jid!.Bare;
                all[user] = room.Affiliations.GetValueOrDefault(user) is { } standing && standing.Affiliation == item.Affiliation ? standing : new MucStanding(item.Affiliation);
                return all;
            },
            all => all.ToImmutable()),
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

    public async Task<bool> ForgetAsync(Jid user)
    {
        if (!_exists)
        {
            return false;
        }

        var occupantId = MucOccupantIds.Of(_occupantIdKey.Span, _self, user);
        var isHeard = _history.Forget(occupantId);
        var before = _room;
        var isAuthor = before.Subject is { } subject && subject.OccupantId == occupantId;
        if (!isAuthor && !before.Affiliations.ContainsKey(user.Bare))
        {
            StayWhileNeeded();
            return isHeard;
        }

        var after = before with
        {
            Affiliations = before.Affiliations.Remove(user.Bare),
            Subject = isAuthor ? before.Subject! with { Author = null, OccupantId = null } : before.Subject,
        };
        await SaveAsync(_ => after);
        await AnnounceAsync(before, after);
        StayWhileNeeded();
        return true;
    }
}
