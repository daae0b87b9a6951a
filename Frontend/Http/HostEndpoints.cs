using System.Diagnostics;
using System.Text.Json.Nodes;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Frontend.Contents;
using Krewe.Frontend.Listeners;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.OpenApi;

namespace Krewe.Frontend.Http;

/// <summary>The hosts and their documents: <c>/api/v1/hosts</c>.</summary>
internal static class HostEndpoints
{
    private const string Document = "/api/v1/hosts/{host}";

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/v1/hosts", ListAsync).RequireProvider().WithTags("hosts").WithSummary("Lists the hosts.").Produces<Page<HostBody>>().WithPage().WithProblems();
        routes.MapGet(Document, GetAsync).RequireHost(HostKeys.Settings, mustExist: false).WithTags("hosts")
            .WithSummary("Reads a host's document.").WithQuery("effective", "Adds what is in force without being written.", JsonSchemaType.Boolean)
            .Produces<JsonObject>().WithProblems();
        routes.MapPut(Document, PutAsync).RequireHost(HostKeys.Settings, mustExist: false).WithTags("hosts")
            .WithSummary("Creates or replaces a host's document.").Accepts<JsonObject>("application/json")
            .Produces<JsonObject>().Produces<JsonObject>(StatusCodes.Status201Created).WithConditions().WithProblems();
        routes.MapDelete(Document, DeleteAsync).RequireProvider().RequireHost(HostKeys.Settings, mustExist: false).WithTags("hosts")
            .WithSummary("Removes a host with its keys, accounts and rooms, and ends its streams.").Produces(StatusCodes.Status204NoContent).WithConditions().WithProblems();
    }

    private static async Task<IResult> ListAsync(HttpContext http, IGrainFactory grains)
    {
        var (after, limit, problem) = ApiRequest.Page(http);
        if (problem is not null)
        {
            return problem;
        }

        var domains = await grains.HostDirectory().HostsAsync(after, limit);
        var documents = await Task.WhenAll(domains.Select(domain => grains.Host(domain).GetAsync()));
        var items = documents.Where(document => document.Json is not null).Select(Describe);
        return ApiResults.Json(new Page<HostBody>([.. items], domains.Length == limit ? domains[^1] : null), ApiJson.Default.PageHostBody);
    }

    private static HostBody Describe(HostDocument document)
    {
        var (settings, problems) = HostDocumentReader.Read(document.Domain, document.Version, document.Json!);
        var reason = document.IsErasing ? "Its data is being erased. If that was cut off, it is finished by asking for it again."
            : settings is null ? $"Its document is none by the rules of this version: {DocumentProblem.Describe(problems)}"
            : null;
        return new HostBody(
            document.Domain, settings?.Tenant ?? document.Domain, reason is null && settings!.Enabled, document.Source == HostSource.File ? "file" : "api", reason);
    }

    private static async Task<IResult> GetAsync(HttpContext http, IGrainFactory grains)
    {
        var document = await grains.Host(HostAccess.Of(http).Domain).GetAsync();
        return document.Json is null
            ? ApiResults.NotFound("There is no such host.")
            : Shown(http, document, StatusCodes.Status200OK, isEffective: http.Request.Query["effective"] == "true");
    }

    private static async Task<IResult> PutAsync(HttpContext http, IGrainFactory grains, IHostSettingsSource hosts)
    {
        var (caller, domain) = HostAccess.Of(http);
        var (json, problem) = await ApiRequest.ReadTextAsync(http, HostDocumentReader.DocumentBytesMax);
        if (json is null)
        {
            return problem!;
        }

        var host = grains.Host(domain);
        if (!ApiRequest.TryGetCondition(http, await PresentVersionAsync(http, host), out var condition))
        {
            return Mismatch();
        }

        var change = await host.PutAsync(json, condition, caller.IsProvider);
        if (change.Outcome is not (HostChangeOutcome.Created or HostChangeOutcome.Replaced))
        {
            return Refused(change);
        }

        hosts.Apply(change.Host!);
        if (change.Outcome == HostChangeOutcome.Created)
        {
            // Nor does a host that is made anew inherit the certificate of a file's that was there before it.
            await grains.Certificate(domain).ClearAsync();
            http.Response.Headers.Location = $"/api/v1/hosts/{Uri.EscapeDataString(domain)}";
        }

        return Shown(http, change.Host!, change.Outcome == HostChangeOutcome.Created ? StatusCodes.Status201Created : StatusCodes.Status200OK);
    }

    private static async Task<IResult> DeleteAsync(
        HttpContext http, IGrainFactory grains, IHostSettingsSource hosts, AdminAuthentication authentication, HostErasure erasure, TlsCertificates certificates)
    {
        var domain = HostAccess.Of(http).Domain;
        var host = grains.Host(domain);
        if (!ApiRequest.TryGetCondition(http, await PresentVersionAsync(http, host), out var condition))
        {
            return Mismatch();
        }

        var settings = await hosts.GetAsync(domain);
        var change = await host.DeleteAsync(condition);
        if (change.Outcome is HostChangeOutcome.Deleted)
        {
            hosts.Apply(change.Host!);
            authentication.Forget(domain);
        }
        else if (change.Outcome is not HostChangeOutcome.NotFound)
        {
            return Refused(change);
        }

        // Also for a host that is gone already: a removal that was cut off half way is finished by asking for it again.
        await grains.Certificate(domain).ClearAsync();
        certificates.Forget(domain);
        if (await erasure.RemoveAllAsync(domain, settings) is null)
        {
            return ApiResults.Problem(StatusCodes.Status503ServiceUnavailable, "The host is removed, but not all of its data yet: ask again.");
        }

        return change.Outcome is HostChangeOutcome.Deleted ? Results.NoContent() : Refused(change);
    }

    private static async ValueTask<long> PresentVersionAsync(HttpContext http, IHostGrain host) =>
        http.Request.Headers.IfMatch.Count + http.Request.Headers.IfNoneMatch.Count > 0
        && await host.GetAsync() is { Json: not null } present ? present.Version : HostVersions.None;

    private static IResult Shown(HttpContext http, HostDocument document, int status, bool isEffective = false)
    {
        http.Response.Headers.ETag = ApiRequest.ETag(document.Version);
        return ApiResults.Json(HostSecrets.Redact(document.Domain, document.Json!, isEffective), ApiJson.Default.JsonObject, status);
    }

    private static IResult Refused(HostChange change) => change.Outcome switch
    {
        HostChangeOutcome.NotFound => ApiResults.NotFound("There is no such host."),
        HostChangeOutcome.VersionMismatch => Mismatch(),
        HostChangeOutcome.Invalid => ApiResults.Problem(StatusCodes.Status422UnprocessableEntity, "The document is not valid.", change.Problems),
        HostChangeOutcome.ProviderOnly => ApiResults.Problem(
            StatusCodes.Status403Forbidden, "The document changes what only the provider may set.", change.Problems),
        HostChangeOutcome.ReadOnly => ApiResults.Problem(StatusCodes.Status409Conflict, "The host comes from a file and is changed there."),
        _ => throw new UnreachableException(),
    };

    private static IResult Mismatch() =>
        ApiResults.Problem(StatusCodes.Status412PreconditionFailed, "The host is not at the version that the request makes a condition.");
}
