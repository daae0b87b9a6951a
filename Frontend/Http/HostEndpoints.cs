using System.Text.Json;
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
            .WithQuery("explain", "Tells of each setting its value, where there is one, and from where it is: default, provider, host or component.", JsonSchemaType.Boolean)
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
        if (document.Json is null)
        {
            return HostAnswers.NotFound();
        }

        var (isEffective, isExplained) = (http.Request.Query["effective"] == "true", http.Request.Query["explain"] == "true");
        if (!isEffective && !isExplained)
        {
            return EntityTags.Unless(http, EntityTags.Of(document.Version)) ?? HostAnswers.Shown(document);
        }

        var defaults = new HostDefaults(await grains.HostDefaults().GetAsync());
        return EntityTags.Unless(http, EntityTags.Of(document.Version, defaults.Version))
            ?? (isExplained ? Explained(document, defaults) : ApiResults.Json(EffectiveSettings.Document(document.Domain, document.Json, defaults), ApiJson.Default.JsonObject));
    }

    private static IResult Explained(HostDocument document, HostDefaults defaults)
    {
        var settings = EffectiveSettings.Explain(document.Domain, document.Json!, defaults);
        return ApiResults.Json(
            new Page<ExplainedSettingBody>([.. settings.Select(one => new ExplainedSettingBody(one.Path, one.Value, one.From.ToString().ToLowerInvariant()))], null),
            ApiJson.Default.PageExplainedSettingBody);
    }

    private static async Task<IResult> PutAsync(HttpContext http, IGrainFactory grains, IHostSettingsSource hosts, AdminAuthentication authentication)
    {
        var (caller, domain) = HostAccess.Of(http);
        var (json, problem) = await ApiRequest.ReadTextAsync(http, HostDocumentReader.DocumentBytesMax);
        if (json is null)
        {
            return problem!;
        }

        var host = grains.Host(domain);
        if (!EntityTags.TryGetCondition(http, await HostAnswers.PresentVersionAsync(http, host), out var condition))
        {
            return HostAnswers.Mismatch();
        }

        var change = await host.PutAsync(json, condition, caller.IsProvider, caller.Name);
        if (change.Outcome == HostChangeOutcome.Created)
        {
            // Nor does a host that is made anew inherit the certificate of a file's that was there before it.
            await grains.Certificate(domain).ClearAsync();
        }

        if (caller.IsProvider)
        {
            // It may have another tenant now, and its keys be gone.
            authentication.Forget(domain);
        }

        return HostAnswers.Taken(http, change, hosts);
    }

    private static async Task<IResult> DeleteAsync(
        HttpContext http, IGrainFactory grains, IHostSettingsSource hosts, AdminAuthentication authentication, HostErasure erasure, TlsCertificates certificates)
    {
        var domain = HostAccess.Of(http).Domain;
        var host = grains.Host(domain);
        if (!EntityTags.TryGetCondition(http, await HostAnswers.PresentVersionAsync(http, host), out var condition))
        {
            return HostAnswers.Mismatch();
        }

        // Its data goes before it does: of a host that is gone nobody would know that there is something left, and which rooms were its.
        var settings = await hosts.GetAsync(domain);
        var begun = await host.BeginRemovalAsync(condition);
        if (begun.Outcome is HostChangeOutcome.Replaced)
        {
            hosts.Apply(begun.Host!);
            if (await erasure.RemoveAllAsync(domain, settings) is null)
            {
                return ApiResults.Problem(StatusCodes.Status503ServiceUnavailable, "Not everything is removed yet. The host stays closed until it is: ask again.");
            }
        }
        else if (begun.Outcome is not HostChangeOutcome.NotFound)
        {
            return HostAnswers.Refused(begun);
        }

        var change = await host.DeleteAsync();
        if (change.Outcome is HostChangeOutcome.Deleted)
        {
            hosts.Apply(change.Host!);
            authentication.Forget(domain);
            authentication.ForgetTenant(domain);
        }

        await grains.Usage(domain).ClearAsync();
        await grains.Certificate(domain).ClearAsync();
        certificates.Forget(domain);

        // What calls that were let in before were still writing; also for a host that is gone already.
        if (await erasure.RemoveAllAsync(domain, settings) is null)
        {
            return ApiResults.Problem(StatusCodes.Status503ServiceUnavailable, "The host is removed, but not all of its data yet: ask again.");
        }

        return change.Outcome is HostChangeOutcome.Deleted ? Results.NoContent() : HostAnswers.Refused(change);
    }
}
