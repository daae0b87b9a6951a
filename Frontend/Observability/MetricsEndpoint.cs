using System.Security.Cryptography;
using System.Text;
using Krewe.Contracts.Hosting;
using Krewe.Frontend.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Krewe.Frontend.Observability;

/// <summary><c>/metrics</c>: for whoever asks from this very machine, and for the provider's token from anywhere.</summary>
internal static class MetricsEndpoint
{
    private const string Scheme = "Bearer ";

    public static IServiceCollection AddKreweMetrics(this IServiceCollection services)
    {
        services.AddMetrics();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<OpenMetrics>();
        services.TryAddSingleton<ProcessInstruments>();
        services.TryAddSingleton<FrontendInstruments>();
        return services;
    }

    public static void MapKreweMetrics(this WebApplication app)
    {
        // Made now, not at the first request: what nobody listens to is not counted.
        var metrics = app.Services.GetRequiredService<OpenMetrics>();
        app.Services.GetRequiredService<ProcessInstruments>();
        app.Services.GetRequiredService<FrontendInstruments>();
        var options = app.Services.GetRequiredService<KreweOptions>();
        var token = Encoding.UTF8.GetBytes(options.AdminToken);
        app.MapGet("/metrics", (HttpContext context) =>
        {
            context.Response.Headers.CacheControl = "no-store";
            if (HttpPeer.Of(context, options.TrustedProxies).IsThisMachine || HasToken(context, token))
            {
                return Results.Text(metrics.Expose(), OpenMetrics.ContentType);
            }

            context.Response.Headers.WWWAuthenticate = "Bearer";
            return ApiResults.Problem(
                StatusCodes.Status401Unauthorized, "Metrics are for the provider's token, or for a request from this machine that came through no proxy.");
        }).WithTags("health").WithSummary("What the process measures, as OpenMetrics: for the provider, and for requests from this machine that came through no proxy.")
            .Produces<string>(StatusCodes.Status200OK, "application/openmetrics-text").WithProblems(StatusCodes.Status401Unauthorized).WithoutToken(orToken: true);
    }

    private static bool HasToken(HttpContext context, byte[] token) =>
        token.Length > 0
        && context.Request.Headers.Authorization is [{ } authorization]
        && authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
        && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(authorization[Scheme.Length..].Trim()), token);
}
