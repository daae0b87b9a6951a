using System.Globalization;
using System.Text.RegularExpressions;
using Krewe.Contracts.Audit;
using Krewe.Contracts.Hosts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Krewe.Frontend.Http;

/// <summary>
/// The audit log: <c>/api/v1/hosts/{host}/audit</c>, and <c>/api/v1/audit</c> for what belongs to no host. The provider reads a host's log also when the host is gone; everybody
/// else what was since it was made, while it was the present tenant's.
/// </summary>
internal sealed partial class AuditEndpoints(AuditReader reader, HostTenants tenants)
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        Describe(routes.MapGet("/api/v1/hosts/{host}/audit", (HttpContext http, AuditEndpoints self) => self.OfHostAsync(http)).RequireHost(HostKeys.Settings, mustExist: false))
            .WithSummary("Lists who changed what of the host, who was refused and who signed in, the newest first.");
        Describe(routes.MapGet("/api/v1/audit", (HttpContext http, AuditEndpoints self) => self.ListAsync(http, null, null)).RequireProvider())
            .WithSummary("Lists what belongs to no host: what the provider did, hosts made and removed, and whoever had no good token, the newest first.");
    }

    private static RouteHandlerBuilder Describe(RouteHandlerBuilder route) => route.WithTags("audit").Produces<Page<AuditBody>>().WithPage()
        .WithQuery("since", "Only what happened then or later (RFC 3339).").WithQuery("until", "Only what happened before (RFC 3339).").WithProblems(400, 401, 403, 404);

    private async Task<IResult> OfHostAsync(HttpContext http)
    {
        var (caller, domain) = HostAccess.Of(http);
        var tenant = await tenants.TenantOfAsync(domain);
        return tenant is null && !caller.IsProvider ? NoSuchHost() : await ListAsync(http, domain, tenant);
    }

    /// <param name="tenant">Whose the host is; null when there is none.</param>
    private async Task<IResult> ListAsync(HttpContext http, string? host, string? tenant)
    {
        var (after, limit, problem) = ApiRequest.Page(http);
        if (problem is not null)
        {
            return problem;
        }

        if (!AuditPlace.TryParse(after, out var place))
        {
            return ApiResults.Problem(StatusCodes.Status400BadRequest, "after must be the next of the page before.");
        }

        if (!TryGetTime(http, "since", out var since) || !TryGetTime(http, "until", out var until))
        {
            return ApiResults.Problem(StatusCodes.Status400BadRequest, "since and until must be times as RFC 3339 writes them.");
        }

        var isProvider = AdminAuthentication.CallerOf(http)!.IsProvider;
        var (entries, next) = await reader.ReadAsync(host, place, limit, since, until, isProvider ? null : tenant);
        return host is not null && tenant is null && after is null && since is null && until is null && entries.IsEmpty
            ? NoSuchHost()
            : ApiResults.Json(new Page<AuditBody>([.. entries.Select(entry => Body(entry, isProvider))], next?.ToString()), ApiJson.Default.PageAuditBody);
    }

    private static AuditBody Body(AuditEntry entry, bool isProvider) => new(
        entry.At,
        entry.Kind switch
        {
            AuditKind.Change => "change",
            AuditKind.Action => "action",
            AuditKind.Refusal => "refusal",
            _ => "sign_in",
        },
        entry.Who, entry.KeyName, entry.From, entry.What.Length == 0 ? null : entry.What,
        entry.Values.IsEmpty ? null : entry.Values.ToDictionary(value => value.Name, value => value.Value),
        entry.Kind == AuditKind.SignIn ? null : entry.Status, entry.RequestId, entry.Count, entry.LastAt, isProvider ? entry.Tenant : null);

    private static bool TryGetTime(HttpContext http, string name, out DateTimeOffset? time)
    {
        time = null;
        if (http.Request.Query[name].ToString() is not { Length: > 0 } text)
        {
            return true;
        }

        // A plus sign that nobody encoded has come as a space.
        var isTime = DateTimeOffset.TryParse(text.Replace(' ', '+'), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var read) && Rfc3339().IsMatch(text);
        time = isTime ? read : null;
        return isTime;
    }

    private static IResult NoSuchHost() => ApiResults.NotFound("There is no such host.");

    [GeneratedRegex(@"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+ -]\d{2}:\d{2})$")]
    private static partial Regex Rfc3339();
}
