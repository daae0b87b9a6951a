using System.Collections.Immutable;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Muc;

namespace Krewe.Frontend.Http;

/// <summary>Destroys a host's rooms, so that whoever gets the domain next finds none.</summary>
internal sealed class RoomRemoval(IGrainFactory grains)
{
    private const int RoomsAtOnce = 32;

    private const int PageItems = 1000;

    private static readonly MucDestroy Wordless = new(null, null, null);

    /// <summary>How many there were.</summary>
    public async Task<int> RemoveAllAsync(ImmutableArray<MucServiceSettings> services)
    {
        var removed = 0;
        foreach (var service in services)
        {
            string? after = null;
            while (await grains.MucService(service.Domain).RoomsAsync(after, PageItems, isPublicOnly: false) is { Rooms: { IsEmpty: false } rooms })
            {
                await Parallel.ForEachAsync(
                    rooms,
                    new ParallelOptions { MaxDegreeOfParallelism = RoomsAtOnce },
                    async (room, _) => Interlocked.Add(ref removed, await grains.MucRoom(Jid.Parse(room.Listing.Room)).DeleteAsync(Wordless) ? 1 : 0));
                after = rooms[^1].Listing.Room;
            }

            await grains.MucService(service.Domain).ForgetKeyAsync();
        }

        return removed;
    }

    /// <summary>Removes what the rooms keep of one user; of how many rooms.</summary>
    public async Task<int> ForgetAsync(Jid user, ImmutableArray<MucServiceSettings> services)
    {
        var forgotten = 0;
        foreach (var service in services)
        {
            string? after = null;
            while (await grains.MucService(service.Domain).RoomsAsync(after, PageItems, isPublicOnly: false) is { Rooms: { IsEmpty: false } rooms })
            {
                await Parallel.ForEachAsync(
                    rooms,
                    new ParallelOptions { MaxDegreeOfParallelism = RoomsAtOnce },
                    async (room, _) => Interlocked.Add(ref forgotten, await grains.MucRoom(Jid.Parse(room.Listing.Room)).ForgetAsync(user) ? 1 : 0));
                after = rooms[^1].Listing.Room;
            }
        }

        return forgotten;
    }
}
