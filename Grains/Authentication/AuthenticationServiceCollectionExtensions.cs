using Krewe.Grains.Outbound;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Krewe.Grains.Authentication;

internal static class AuthenticationServiceCollectionExtensions
{
    /// <summary>What asking tenants' services for passwords needs, outbound HTTP included. Needs <see cref="Contracts.Hosts.IHostSettingsSource"/> besides.</summary>
    public static IServiceCollection AddKreweAuthentication(this IServiceCollection services)
    {
        services.AddKreweOutbound();
        services.TryAddSingleton<HttpAuthClient>();
        return services;
    }
}
