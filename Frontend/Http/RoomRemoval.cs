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

    public async Task RemoveAllAsync(ImmutableArray<MucServiceSettings> services)
    {
        foreach (var service in services)
        {
            string? after = null;
            while (await grains.MucService(service.Domain).RoomsAsync(after, PageItems, isPublicOnly: false) is { Rooms: { IsEmpty: false } rooms })
            {
                await Parallel.ForEachAsync(
                    rooms, new ParallelOptions { MaxDegreeOfParallelism = RoomsAtOnce }, async (room, _) => await grains.MucRoom(Jid.Parse(room.Listing.Room)).DeleteAsync(Wordless));
                after = rooms[^1].Listing.Room;
            }
        }
    }
}
