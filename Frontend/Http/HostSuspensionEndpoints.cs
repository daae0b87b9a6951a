using System.Text.Json.Nodes;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Krewe.Frontend.Http;

/// <summary>Suspends a host and lets it go on: <c>enabled</c> of its document, and nothing else of it (contract §3, §4).</summary>
internal static class HostSuspensionEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        Map(routes, "suspend", false, "Suspends a host: its streams end and new ones are refused with host-gone. What is suspended already stays so.");
        Map(routes, "resume", true, "Lets a suspended host go on. One that is not suspended stays as it is.");
    }

    private static void Map(IEndpointRouteBuilder routes, string verb, bool isEnabled, string summary) => routes
        .MapPost($"/api/v1/hosts/{{host}}/{verb}", (HttpContext http, IGrainFactory grains, IHostSettingsSource hosts) => SetAsync(http, grains, hosts, isEnabled))
        .RequireProvider().RequireHost(HostKeys.Settings).WithTags("hosts").WithSummary(summary).Produces<JsonObject>().WithConditions().WithProblems();

    private static async Task<IResult> SetAsync(HttpContext http, IGrainFactory grains, IHostSettingsSource hosts, bool isEnabled)
    {
        var (caller, domain) = HostAccess.Of(http);
        var host = grains.Host(domain);
        return EntityTags.TryGetCondition(http, await HostAnswers.PresentVersionAsync(http, host), out var condition)
            ? HostAnswers.Taken(http, await host.SetEnabledAsync(isEnabled, condition, caller.Name), hosts)
            : HostAnswers.Mismatch();
    }
}
