using Krewe.Contracts.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Krewe.Grains.Hosts;

internal static class HostsServiceCollectionExtensions
{
    /// <summary>Adds what the host grains need: the folder of host documents and its watch.</summary>
    public static IServiceCollection AddKreweHostFiles(this IServiceCollection services, KreweOptions options)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(provider =>
            new HostFiles(options.HostsFolder, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<HostFiles>>()));
        services.AddSingleton<HostFilesWatcher>();
        services.AddHostedService(provider => provider.GetRequiredService<HostFilesWatcher>());
        return services;
    }
}
