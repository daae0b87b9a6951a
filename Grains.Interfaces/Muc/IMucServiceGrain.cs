using System.Collections.Immutable;
using Orleans.Concurrency;

namespace Krewe.Contracts.Muc;

/// <summary>What a room service knows of its rooms. Key: the service's domain. Awaits nothing but its storage.</summary>
[Alias("muc-service")]
public interface IMucServiceGrain : IGrainWithStringKey
{
    /// <summary>The key of XEP-0421 occupant ids, made and kept at first use. Secret.</summary>
    [Alias("occupant-id-key")]
    Task<ReadOnlyMemory<byte>> OccupantIdKeyAsync();

    /// <summary>Forgets the key, as the host's data is erased: no occupant id of before means anybody after it.</summary>
    [Alias("forget-key")]
    Task ForgetKeyAsync();

    /// <summary>Counts a new room in; false when there are <paramref name="roomsMax"/> already (0 for no limit).</summary>
    [Alias("add")]
    Task<bool> AddAsync(MucRoomListing room, int roomsMax);

    /// <summary>How a room is listed from now on.</summary>
    [Alias("listed"), OneWay]
    Task ListedAsync(MucRoomListing room);

    /// <summary>Awaited before the same room is added again.</summary>
    [Alias("removed")]
    Task RemovedAsync(string room);

    /// <summary>Rooms in ordinal order behind <paramref name="after"/>. One of which nothing but its address is known yet has no listing; ask it.</summary>
    [Alias("rooms")]
    Task<MucRoomPage> RoomsAsync(string? after, int limit, bool isPublicOnly);
}

/// <param name="Room">The bare JID.</param>
[GenerateSerializer, Immutable, Alias("muc-room-listing")]
public sealed record MucRoomListing(
    [property: Id(0)] string Room, [property: Id(1)] string? Name, [property: Id(2)] bool IsPublic, [property: Id(3)] bool IsPersistent);

/// <param name="IsKnown">False for a room that only its stored state tells of.</param>
[GenerateSerializer, Immutable, Alias("muc-room-entry")]
public sealed record MucRoomEntry([property: Id(0)] MucRoomListing Listing, [property: Id(1)] bool IsKnown);

/// <param name="Count">Of all rooms that are counted, not of the page.</param>
/// <param name="IsLast">Nothing comes behind it.</param>
[GenerateSerializer, Immutable, Alias("muc-room-page")]
public sealed record MucRoomPage([property: Id(0)] ImmutableArray<MucRoomEntry> Rooms, [property: Id(1)] int Count, [property: Id(2)] bool IsLast);
