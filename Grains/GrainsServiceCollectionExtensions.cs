using Krewe.Contracts.Hosting;
using Krewe.Grains.Audit;
using Krewe.Grains.Authentication;
using Krewe.Grains.Delegation;
using Krewe.Grains.Hosts;
using Krewe.Grains.Muc;
using Krewe.Grains.Rosters;
using Krewe.Grains.Sessions;
using Krewe.Grains.Storage;
using Krewe.Grains.Usage;
using Microsoft.Extensions.DependencyInjection;

namespace Krewe.Grains;

/// <summary>Everything that the grains need of a silo, in one call; it adds no grain host.</summary>
internal static class GrainsServiceCollectionExtensions
{
    /// <summary>Needs <see cref="Contracts.Hosts.IHostSettingsSource"/> and <see cref="Contracts.Sessions.LocalRoutes"/> besides.</summary>
    public static IServiceCollection AddKreweGrains(this IServiceCollection services, KreweOptions options)
    {
        services.AddKreweStorage(options);
        services.AddKreweHostFiles(options);
        services.AddKreweAudit(options);
        services.AddKreweRosters();
        services.AddKreweMuc();
        services.AddKreweDelegation();
        services.AddKreweAuthentication();
        services.AddSingleton<FrontendLanes>();
        services.AddSingleton<HookUsageService>();
        services.AddHostedService(provider => provider.GetRequiredService<HookUsageService>());
        return services;
    }
}
