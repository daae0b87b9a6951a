using System.Diagnostics;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Muc;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Krewe.Frontend.Http;

/// <summary>
/// A host's rooms: <c>/api/v1/hosts/{host}/muc/rooms</c>, and the same at <c>…/rooms</c>. A room that is made here has no lock, and nobody is told that it is new.
/// </summary>
internal sealed class RoomEndpoints(IGrainFactory grains, IHostSettingsSource hosts)
{
    /// <summary>Both are the contract's; the second is its short form.</summary>
    public static readonly string[] Collections = ["/api/v1/hosts/{host}/muc/rooms", "/api/v1/hosts/{host}/rooms"];

    private const string Tag = "rooms";

    public static void Map(IEndpointRouteBuilder routes)
    {
        foreach (var rooms in Collections)
        {
            var depth = rooms.Count(letter => letter == '/');
            routes.MapGet(rooms, (HttpContext http, RoomEndpoints self) => self.ListAsync(http)).RequireHost(HostKeys.Muc).WithTags(Tag)
                .WithSummary("Lists the rooms of the host's room services.").WithQuery("service", "Only of this room service: its domain.")
                .Produces<Page<RoomListingBody>>().WithPage().WithProblems(400, 401, 403, 404);
            routes.MapGet(rooms + "/{room}", (HttpContext http, RoomEndpoints self) => self.GetAsync(http, depth)).RequireHost(HostKeys.Muc).WithTags(Tag)
                .WithSummary("Reads a room's document; its password is not shown.").Produces<RoomBody>().WithProblems(401, 403, 404);
            routes.MapPut(rooms + "/{room}", (HttpContext http, RoomEndpoints self) => self.PutAsync(http, depth)).RequireHost(HostKeys.Muc).WithTags(Tag)
                .WithSummary("Makes a room, or replaces its configuration, subject and affiliations.").Accepts<RoomBody>("application/json")
                .Produces<RoomBody>().Produces<RoomBody>(StatusCodes.Status201Created).WithProblems(400, 401, 403, 404, 409, 413, 422);
            routes.MapDelete(rooms + "/{room}", (HttpContext http, RoomEndpoints self) => self.DeleteAsync(http, depth)).RequireHost(HostKeys.Muc).WithTags(Tag)
                .WithSummary("Destroys a room.").WithQuery("reason", "What the occupants are told.").WithQuery("alternate", "The JID of the room to go to instead.")
                .Produces(StatusCodes.Status204NoContent).WithProblems(400, 401, 403, 404);
        }
    }

    private async Task<IResult> ListAsync(HttpContext http)
    {
        var (after, limit, problem) = ApiRequest.Page(http);
        if (problem is not null)
        {
            return problem;
        }

        var host = await hosts.GetAsync(HostAccess.Of(http).Domain);
        var services = host is null ? [] : RoomRequest.Services(host);
        if (http.Request.Query.TryGetValue("service", out var only))
        {
            services = [.. services.Where(service => JidEnforcement.TryPrepareDomainpart(only.ToString(), out var domain) && service.Domain == domain)];
            if (services.IsEmpty)
            {
                return ApiResults.NotFound("The host has no such room service.");
            }
        }

        var found = new List<MucRoomEntry>();
        var afterService = after is null ? "" : after[(after.IndexOf('@') + 1)..];
        foreach (var service in services.Where(service => string.CompareOrdinal(service.Domain, afterService) >= 0))
        {
            // A service's own page may be shorter than asked for before it is the last.
            var last = service.Domain == afterService ? after : null;
            for (var isLast = false; !isLast && found.Count < limit;)
            {
                var page = await grains.MucService(service.Domain).RoomsAsync(last, limit - found.Count, isPublicOnly: false);
                found.AddRange(page.Rooms);
                isLast = page.IsLast || page.Rooms.IsEmpty;
                last = page.Rooms.IsEmpty ? last : page.Rooms[^1].Listing.Room;
            }
        }

        var items = (await Task.WhenAll(found.Select(DescribeAsync))).OfType<RoomListingBody>();
        return ApiResults.Json(
            new Page<RoomListingBody>([.. items], found.Count >= limit ? found[^1].Listing.Room : null), ApiJson.Default.PageRoomListingBody);
    }

    /// <summary>Null for a room that is gone.</summary>
    private async Task<RoomListingBody?> DescribeAsync(MucRoomEntry entry)
    {
        if (entry.IsKnown)
        {
            return new RoomListingBody(entry.Listing.Room, entry.Listing.Name, entry.Listing.IsPublic, entry.Listing.IsPersistent);
        }

        return await grains.MucRoom(Jid.Parse(entry.Listing.Room)).DocumentAsync() is { Config: var config }
            ? new RoomListingBody(entry.Listing.Room, config.Name, config.IsPublic, config.IsPersistent)
            : null;
    }

    private async Task<IResult> GetAsync(HttpContext http, int depth) =>
        await FindAsync(http, depth) is { } request && await grains.MucRoom(request.Room).DocumentAsync() is { } document
            ? ApiResults.Json(RoomDocuments.Show(document), ApiJson.Default.JsonObject)
            : RoomRequest.NotFound();

    private async Task<IResult> PutAsync(HttpContext http, int depth)
    {
        if (await FindAsync(http, depth) is not { } request)
        {
            return RoomRequest.NotFound();
        }

        var (json, problem) = await ApiRequest.ReadTextAsync(http, RoomDocuments.BytesMax);
        if (json is null)
        {
            return problem!;
        }

        // Whoever makes a room from outside, where nobody is in it, wants it to be there when somebody comes.
        var room = grains.MucRoom(request.Room);
        var present = await room.DocumentAsync();
        var problems = RoomDocuments.Read(json, request.Service.RoomDefaults with { IsPersistent = true }, present?.Config.Password, out var document);
        if (document is null)
        {
            return ApiResults.Problem(StatusCodes.Status422UnprocessableEntity, "The room's document is not valid.", problems);
        }

        switch (await room.PutAsync(document))
        {
            case MucPutOutcome.Created:
                http.Response.Headers.Location = $"/api/v1/hosts/{Uri.EscapeDataString(request.Host.Domain)}/muc/rooms/{Uri.EscapeDataString(request.Room.Bare)}";
                return ApiResults.Json(RoomDocuments.Show(document), ApiJson.Default.JsonObject, StatusCodes.Status201Created);
            case MucPutOutcome.Replaced:
                return ApiResults.Json(RoomDocuments.Show(document), ApiJson.Default.JsonObject);
            case MucPutOutcome.TooManyRooms:
                return ApiResults.Problem(StatusCodes.Status409Conflict, $"There are {request.Host.Limits.Rooms} rooms at this service, which is its limit; destroy one first.");
            case MucPutOutcome.NoService:
                return RoomRequest.NotFound();
            default:
                throw new UnreachableException();
        }
    }

    private async Task<IResult> DeleteAsync(HttpContext http, int depth)
    {
        if (await FindAsync(http, depth) is not { } request)
        {
            return RoomRequest.NotFound();
        }

        Jid? alternate = null;
        if (http.Request.Query.TryGetValue("alternate", out var text) && !RoomRequest.TryParse(text.ToString(), out alternate))
        {
            return ApiResults.Problem(StatusCodes.Status400BadRequest, "alternate must be the JID of a room.");
        }

        if (!ApiRequest.TryGetReason(http, out var reason, out var problem))
        {
            return problem;
        }

        return await grains.MucRoom(request.Room).DeleteAsync(new MucDestroy(alternate, reason, null)) ? Results.NoContent() : RoomRequest.NotFound();
    }

    private ValueTask<RoomRequest?> FindAsync(HttpContext http, int depth) => RoomRequest.FindAsync(http, hosts, ApiRequest.Segment(http, depth));
}
