using Krewe.Contracts.Addressing;
using System.Collections.Immutable;
using System.Security.Cryptography;
using Krewe.Contracts.Muc;
using Krewe.Contracts.Storage;
using Krewe.Grains.Hosts;
using Krewe.Grains.Storage;

namespace Krewe.Grains.Muc;

/// <summary>What is stored of a room service.</summary>
[GenerateSerializer, Immutable, Alias("muc-service-state")]
internal sealed record MucServiceState
{
    /// <summary>Never changes: occupant ids would change with it (XEP-0421 §4.1).</summary>
    [Id(0)]
    public ReadOnlyMemory<byte> OccupantIdKey { get; init; }
}

/// <summary>The rooms of a service: the stored ones by their keys, all live ones as they tell of themselves; and the key of its occupant ids.</summary>
internal sealed class MucServiceGrain(
    [PersistentState(StateNames.RoomService, StorageNames.Rooms)] IPersistentState<MucServiceState> state, IGrainKeyIndex index) : Grain, IMucServiceGrain
{
    /// <summary>A page is never longer.</summary>
    private const int RoomsPerPageMax = 1000;

    /// <summary>Null: nothing but its address is known.</summary>
    private readonly Dictionary<string, MucRoomListing?> _rooms = new(StringComparer.Ordinal);

    /// <summary>In the order of the keys on disk, so that a page is not looked for among all.</summary>
    private readonly SortedSet<string> _all = new(OctetOrder.Comparer);

    /// <summary>Of these, those that anybody may see, as far as is known.</summary>
    private readonly SortedSet<string> _public = new(OctetOrder.Comparer);

    private int _temporary;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        string? after = null;
        do
        {
            var page = await index.ListAsync(StorageNames.Rooms, StateNames.Room, this.GetPrimaryKeyString(), after, IGrainKeyIndex.KeysMax, cancellationToken);
            foreach (var room in page)
            {
                _rooms[room] = null;
                _all.Add(room);
                _public.Add(room);
            }

            after = page.Length == IGrainKeyIndex.KeysMax ? page[^1] : null;
        }
        while (after is not null);
    }

    public async Task<ReadOnlyMemory<byte>> OccupantIdKeyAsync()
    {
        if (state.State.OccupantIdKey.IsEmpty)
        {
            var fresh = RandomNumberGenerator.GetBytes(MucOccupantIds.KeyBytes);
            await state.ChangeAsync(stored => stored.OccupantIdKey.IsEmpty ? stored with { OccupantIdKey = fresh } : null);
        }

        return state.State.OccupantIdKey;
    }

    public async Task ForgetKeyAsync()
    {
        if (state.RecordExists)
        {
            await state.RemoveAsync();
        }
    }

    public Task<bool> AddAsync(MucRoomListing room, int roomsMax)
    {
        if (roomsMax > 0 && _rooms.Count >= roomsMax && !_rooms.ContainsKey(room.Room))
        {
            return Task.FromResult(false);
        }

        List(room.Room, room);
        return Task.FromResult(true);
    }

    public Task ListedAsync(MucRoomListing room)
    {
        List(room.Room, room);
        return Task.CompletedTask;
    }

    public Task RemovedAsync(string room)
    {
        List(room, null);
        return Task.CompletedTask;
    }

    public Task<MucRoomPage> RoomsAsync(string? after, int limit, bool isPublicOnly)
    {
        limit = Math.Clamp(limit, 1, RoomsPerPageMax);
        var rooms = isPublicOnly ? _public : _all;
        var page = ImmutableArray.CreateBuilder<MucRoomEntry>();
        foreach (var room in Behind(rooms, after))
        {
            if (page.Count == limit)
            {
                return Task.FromResult(new MucRoomPage(page.DrainToImmutable(), rooms.Count, false));
            }

            page.Add(_rooms[room] is { } listing ? new MucRoomEntry(listing, true) : new MucRoomEntry(new MucRoomListing(room, null, true, true), false));
        }

        return Task.FromResult(new MucRoomPage(page.DrainToImmutable(), rooms.Count, true));
    }

    private static IEnumerable<string> Behind(SortedSet<string> rooms, string? after) =>
        after is null ? rooms
        : rooms.Max is not { } last || rooms.Comparer.Compare(after, last) >= 0 ? []
        : rooms.GetViewBetween(after, last).SkipWhile(room => room == after);

    private void List(string room, MucRoomListing? listing)
    {
        _temporary -= _rooms.GetValueOrDefault(room) is { IsPersistent: false } ? 1 : 0;
        if (listing is null)
        {
            _rooms.Remove(room);
            _all.Remove(room);
            _public.Remove(room);
        }
        else
        {
            _rooms[room] = listing;
            _all.Add(room);
            _ = listing.IsPublic ? _public.Add(room) : _public.Remove(room);
            _temporary += listing.IsPersistent ? 0 : 1;
        }

        // Rooms that live in memory alone are known nowhere else.
        DelayDeactivation(_temporary > 0 ? TimeSpan.FromDays(3650) : TimeSpan.Zero);
    }
}
