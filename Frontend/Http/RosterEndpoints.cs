using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Rosters;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Krewe.Frontend.Http;

/// <summary>A user's roster as it is cached: <c>/api/v1/hosts/{host}/rosters/{localpart}</c>. Asks no hook.</summary>
internal static class RosterEndpoints
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/v1/hosts/{host}/rosters/{localpart}", GetAsync).RequireHost(HostKeys.Roster).WithTags("rosters")
            .WithSummary("Shows the cached roster, its version and age, and the last error.").Produces<RosterBody>().WithProblems();

    private static async Task<IResult> GetAsync(HttpContext http, IGrainFactory grains, TimeProvider time)
    {
        if (!ApiRequest.TryGetAccount(http, HostAccess.Of(http).Domain, out var jid))
        {
            return NoRoster();
        }

        var status = await grains.Roster(jid).StatusAsync();
        return status is { Roster: null, LastError: null } ? NoRoster() : ApiResults.Json(Describe(jid, status, time.GetUtcNow()), ApiJson.Default.RosterBody);
    }

    private static IResult NoRoster() => ApiResults.NotFound("No roster of such a user is cached.");

    private static RosterBody Describe(Jid jid, RosterStatus status, DateTimeOffset now) => new(
        jid.Bare,
        status.Roster?.Version,
        status.FetchedAt,
        status.FetchedAt is { } fetchedAt ? Math.Round(Math.Max(0, (now - fetchedAt).TotalSeconds), 3) : null,
        status.IsStale,
        [.. (status.Roster?.Items ?? []).Where(item => item.IsShown).Select(Describe)],
        status.LastError,
        status.LastErrorAt,
        [.. status.Skipped.Select(skipped => new SkippedBody(skipped.Jid, skipped.Reason))]);

    private static RosterItemBody Describe(RosterItem item) =>
        new(item.Jid.Bare, item.Name, RosterWords.NameOf(item.Subscription), item.Ask ? "subscribe" : null, item.Approved, item.Groups);
}
