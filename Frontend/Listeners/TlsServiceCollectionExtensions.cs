using Krewe.Contracts.Hosting;
using Krewe.Contracts.Hosts;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Krewe.Frontend.Listeners;

internal static class TlsServiceCollectionExtensions
{
    /// <summary>Needs <see cref="KreweOptions"/>, <see cref="IHostSettingsSource"/> and <see cref="TimeProvider"/>.</summary>
    internal static IServiceCollection AddTlsCertificates(this IServiceCollection services) => services.AddSingleton(provider =>
    {
        var hosts = provider.GetRequiredService<IHostSettingsSource>();
        return new TlsCertificates(
            provider.GetRequiredService<KreweOptions>(),

            // A disabled host has its certificate still: its clients are to read host-gone, not a name that does not fit.
            async domain => await hosts.GetAsync(domain) is not null,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<TlsCertificates>>());
    });
}
