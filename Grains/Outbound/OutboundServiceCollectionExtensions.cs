using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Krewe.Grains.Outbound;

internal static class OutboundServiceCollectionExtensions
{
    /// <summary>Outbound HTTP with its egress policy. Needs <see cref="Contracts.Hosting.KreweOptions"/> as a service.</summary>
    public static IServiceCollection AddKreweOutbound(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<EgressPolicy>();
        services.TryAddSingleton<OutboundHttp>();
        return services;
    }
}
