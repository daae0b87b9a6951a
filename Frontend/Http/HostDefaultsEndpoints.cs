using System.Text.Json.Nodes;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Krewe.Frontend.Http;

/// <summary>
/// What the provider sets for all hosts: <c>/api/v1/defaults</c>. The document is always there, empty at first, so it can be read and replaced like any other; to delete
/// it empties it.
/// </summary>
internal static class HostDefaultsEndpoints
{
    private const string Defaults = "/api/v1/defaults";

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet(Defaults, GetAsync).RequireProvider().WithTags("defaults").WithSummary("Reads what holds for each host that does not set it itself.")
            .Produces<JsonObject>().WithProblems(Problems);
        routes.MapPut(Defaults, PutAsync).RequireProvider().WithTags("defaults").WithSummary("Replaces the defaults, for all hosts at once.")
            .Accepts<JsonObject>("application/json").Produces<JsonObject>().WithConditions().WithProblems(Problems);
        routes.MapDelete(Defaults, DeleteAsync).RequireProvider().WithTags("defaults").WithSummary("Empties the defaults.")
            .Produces(StatusCodes.Status204NoContent).WithConditions().WithProblems(Problems);
    }

    private static int[] Problems => [400, 401, 403, 412, 413, 422];

    private static async Task<IResult> GetAsync(HttpContext http, IGrainFactory grains)
    {
        var defaults = await grains.HostDefaults().GetAsync();
        return EntityTags.Unless(http, EntityTags.Of(defaults.Version)) ?? Shown(defaults);
    }

    private static async Task<IResult> PutAsync(HttpContext http, IGrainFactory grains, IHostSettingsSource hosts)
    {
        var (json, problem) = await ApiRequest.ReadTextAsync(http, HostDocumentReader.DocumentBytesMax);
        return json is null ? problem! : await ChangeAsync(http, json, grains, hosts, Shown);
    }

    private static Task<IResult> DeleteAsync(HttpContext http, IGrainFactory grains, IHostSettingsSource hosts) =>
        ChangeAsync(http, HostDefaultsDocument.Unset.Json, grains, hosts, _ => Results.NoContent());

    /// <summary>Changes them, and takes the change into this process's snapshots before it is answered.</summary>
    private static async Task<IResult> ChangeAsync(
        HttpContext http, string json, IGrainFactory grains, IHostSettingsSource hosts, Func<HostDefaultsDocument, IResult> answer)
    {
        var grain = grains.HostDefaults();
        if (!EntityTags.TryGetCondition(http, EntityTags.HasCondition(http) ? (await grain.GetAsync()).Version : HostVersions.None, out var condition))
        {
            return Mismatch();
        }

        var change = await grain.PutAsync(json, condition);
        if (change.Outcome != HostChangeOutcome.Replaced)
        {
            return change.Outcome == HostChangeOutcome.VersionMismatch
                ? Mismatch()
                : ApiResults.Problem(StatusCodes.Status422UnprocessableEntity, "The defaults are not valid.", change.Problems);
        }

        hosts.Apply(change.Defaults);
        http.Response.Headers.ETag = EntityTags.Of(change.Defaults.Version);
        return answer(change.Defaults);
    }

    private static IResult Shown(HostDefaultsDocument defaults) => ApiResults.Json(HostDefaults.Redact(defaults.Json), ApiJson.Default.JsonObject);

    private static IResult Mismatch() =>
        ApiResults.Problem(StatusCodes.Status412PreconditionFailed, "The defaults are not at the version that the request makes a condition.");
}
