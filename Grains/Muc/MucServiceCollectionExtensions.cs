using Krewe.Grains.Outbound;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Krewe.Grains.Muc;

internal static class MucServiceCollectionExtensions
{
    /// <summary>What the decisions about joins need, outbound HTTP included. Needs <see cref="Contracts.Hosts.IHostSettingsSource"/> besides.</summary>
    public static IServiceCollection AddKreweMuc(this IServiceCollection services)
    {
        services.AddKreweOutbound();
        services.TryAddSingleton<MucAuthClient>();
        services.TryAddSingleton<MucFallbackLog>();
        return services;
    }
}
