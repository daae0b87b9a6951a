using Krewe.Contracts.Hosts;
using Krewe.Frontend.Delegation;
using Krewe.Frontend.Observability;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Krewe.Frontend.Http;

/// <summary>Who answers which namespaces of a host, and how it goes: <c>/api/v1/hosts/{host}/delegations</c> (XEP-0355 §10: whoever grants must be able to see it).</summary>
internal sealed class DelegationEndpoints(IHostSettingsSource hosts, Delegates delegates, FrontendInstruments instruments)
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/v1/hosts/{host}/delegations", (HttpContext http, DelegationEndpoints self) => self.ListAsync(http))
            .RequireHost(HostKeys.Settings).WithTags("delegations")
            .WithSummary("Lists the grants of namespaces: who holds them, whether they are live and why not, and what became of requests.")
            .Produces<Page<DelegationBody>>().WithPage().WithProblems();

    private async Task<IResult> ListAsync(HttpContext http)
    {
        var (after, limit, problem) = ApiRequest.Page(http);
        if (problem is not null)
        {
            return problem;
        }

        if (await hosts.GetAsync(HostAccess.Of(http).Domain) is not { } host)
        {
            return ApiResults.NotFound("There is no such host.");
        }

        var grants = host.Delegations.AsEnumerable();
        if (after is not null)
        {
            grants = grants.SkipWhile(grant => KeyOf(grant) != after).Skip(1);
        }

        var page = grants.Take(limit + 1).ToArray();
        return ApiResults.Json(
            new Page<DelegationBody>([.. page.Take(limit).Select(Show)], page.Length > limit ? KeyOf(page[limit - 1]) : null), ApiJson.Default.PageDelegationBody);

        DelegationBody Show(DelegationGrant grant)
        {
            var counts = instruments.Delegations.Of(host.Domain, grant);
            var reason = grant.Url is not null ? null : delegates.WhyNot(host, grant);
            return new DelegationBody(
                grant.Namespace, grant.Entity?.ToString(), grant.Url, grant.Filtering.IsEmpty ? null : grant.Filtering, grant.Timeout.TotalSeconds, reason is null, reason,
                counts.Pending, counts.Forwarded, counts.Answered, counts.TimedOut, counts.Malformed, counts.Refused);
        }
    }

    /// <summary>Neither namespaces nor attributes have spaces.</summary>
    private static string KeyOf(DelegationGrant grant) => string.Join(' ', [grant.Namespace, .. grant.Filtering]);
}
