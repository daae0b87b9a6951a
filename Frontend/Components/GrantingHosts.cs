using System.Collections.Immutable;
using Krewe.Contracts.Hosts;

namespace Krewe.Frontend.Components;

/// <summary>
/// Which of the loaded hosts have delegated a namespace to an external component, or given it a privilege (XEP-0355 §4.1, XEP-0356 §4.1). Kept by the component's
/// domain, so that neither a connection nor a change of one host looks at all the others.
/// </summary>
internal sealed class GrantingHosts : IDisposable
{
    private readonly IHostSettingsSource _hosts;
    private readonly Lock _gate = new();

    /// <summary>The domains of the hosts that name a component, sorted, by its domain.</summary>
    private readonly Dictionary<string, ImmutableSortedSet<string>> _hostsOf = new(StringComparer.Ordinal);

    /// <summary>The components that a host names, by the host's domain.</summary>
    private readonly Dictionary<string, ImmutableHashSet<string>> _componentsOf = new(StringComparer.Ordinal);

    public GrantingHosts(IHostSettingsSource hosts)
    {
        _hosts = hosts;
        hosts.Changed += OnChanged;
        hosts.Loaded += OnLoaded;
        foreach (var host in hosts.LoadedHosts)
        {
            Note(host.Domain);
        }
    }

    /// <summary>
    /// Raised with a component's domain and a host's, after the host that names the component, or did, was loaded, changed or removed; in no order between hosts. The
    /// component's own host is always among those that are told.
    /// </summary>
    public event Action<string, string>? Changed;

    /// <summary>The hosts that grant something to a component: the one that it belongs to first, if it is one, then the others in ordinal order.</summary>
    /// <param name="component">The component's domain.</param>
    /// <param name="owner">The domain of its own host.</param>
    public IReadOnlyList<HostSettings> Of(string component, string owner)
    {
        ImmutableSortedSet<string>? domains;
        lock (_gate)
        {
            _hostsOf.TryGetValue(component, out domains);
        }

        var granting = new List<HostSettings>();
        foreach (var domain in domains ?? [])
        {
            if (_hosts.TryGetLoaded(domain, out var host) && DomainScope.Grants(host, component))
            {
                granting.Insert(domain == owner ? 0 : granting.Count, host);
            }
        }

        return granting;
    }

    /// <summary>Those of them that it may reach.</summary>
    /// <param name="component">What the component's domain is.</param>
    public IEnumerable<HostSettings> Of(HostedDomain component) =>
        Of(component.Component!.Domain, component.Host.Domain).Where(host => DomainScope.MayCross(component, new HostedDomain(host, null)));

    /// <summary>One of them; null when the host grants the component nothing, or is not for it to reach.</summary>
    public HostSettings? Find(in HostedDomain component, string host) =>
        _hosts.TryGetLoaded(host, out var settings)
        && DomainScope.MayCross(component, new HostedDomain(settings, null))
        && DomainScope.Grants(settings, component.Component!.Domain) ? settings : null;

    public void Dispose()
    {
        _hosts.Changed -= OnChanged;
        _hosts.Loaded -= OnLoaded;
    }

    private void OnLoaded(HostSettings settings) => Tell(settings.Domain);

    private void OnChanged(string domain, HostSettings? settings) => Tell(domain);

    private void Tell(string host)
    {
        var told = Note(host);
        if (_hosts.TryGetLoaded(host, out var settings))
        {
            // What a component is depends on the host that it belongs to, whoever grants it something.
            told = told.Union(settings.Components.Values.OfType<ExternalComponentSettings>().Select(component => component.Domain));
        }

        foreach (var component in told)
        {
            Changed?.Invoke(component, host);
        }
    }

    /// <summary>Takes what the host names now; the result is that, and what it named before.</summary>
    private ImmutableHashSet<string> Note(string host)
    {
        lock (_gate)
        {
            var before = _componentsOf.GetValueOrDefault(host, []);
            var now = _hosts.TryGetLoaded(host, out var settings) ? Named(settings) : [];
            foreach (var component in before.Except(now))
            {
                var left = _hostsOf[component].Remove(host);
                if (left.IsEmpty)
                {
                    _hostsOf.Remove(component);
                }
                else
                {
                    _hostsOf[component] = left;
                }
            }

            foreach (var component in now.Except(before))
            {
                _hostsOf[component] = (_hostsOf.GetValueOrDefault(component) ?? ImmutableSortedSet.Create<string>(StringComparer.Ordinal)).Add(host);
            }

            if (now.IsEmpty)
            {
                _componentsOf.Remove(host);
            }
            else
            {
                _componentsOf[host] = now;
            }

            return before.Union(now);
        }
    }

    /// <summary>Users, whom a host may name too, connect otherwise.</summary>
    private static ImmutableHashSet<string> Named(HostSettings host)
    {
        var delegates = host.Delegations.Where(grant => grant.Entity is { HasLocalpart: false }).Select(grant => grant.Entity!.Domainpart);
        var privileged = host.PrivilegedEntities.Keys.Where(entity => !entity.Contains('@'));
        return [.. delegates.Concat(privileged)];
    }
}
