using System.Collections.Immutable;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Outbound;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Krewe.Frontend.Http;

/// <summary>
/// A host's hooks and what became of the last calls of each: <c>/api/v1/hosts/{host}/hooks</c>. It shows status, latency and outcome, never anything of a body, a user or a secret: what a
/// service answers is not for the eyes of whoever may set its URL.
/// </summary>
internal sealed class HookEndpoints(IHostSettingsSource hosts, IGrainFactory grains)
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/v1/hosts/{host}/hooks", (HttpContext http, HookEndpoints self) => self.ListAsync(http))
            .RequireHost(HostKeys.Settings).WithTags("hooks")
            .WithSummary("Lists the hooks: where they are, how they do, and the last calls of each with status, latency and outcome.")
            .Produces<Page<HookBody>>().WithPage().WithProblems();

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

        var hooks = ConfiguredHook.Of(host);
        var grain = grains.Hooks(host.Domain);
        var refused = await grain.RefusedAsync([.. hooks.Select(static hook => hook.Url)]);
        var logs = (await grain.LogAsync()).ToDictionary(static log => (log.Hook, log.Part));
        HookBody[] all =
        [
            .. hooks.Select(hook => Show(hook.Hook, hook.Part, hook.ShownUrl, logs.GetValueOrDefault((hook.Hook, hook.Part)), hook.Warnings(refused.Contains(hook.Url)))),
            .. logs.Values.Where(log => !hooks.Any(hook => hook.Hook == log.Hook && hook.Part == log.Part)).Select(static log => Show(log.Hook, log.Part, null, log, [])),
        ];
        var page = all.OrderBy(KeyOf, StringComparer.Ordinal).Where(hook => after is null || string.CompareOrdinal(KeyOf(hook), after) > 0).Take(limit + 1).ToArray();
        return ApiResults.Json(new Page<HookBody>([.. page.Take(limit)], page.Length > limit ? KeyOf(page[limit - 1]) : null), ApiJson.Default.PageHookBody);
    }

    /// <summary>Names of kinds have no spaces.</summary>
    private static string KeyOf(HookBody hook) => $"{hook.Hook} {hook.Part}";

    private static HookBody Show(string hook, string part, string? url, HookLog? log, ImmutableArray<string> warnings)
    {
        var isTimed = log is { Median.Ticks: > 0 };
        return new HookBody(
            hook, part.Length == 0 ? null : part, url, log is { IsResting: true } ? "open" : "closed", log?.Calls ?? 0, log?.Failures ?? 0,
            isTimed ? Seconds(log!.Median) : null, isTimed ? Seconds(log!.Percentile95) : null, warnings,
            [.. (log?.Last ?? []).Select(static call => new HookCallBody(call.At, call.Outcome, call.Status == 0 ? null : call.Status, Seconds(call.Latency), call.Id))]);
    }

    private static double Seconds(TimeSpan time) => Math.Round(time.TotalSeconds, 6);
}
