using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosting;
using Krewe.Contracts.Hosts;
using Krewe.Frontend.Muc;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Krewe.Frontend.Http;

/// <summary>
/// Revocation: <c>/api/v1/hosts/{host}/muc/decisions/invalidate</c>. However slow the tenant's service is, the answer comes within
/// <see cref="KreweOptions.RefreshDeadline"/>.
/// </summary>
internal sealed class DecisionEndpoints(KreweOptions options, IHostSettingsSource hosts, MucRevocation revocation)
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost("/api/v1/hosts/{host}/muc/decisions/invalidate", (HttpContext http, DecisionEndpoints self) => self.InvalidateAsync(http))
            .AuditedAsAction().RequireHost(HostKeys.Muc).WithTags("rooms")
            .WithSummary("Forgets join decisions of a room, a user, or a user in a room, asks again about those who are present, and removes those who are refused.")
            .Accepts<InvalidationBody>("application/json").Produces<InvalidatedBody>().WithProblems(400, 401, 403, 404, 413, 422, 503);

    private async Task<IResult> InvalidateAsync(HttpContext http)
    {
        var (body, problem) = await ApiRequest.ReadAsync(http, ApiJson.Default.InvalidationBody);
        if (body is null)
        {
            return problem!;
        }

        Jid? room = null, user = null;
        var errors = new List<ProblemPlace>();
        if (body is { Room: null, User: null })
        {
            errors.Add(new ProblemPlace("$", "must have room, or user, or both"));
        }

        if (body.Room is not null && !RoomRequest.TryParse(body.Room, out room))
        {
            errors.Add(new ProblemPlace("$.room", "must be the JID of a room"));
        }

        if (body.User is not null && !(Jid.TryParse(body.User, out user) && user.IsBare))
        {
            errors.Add(new ProblemPlace("$.user", "must be a bare JID"));
        }

        if (errors.Count > 0)
        {
            return ApiResults.Problem(StatusCodes.Status422UnprocessableEntity, "It does not say whose decisions.", errors);
        }

        if (await hosts.GetAsync(HostAccess.Of(http).Domain) is not { } host)
        {
            return ApiResults.NotFound("There is no such host.");
        }

        var services = RoomRequest.Services(host);
        if (room is not null && (services = services.RemoveAll(service => service.Domain != room.Domainpart)).IsEmpty)
        {
            return RoomRequest.NotFound();
        }

        var counts = await revocation.RunAsync(host, services, room, user, options.RefreshDeadline);
        return ApiResults.Json(new InvalidatedBody(counts.Forgotten, counts.Asked, counts.Removed, counts.Failed), ApiJson.Default.InvalidatedBody);
    }
}
