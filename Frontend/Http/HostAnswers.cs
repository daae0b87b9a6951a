using System.Diagnostics;
using Krewe.Contracts.Hosts;
using Microsoft.AspNetCore.Http;

namespace Krewe.Frontend.Http;

/// <summary>What is answered about a host's document and to changes of it.</summary>
internal static class HostAnswers
{
    /// <summary>The version that the request's conditions are about; not asked for where it has none.</summary>
    public static async ValueTask<long> PresentVersionAsync(HttpContext http, IHostGrain host) =>
        EntityTags.HasCondition(http) && await host.GetAsync() is { Json: not null } present ? present.Version : HostVersions.None;

    /// <summary>Takes a change into this process's snapshots before it is answered with the document; a refusal is answered with its reasons.</summary>
    public static IResult Taken(HttpContext http, HostChange change, IHostSettingsSource hosts)
    {
        if (change.Outcome is not (HostChangeOutcome.Created or HostChangeOutcome.Replaced))
        {
            return Refused(change);
        }

        hosts.Apply(change.Host!);
        http.Response.Headers.ETag = EntityTags.Of(change.Host!.Version);
        if (change.Outcome == HostChangeOutcome.Created)
        {
            http.Response.Headers.Location = $"/api/v1/hosts/{Uri.EscapeDataString(change.Host.Domain)}";
        }

        return Shown(change.Host, change.Outcome == HostChangeOutcome.Created ? StatusCodes.Status201Created : StatusCodes.Status200OK);
    }

    public static IResult Shown(HostDocument document, int status = StatusCodes.Status200OK) =>
        ApiResults.Json(HostSecrets.Redact(document.Domain, document.Json!), ApiJson.Default.JsonObject, status);

    public static IResult Refused(HostChange change) => change.Outcome switch
    {
        HostChangeOutcome.NotFound => NotFound(),
        HostChangeOutcome.NoSuchVersion => NoSuchVersion(),
        HostChangeOutcome.VersionMismatch => Mismatch(),
        HostChangeOutcome.Invalid => ApiResults.Problem(StatusCodes.Status422UnprocessableEntity, "The document is not valid.", change.Problems),
        HostChangeOutcome.ProviderOnly => ApiResults.Problem(
            StatusCodes.Status403Forbidden, "The document changes what only the provider may set.", change.Problems),
        HostChangeOutcome.ReadOnly => ApiResults.Problem(StatusCodes.Status409Conflict, "The host comes from a file and is changed there."),
        _ => throw new UnreachableException(),
    };

    public static IResult NotFound() => ApiResults.NotFound("There is no such host.");

    public static IResult NoSuchVersion() => ApiResults.NotFound("There is no such version of the host's document, or not any more.");

    public static IResult Mismatch() =>
        ApiResults.Problem(StatusCodes.Status412PreconditionFailed, "The host is not at the version that the request makes a condition.");
}
