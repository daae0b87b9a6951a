using Krewe.Contracts.Hosting;
using Krewe.Grains.Outbound;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Krewe.Grains.Rosters;

internal static class RosterServiceCollectionExtensions
{
    /// <summary>
    /// What <see cref="RosterGrain"/> needs, outbound HTTP included. Needs <see cref="Contracts.Hosts.IHostSettingsSource"/> and the grain storage <c>rosters</c> besides.
    /// </summary>
    public static IServiceCollection AddKreweRosters(this IServiceCollection services)
    {
        services.AddKreweOutbound();
        services.TryAddSingleton<RosterClient>();
        services.TryAddSingleton<LargeWork>();
        return services;
    }
}
