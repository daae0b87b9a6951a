using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Sessions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Krewe.Frontend.Http;

/// <summary>A host's connected resources: <c>/api/v1/hosts/{host}/sessions</c>.</summary>
internal static class SessionEndpoints
{
    private const string Sessions = "/api/v1/hosts/{host}/sessions";

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet(Sessions, List).RequireHost(HostKeys.Settings).WithTags("sessions")
            .WithSummary("Lists the sessions.").Produces<Page<SessionBody>>().WithPage().WithProblems();
        routes.MapDelete(Sessions + "/{**jid}", EndAsync).RequireHost(HostKeys.Settings).WithTags("sessions")
            .WithSummary("Ends the session of a full JID.").Produces(StatusCodes.Status204NoContent).WithProblems();
    }

    private static IResult List(HttpContext http, ISessionDirectory directory)
    {
        var (after, limit, problem) = ApiRequest.Page(http);
        if (problem is not null)
        {
            return problem;
        }

        var sessions = directory.List(HostAccess.Of(http).Domain)
            .Select(session => new SessionBody(
                session.Jid.ToString(), session.Transport, session.Address, session.Since, session.IsAvailable, Resumable: false))
            .Where(session => after is null || string.CompareOrdinal(session.Jid, after) > 0)
            .OrderBy(session => session.Jid, StringComparer.Ordinal).Take(limit + 1).ToArray();
        return ApiResults.Json(
            new Page<SessionBody>([.. sessions.Take(limit)], sessions.Length > limit ? sessions[limit - 1].Jid : null), ApiJson.Default.PageSessionBody);
    }

    private static async Task<IResult> EndAsync(HttpContext http, IGrainFactory grains) =>
        Jid.TryParse(ApiRequest.Rest(http, segments: 5), out var jid) && jid.HasLocalpart && jid.Resourcepart is { } resource
        && jid.Domainpart == HostAccess.Of(http).Domain
        && await grains.Sessions(jid).EndAsync(resource, StreamEnd.PolicyViolation, "The session was ended by an administrator.")
            ? Results.NoContent()
            : ApiResults.NotFound("There is no such session.");
}
