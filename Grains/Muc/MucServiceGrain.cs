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

    /// <summary>In the order of the keys on disk. Null: nothing but its address is known.</summary>
    private readonly SortedDictionary<string, MucRoomListing?> _rooms = new(Utf8Order.Comparer);

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
        var rooms = _rooms.Where(room => !isPublicOnly || room.Value?.IsPublic != false).ToImmutableArray();
        var behind = rooms.Where(room => after is null || Utf8Order.Comparer.Compare(room.Key, after) > 0).Take(limit + 1)
            .Select(room => new MucRoomEntry(room.Value ?? new MucRoomListing(room.Key, null, true, true), room.Value is not null)).ToImmutableArray();
        return Task.FromResult(new MucRoomPage(behind.Length > limit ? behind.RemoveAt(limit) : behind, rooms.Length, behind.Length <= limit));
    }

    private void List(string room, MucRoomListing? listing)
    {
        _temporary -= _rooms.GetValueOrDefault(room) is { IsPersistent: false } ? 1 : 0;
        if (listing is null)
        {
            _rooms.Remove(room);
        }
        else
        {
            _rooms[room] = listing;
            _temporary += listing.IsPersistent ? 0 : 1;
        }

        // Rooms that live in memory alone are known nowhere else.
        DelayDeactivation(_temporary > 0 ? TimeSpan.FromDays(3650) : TimeSpan.Zero);
    }
}
