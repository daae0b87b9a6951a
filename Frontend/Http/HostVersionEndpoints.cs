using System.Globalization;
using System.Text.Json.Nodes;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Krewe.Frontend.Http;

/// <summary>The versions of a host's document: <c>/api/v1/hosts/{host}/versions</c>.</summary>
internal static class HostVersionEndpoints
{
    private const string Versions = "/api/v1/hosts/{host}/versions";

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet(Versions, ListAsync).RequireHost(HostKeys.Settings).WithTags("versions")
            .WithSummary("Lists the versions of a host's document that are kept, the present one first.").Produces<Page<HostVersionBody>>().WithPage().WithProblems();
        routes.MapGet(Versions + "/{version}", GetAsync).RequireHost(HostKeys.Settings).WithTags("versions")
            .WithSummary("Reads a version of a host's document.").Produces<JsonObject>().WithProblems();
        routes.MapGet(Versions + "/{version}/diff", CompareAsync).RequireHost(HostKeys.Settings).WithTags("versions")
            .WithSummary("Tells what is different in another version.").WithQuery("to", "The other version; the present one when it is left out.")
            .Produces<DifferencesBody>().WithProblems();
        routes.MapPost(Versions + "/{version}/restore", RestoreAsync).RequireHost(HostKeys.Settings).WithTags("versions")
            .WithSummary("Puts a version's document with its secrets, as a new version.").Produces<JsonObject>().WithConditions().WithProblems();
    }

    private static async Task<IResult> ListAsync(HttpContext http, IGrainFactory grains)
    {
        var (after, limit, problem) = ApiRequest.Page(http);
        if (problem is not null)
        {
            return problem;
        }

        var before = long.MaxValue;
        if (after is not null && !TryRead(after, out before))
        {
            return ApiResults.Problem(StatusCodes.Status400BadRequest, "after must be a version.");
        }

        var versions = (await grains.Host(HostAccess.Of(http).Domain).VersionsAsync()).Where(version => version.Version < before).Take(limit + 1).ToArray();
        var next = versions.Length > limit ? versions[limit - 1].Version.ToString(CultureInfo.InvariantCulture) : null;
        return ApiResults.Json(new Page<HostVersionBody>([.. versions.Take(limit).Select(Describe)], next), ApiJson.Default.PageHostVersionBody);
    }

    private static async Task<IResult> GetAsync(HttpContext http, string version, IGrainFactory grains)
    {
        var domain = HostAccess.Of(http).Domain;
        return await FindAsync(grains, domain, version) is not { } found ? HostAnswers.NoSuchVersion()
            : EntityTags.Unless(http, EntityTags.Of(found.Version.Version)) ?? ApiResults.Json(HostSecrets.Redact(domain, found.Json), ApiJson.Default.JsonObject);
    }

    private static async Task<IResult> CompareAsync(HttpContext http, string version, IGrainFactory grains)
    {
        var domain = HostAccess.Of(http).Domain;
        var to = http.Request.Query["to"].ToString() is { Length: > 0 } named
            ? named
            : (await grains.Host(domain).GetAsync()).Version.ToString(CultureInfo.InvariantCulture);
        return await FindAsync(grains, domain, version) is { } before && await FindAsync(grains, domain, to) is { } after
            ? ApiResults.Json(
                new DifferencesBody(
                    before.Version.Version, after.Version.Version,
                    [.. HostDocumentDiff.Between(before.Json, after.Json).Select(one => new DifferenceBody(one.Path, one.Before, one.After))]),
                ApiJson.Default.DifferencesBody)
            : HostAnswers.NoSuchVersion();
    }

    private static async Task<IResult> RestoreAsync(HttpContext http, string version, IGrainFactory grains, IHostSettingsSource hosts)
    {
        var (caller, domain) = HostAccess.Of(http);
        var host = grains.Host(domain);
        return !TryRead(version, out var number) ? HostAnswers.NoSuchVersion()
            : !EntityTags.TryGetCondition(http, await HostAnswers.PresentVersionAsync(http, host), out var condition) ? HostAnswers.Mismatch()
            : HostAnswers.Taken(http, await host.RestoreAsync(number, condition, caller.IsProvider, caller.Name), hosts);
    }

    private static async Task<HostVersionDocument?> FindAsync(IGrainFactory grains, string domain, string version) =>
        TryRead(version, out var number) ? await grains.Host(domain).VersionAsync(number) : null;

    private static bool TryRead(string text, out long version) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out version);

    private static HostVersionBody Describe(HostVersion version) =>
        new(version.Version, version.At, version.Author, version.Outcome.ToString().ToLowerInvariant(), version.Restored);
}
