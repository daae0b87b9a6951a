using Krewe.Contracts.Hosts;

namespace Krewe.Frontend.Delegation;

/// <summary>
/// Which hosts have delegated something to a component, or given it a privilege, as far as this process has them loaded. A host that nobody here has needed yet has no users
/// here either; it is found when it is loaded (<see cref="IHostSettingsSource.Loaded"/>).
/// </summary>
internal sealed class GrantingHosts(IHostSettingsSource hosts)
{
    /// <summary>The component's own host first, if it is one, then the others in ordinal order.</summary>
    /// <param name="component">The component's domain.</param>
    /// <param name="owner">The domain of its own host.</param>
    public IReadOnlyList<HostSettings> Of(string component, string owner) =>
    [
        .. hosts.LoadedHosts.Where(host => DomainScope.Grants(host, component))
            .OrderBy(host => host.Domain != owner).ThenBy(host => host.Domain, StringComparer.Ordinal),
    ];
}
