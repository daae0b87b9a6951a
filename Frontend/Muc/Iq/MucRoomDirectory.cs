using System.Collections.Immutable;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Muc;

namespace Krewe.Frontend.Muc.Iq;

/// <summary>
/// A service's public rooms, a page at a time (XEP-0045 §6.3). Rooms of which nothing is known since the service started are asked what they are; those that
/// turn out to be hidden make room for others, so that a page is full while there are rooms.
/// </summary>
internal sealed class MucRoomDirectory(IGrainFactory grains)
{
    /// <summary>Rooms that are asked at a time.</summary>
    private const int AskedAtOnceMax = 16;

    /// <summary>Rooms that one page goes through at most, so that nobody makes a service wake all of its rooms with one stanza.</summary>
    internal const int LookedAtMax = 2000;

    /// <param name="after">The room's bare JID behind which the page begins; null for the first.</param>
    public async Task<MucRoomDirectoryPage> ReadAsync(string service, string? after, int limit)
    {
        var rooms = ImmutableArray.CreateBuilder<MucRoomListing>();
        var directory = grains.MucService(service);
        var lookedAt = 0;
        while (true)
        {
            var page = await directory.RoomsAsync(after, Math.Max(1, limit - rooms.Count), isPublicOnly: true);
            if (limit == 0)
            {
                return new MucRoomDirectoryPage([], null, page.Count, page.IsLast && page.Rooms.IsEmpty);
            }

            rooms.AddRange((await AskAsync(page.Rooms)).OfType<MucRoomListing>());
            lookedAt += page.Rooms.Length;
            after = page.Rooms.IsEmpty ? after : page.Rooms[^1].Listing.Room;
            if (page.IsLast || page.Rooms.IsEmpty || rooms.Count >= limit || lookedAt >= LookedAtMax)
            {
                return new MucRoomDirectoryPage(rooms.ToImmutable(), after, page.Count, page.IsLast || page.Rooms.IsEmpty);
            }
        }
    }

    /// <summary>In the same order, null for a room that is not to be shown.</summary>
    private async Task<MucRoomListing?[]> AskAsync(ImmutableArray<MucRoomEntry> entries)
    {
        var listings = new MucRoomListing?[entries.Length];
        await Parallel.ForAsync(0, entries.Length, new ParallelOptions { MaxDegreeOfParallelism = AskedAtOnceMax }, async (index, _) =>
        {
            var entry = entries[index];
            listings[index] = entry.IsKnown ? entry.Listing : await AskAsync(entry.Listing);
        });
        return listings;
    }

    private async Task<MucRoomListing?> AskAsync(MucRoomListing listing) =>
        await grains.MucRoom(Jid.Parse(listing.Room)).InfoAsync() is { Config: { IsPublic: true } config }
            ? listing with { Name = config.Name, IsPublic = true, IsPersistent = config.IsPersistent }
            : null;
}

/// <param name="Last">From where the next page goes on; null for an empty list.</param>
/// <param name="Count">Of all public rooms that are known.</param>
internal sealed record MucRoomDirectoryPage(ImmutableArray<MucRoomListing> Rooms, string? Last, int Count, bool IsLast);
