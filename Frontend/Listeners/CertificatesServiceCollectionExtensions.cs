using System.Diagnostics.Metrics;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosting;
using Krewe.Contracts.Hosts;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Krewe.Frontend.Listeners;

internal static class CertificatesServiceCollectionExtensions
{
    /// <summary>Adds the choice of certificates, for handshakes and for the API.</summary>
    public static IServiceCollection AddCertificates(this IServiceCollection services) => services.AddSingleton(provider =>
    {
        var hosts = provider.GetRequiredService<IHostSettingsSource>();
        var grains = provider.GetRequiredService<IGrainFactory>();
        var time = provider.GetRequiredService<TimeProvider>();
        var certificates = new TlsCertificates(
            provider.GetRequiredService<KreweOptions>(),
            async domain => await hosts.GetAsync(domain) is not null,
            (domain, known) => grains.Certificate(domain).GetAsync(known),
            time,
            provider.GetRequiredService<ILogger<TlsCertificates>>());
        CertificateInstruments.Observe(provider.GetRequiredService<IMeterFactory>(), certificates, time);
        return certificates;
    });
}
