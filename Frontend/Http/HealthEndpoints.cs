using Krewe.Contracts.Hosts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Krewe.Frontend.Http;

/// <summary>What needs no token: liveness, readiness, and the schema of host documents.</summary>
internal static class HealthEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/healthz", () => ApiResults.Json(new HealthBody("ok"), ApiJson.Default.HealthBody)).WithTags("health")
            .WithSummary("The process is alive.").Produces<HealthBody>().WithoutToken();
        routes.MapGet("/readyz", Ready).WithTags("health").WithSummary("The process takes streams and requests; names the grain host.")
            .Produces<ReadinessBody>().Produces<ReadinessBody>(StatusCodes.Status503ServiceUnavailable).WithoutToken();
        routes.MapGet("/api/v1/schema/defaults", () => Results.Text(HostSchema.DefaultsText, "application/schema+json")).WithTags("hosts")
            .WithSummary("The JSON Schema of the provider's defaults.").Produces(StatusCodes.Status200OK, contentType: "application/schema+json").WithoutToken();
        routes.MapGet("/api/v1/schema/host", () => Results.Text(HostSchema.Text, "application/schema+json")).WithTags("hosts")
            .WithSummary("The JSON Schema of host documents.").Produces(StatusCodes.Status200OK, contentType: "application/schema+json").WithoutToken();
    }

    private static IResult Ready(Readiness readiness) => ApiResults.Json(
        new ReadinessBody(readiness.IsDraining ? "draining" : readiness.IsReady ? "ready" : "starting", readiness.GrainHost, readiness.Checks),
        ApiJson.Default.ReadinessBody,
        readiness.IsReady ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
}
