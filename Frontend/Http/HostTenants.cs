using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;

namespace Krewe.Frontend.Http;

/// <summary>Whose a host is, also of one that this process has not loaded: what is done to a host through the API must not keep it in memory.</summary>
internal sealed class HostTenants(IHostSettingsSource hosts, IGrainFactory grains)
{
    /// <summary>Null when there is no such host.</summary>
    public async ValueTask<string?> TenantOfAsync(string domain)
    {
        if (hosts.TryGetLoaded(domain, out var settings))
        {
            return settings.Tenant;
        }

        var document = await grains.Host(domain).GetAsync();
        return document.Json is null ? null : HostDocumentReader.TenantIn(domain, document.Json);
    }
}
