using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Frontend.Contents;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.OpenApi;

namespace Krewe.Frontend.Http;

/// <summary>Everything of a host in one JSON document: <c>/api/v1/hosts/{host}/export</c>. It is streamed; one that was cut off does not end with <c>"complete": true</c>.</summary>
internal sealed class ExportEndpoints(IGrainFactory grains, IHostSettingsSource hosts, TimeProvider time)
{
    private const string Secrets = "secrets";

    /// <summary>Exports of one host that go on at a time for its keys: each reads all that it has.</summary>
    private const int AtOnceMax = 2;

    private readonly PerHost _underWay = new(AtOnceMax);

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/v1/hosts/{host}/export", (HttpContext http, ExportEndpoints endpoints) => endpoints.GetAsync(http)).RequireHost(HostKeys.Settings).WithTags("hosts")
            .WithSummary("Exports everything of the host: its document, accounts, rosters, waiting messages, rooms, and what users have delegated.")
            .WithQuery(Secrets, "With the document's secrets, the accounts' SCRAM keys and the rooms' passwords; for the provider only.", JsonSchemaType.Boolean)
            .Produces<HostExportBody>().WithProblems(400, 401, 403, 404);

    private async Task<IResult> GetAsync(HttpContext http)
    {
        var (caller, domain) = HostAccess.Of(http);
        var withSecrets = http.Request.Query[Secrets].ToString();
        if (withSecrets is not ("" or "true" or "false"))
        {
            return ApiResults.Problem(StatusCodes.Status400BadRequest, $"{Secrets} must be true or false.");
        }

        if (withSecrets == "true" && !caller.IsProvider)
        {
            return ApiResults.Forbidden("Only the provider may export secrets.");
        }

        var document = await grains.Host(domain).GetAsync();
        if (document.Json is null || await hosts.GetAsync(domain) is not { } host)
        {
            return ApiResults.NotFound("There is no such host.");
        }

        // The provider is not shut out by a tenant who takes his time to read.
        if (!caller.IsProvider && !_underWay.TryBegin(domain))
        {
            http.Response.Headers.RetryAfter = "10";
            return ApiResults.Problem(StatusCodes.Status429TooManyRequests, $"{AtOnceMax} exports of this host are under way already.");
        }

        try
        {
            http.Response.ContentType = "application/json";
            http.Response.Headers.ContentDisposition = "attachment; filename=\"krewe-export.json\"";
            http.Response.Headers.CacheControl = "no-store";
            await new HostExport(grains, http.Response.BodyWriter, withSecrets == "true").WriteAsync(document, host, time.GetUtcNow(), http.RequestAborted);
            return Results.Empty;
        }
        finally
        {
            if (!caller.IsProvider)
            {
                _underWay.End(domain);
            }
        }
    }
}
