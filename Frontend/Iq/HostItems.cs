using Krewe.Contracts.Hosts;
using Krewe.Frontend.Components;

namespace Krewe.Frontend.Iq;

/// <summary>
/// A host's items (XEP-0030 §4): its room services, its external components while they are connected, and those of other hosts that it grants something to and can
/// reach; each for those alone who can reach it, as for others it does not exist (specs C-030, C-031).
/// </summary>
internal sealed class HostItems(IHostSettingsSource hosts, ComponentTable components)
{
    /// <param name="asker">Whoever asks.</param>
    public IReadOnlyList<ComponentSettings> Of(HostSettings host, HostedDomain asker)
    {
        var own = host.Components.Values.Where(component => component is not ExternalComponentSettings || components.IsConnected(component.Domain))
            .Select(component => new HostedDomain(host, component));
        return
        [
            .. own.Concat(Granted(host)).Where(item => DomainScope.MayCross(asker, item)).Select(static item => item.Component!)
                .OrderBy(static component => component.Domain, StringComparer.Ordinal),
        ];
    }

    private IEnumerable<HostedDomain> Granted(HostSettings host)
    {
        var entities = host.Delegations.Select(static grant => grant.Entity).Where(static entity => entity is { IsDomain: true }).Select(static entity => entity!.Bare);
        foreach (var domain in entities.Union(host.PrivilegedEntities.Keys, StringComparer.Ordinal))
        {
            if (!host.Components.ContainsKey(domain) && components.IsConnected(domain)
                && hosts.TryFindLoaded(domain, out var found) && found.Component is ExternalComponentSettings
                && DomainScope.MayCross(new HostedDomain(host, null), found))
            {
                yield return found;
            }
        }
    }
}
