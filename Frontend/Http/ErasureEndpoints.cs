using System.Diagnostics;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Frontend.Contents;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Krewe.Frontend.Http;

/// <summary>Erasing a host's data, or one user's: <c>/api/v1/hosts/{host}/erase</c>. It is done when it is answered, and may be asked for again whenever it was cut off.</summary>
internal sealed class ErasureEndpoints(IHostSettingsSource hosts, HostErasure erasure)
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost("/api/v1/hosts/{host}/erase", (HttpContext http, ErasureEndpoints endpoints) => endpoints.EraseAsync(http)).RequireHost(HostKeys.Settings).WithTags("hosts")
            .WithSummary("Erases all data of the host but its document, keys and certificate, or all data of one user, and ends the streams.")
            .Accepts<ErasureBody>("application/json").Produces<ErasedBody>().WithProblems(400, 401, 403, 404, 409, 413, 422, 503);

    private async Task<IResult> EraseAsync(HttpContext http)
    {
        var domain = HostAccess.Of(http).Domain;
        var (body, problem) = await ApiRequest.ReadAsync(http, ApiJson.Default.ErasureBody);
        if (body is null)
        {
            return problem!;
        }

        if (await hosts.GetAsync(domain) is not { } host)
        {
            return NoSuchHost();
        }

        if (body.User is { } name)
        {
            return JidEnforcement.TryPrepareLocalpart(name, out var localpart) && Jid.TryParse($"{localpart}@{domain}", out var user)
                ? Shown(await erasure.EraseAsync(host, user))
                : ApiResults.Problem(
                    StatusCodes.Status422UnprocessableEntity, "It does not say whose data.", [new ProblemPlace("$.user", "must be a localpart (RFC 7622 §3.3)")]);
        }

        var (outcome, counts) = await erasure.EraseAsync(host);
        return outcome switch
        {
            ErasureOutcome.Done => Shown(counts!),
            ErasureOutcome.NoHost => NoSuchHost(),
            ErasureOutcome.UnderWay => ApiResults.Problem(StatusCodes.Status409Conflict, "The host's data is being erased already."),
            ErasureOutcome.Unfinished => ApiResults.Problem(
                StatusCodes.Status503ServiceUnavailable, "Not everything is erased yet. The host stays closed until it is: ask again."),
            _ => throw new UnreachableException(),
        };
    }

    private static IResult Shown(ErasureCounts counts) => ApiResults.Json(
        new ErasedBody(counts.Sessions, counts.Accounts, counts.Rosters, counts.Mailboxes, counts.Rooms, counts.Delegations), ApiJson.Default.ErasedBody);

    private static IResult NoSuchHost() => ApiResults.NotFound("There is no such host.");
}
