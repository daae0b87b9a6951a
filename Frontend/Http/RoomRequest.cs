using System.Collections.Immutable;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Microsoft.AspNetCore.Http;

namespace Krewe.Frontend.Http;

/// <summary>A room that a request names, and the room service of the host that it belongs to.</summary>
internal sealed record RoomRequest(Jid Room, MucServiceSettings Service, HostSettings Host)
{
    /// <summary>Null when there can be no such room: no room's JID, or of no room service of this host.</summary>
    public static async ValueTask<RoomRequest?> FindAsync(HttpContext http, IHostSettingsSource hosts, string text) =>
        TryParse(text, out var room) && await hosts.GetAsync(HostAccess.Of(http).Domain) is { } host
        && host.Components.GetValueOrDefault(room!.Domainpart) is MucServiceSettings service
            ? new RoomRequest(room, service, host)
            : null;

    /// <summary>The host's room services, in ordinal order.</summary>
    public static ImmutableArray<MucServiceSettings> Services(HostSettings host) =>
        [.. host.Components.Values.OfType<MucServiceSettings>().OrderBy(service => service.Domain, StringComparer.Ordinal)];

    /// <summary>Whether it is the JID of a room, of whatever service.</summary>
    public static bool TryParse(string? text, out Jid? room) => Jid.TryParse(text, out room) && room.IsBare && room.HasLocalpart;

    public static IResult NotFound() => ApiResults.NotFound("There is no such room.");
}
