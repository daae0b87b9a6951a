using Krewe.Grains.Outbound;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Krewe.Grains.Delegation;

internal static class DelegationServiceCollectionExtensions
{
    /// <summary>What the web services of delegated namespaces need, outbound HTTP included. Needs <see cref="Contracts.Hosts.IHostSettingsSource"/> besides.</summary>
    public static IServiceCollection AddKreweDelegation(this IServiceCollection services)
    {
        services.AddKreweOutbound();
        services.TryAddSingleton<DelegationClient>();
        return services;
    }
}
