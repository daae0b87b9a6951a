using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Muc;
using Krewe.Frontend.Muc;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Krewe.Frontend.Http;

/// <summary>Who is in a room: <c>…/rooms/{room}/occupants</c>.</summary>
internal sealed class OccupantEndpoints(IGrainFactory grains, IHostSettingsSource hosts)
{
    private const string Tag = "rooms";

    public static void Map(IEndpointRouteBuilder routes)
    {
        foreach (var rooms in RoomEndpoints.Collections)
        {
            var depth = rooms.Count(letter => letter == '/');
            routes.MapGet(rooms + "/{room}/occupants", (HttpContext http, OccupantEndpoints self) => self.ListAsync(http, depth)).RequireHost(HostKeys.Muc)
                .WithTags(Tag).WithSummary("Lists the occupants of a room, with their devices.").Produces<Page<OccupantBody>>().WithPage().WithProblems(400, 401, 403, 404);
            routes.MapDelete(rooms + "/{room}/occupants/{nick}", (HttpContext http, OccupantEndpoints self) => self.KickAsync(http, depth)).RequireHost(HostKeys.Muc)
                .WithTags(Tag).WithSummary("Kicks an occupant (XEP-0045 §8.2).").WithQuery("reason", "What the occupant and the others are told.")
                .Produces(StatusCodes.Status204NoContent).WithProblems(400, 401, 403, 404);
        }
    }

    private async Task<IResult> ListAsync(HttpContext http, int depth)
    {
        var (after, limit, problem) = ApiRequest.Page(http);
        if (problem is not null)
        {
            return problem;
        }

        if (await FindAsync(http, depth) is not { } request || await grains.MucRoom(request.Room).OccupantsAsync() is not { } occupants)
        {
            return RoomRequest.NotFound();
        }

        var listed = occupants.Where(occupant => after is null || string.CompareOrdinal(occupant.Nickname, after) > 0)
            .OrderBy(occupant => occupant.Nickname, StringComparer.Ordinal).Take(limit + 1).ToArray();
        return ApiResults.Json(
            new Page<OccupantBody>([.. listed.Take(limit).Select(Describe)], listed.Length > limit ? listed[limit - 1].Nickname : null), ApiJson.Default.PageOccupantBody);
    }

    private async Task<IResult> KickAsync(HttpContext http, int depth)
    {
        if (await FindAsync(http, depth) is not { } request)
        {
            return RoomRequest.NotFound();
        }

        if (!ApiRequest.TryGetReason(http, out var reason, out var problem))
        {
            return problem;
        }

        // Behind the room and the word "occupants".
        return JidEnforcement.TryPrepareResourcepart(ApiRequest.Segment(http, depth + 2), out var nickname) && await grains.MucRoom(request.Room).KickAsync(nickname, reason)
            ? Results.NoContent()
            : ApiResults.NotFound("There is no such occupant.");
    }

    private ValueTask<RoomRequest?> FindAsync(HttpContext http, int depth) => RoomRequest.FindAsync(http, hosts, ApiRequest.Segment(http, depth));

    private static OccupantBody Describe(MucOccupantListing occupant) => new(
        occupant.Nickname,
        [.. occupant.Sessions.Select(session => session.ToString()).Order(StringComparer.Ordinal)],
        MucWords.WireName(occupant.Affiliation),
        MucWords.WireName(occupant.Role));
}
