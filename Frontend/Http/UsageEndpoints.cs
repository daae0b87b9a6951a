using System.Collections.Immutable;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Usage;
using Krewe.Frontend.Usage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Krewe.Frontend.Http;

/// <summary>What a host has used, for bills: <c>/api/v1/hosts/{host}/usage</c>.</summary>
internal sealed class UsageEndpoints(UsageService usage, IHostSettingsSource hosts, IGrainFactory grains, TimeProvider time)
{
    private const int DaysShown = 30;

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/v1/hosts/{host}/usage", (HttpContext http, UsageEndpoints self) => self.GetAsync(http))
            .RequireHost(HostKeys.Settings).WithTags("usage")
            .WithSummary("Shows what the host has used: counters that only grow, and a row for each day. A crash may lose the last minute.")
            .WithQuery("since", "The first day, as 2026-11-21; thirty days ago when absent. Days are kept for four hundred days.")
            .Produces<UsageBody>().WithProblems();

    private async Task<IResult> GetAsync(HttpContext http)
    {
        var since = http.Request.Query["since"].ToString() is { Length: > 0 } text ? text : UsageDates.Day(time.GetUtcNow().AddDays(-DaysShown));
        if (!UsageDates.IsDay(since))
        {
            return ApiResults.Problem(StatusCodes.Status400BadRequest, "since must be a day, as 2026-11-21.");
        }

        var domain = HostAccess.Of(http).Domain;
        if (await hosts.GetAsync(domain) is not { } host)
        {
            return ApiResults.NotFound("There is no such host.");
        }

        await usage.ReportAsync(domain);
        await grains.Hooks(domain).ReportUsageAsync();
        var stored = await grains.Usage(domain).StoredAsync([.. RoomRequest.Services(host).Select(static service => service.Domain)]);
        var report = await grains.Usage(domain).ReadAsync(since);
        return ApiResults.Json(
            new UsageBody(
                domain, new UsageNowBody(usage.SessionsOf(domain), stored.Accounts, stored.Rooms), Row(null, report.Totals, report.SessionsPeak),
                [.. report.Days.Select(static day => Row(day.Date, day.Amounts, day.SessionsPeak))]),
            ApiJson.Default.UsageBody);
    }

    private static UsageRowBody Row(string? date, ImmutableArray<UsageAmount> amounts, long sessionsPeak)
    {
        var hooks = new SortedDictionary<string, IReadOnlyDictionary<string, long>>(StringComparer.Ordinal);
        foreach (var calls in amounts.Where(static each => each.Counter.StartsWith(UsageCounters.HookCalls, StringComparison.Ordinal)).GroupBy(static each => each.Counter.Split('.')[1]))
        {
            hooks.Add(calls.Key, calls.ToDictionary(static each => each.Counter.Split('.')[2], static each => each.Amount));
        }

        return new UsageRowBody(
            date, Of(UsageCounters.StanzasReceived), Of(UsageCounters.StanzasSent), Of(UsageCounters.BytesReceived), Of(UsageCounters.BytesSent),
            Of(UsageCounters.ComponentStanzasReceived), Of(UsageCounters.ComponentStanzasSent), Of(UsageCounters.ComponentBytesReceived), Of(UsageCounters.ComponentBytesSent),
            sessionsPeak, Of(UsageCounters.Logins), Of(UsageCounters.MessagesStored), hooks);

        long Of(string counter) => amounts.FirstOrDefault(each => each.Counter == counter)?.Amount ?? 0;
    }
}
