using System.Collections.Concurrent;
using System.Collections.Immutable;

namespace Krewe.Contracts.Hosts;

/// <summary>
/// What each loaded domain is. Anybody may read at any time; changes are made one at a time. A component is in the table only while its host is, with the same
/// snapshot of it.
/// </summary>
internal sealed class HostedDomains
{
    private readonly ConcurrentDictionary<string, HostedDomain> _domains = new(StringComparer.Ordinal);

    public bool TryFind(string domain, out HostedDomain found) => _domains.TryGetValue(domain, out found);

    public HostSettings? Host(string domain) => _domains.TryGetValue(domain, out var found) && found.Component is null ? found.Host : null;

    public IEnumerable<HostSettings> Hosts => _domains.Where(static entry => entry.Value.Component is null).Select(static entry => entry.Value.Host);

    /// <summary>Takes a host's new settings; <paramref name="isKept"/> says whether the host is, or comes to be, in the table.</summary>
    public void Set(HostSettings settings, bool isKept)
    {
        RemoveComponents(Host(settings.Domain)?.Components, settings.Domain, settings.Components);
        if (isKept || _domains.ContainsKey(settings.Domain))
        {
            // A host goes before a component of the same domain, which a file may have made it.
            _domains[settings.Domain] = new HostedDomain(settings, null);
            isKept = true;
        }

        foreach (var (domain, component) in settings.Components)
        {
            if (!_domains.TryGetValue(domain, out var present))
            {
                if (isKept)
                {
                    _domains[domain] = new HostedDomain(settings, component);
                }
            }
            else if (present.Component is not null)
            {
                if (present.Host.Domain == settings.Domain)
                {
                    _domains[domain] = new HostedDomain(settings, component);
                }
                else
                {
                    // Two hosts cannot both have it; who has it now is asked for at the next need.
                    _domains.TryRemove(domain, out _);
                }
            }
        }
    }

    public void Remove(string host)
    {
        if (Host(host) is { } settings)
        {
            _domains.TryRemove(host, out _);
            RemoveComponents(settings.Components, host, null);
        }
    }

    /// <summary>Takes a domain as a component of a loaded host; false when that host has no such component.</summary>
    public bool TryAddComponent(string domain, string owner, out HostedDomain found)
    {
        found = default;
        if (Host(owner) is not { } host || !host.Components.TryGetValue(domain, out var component))
        {
            return false;
        }

        found = new HostedDomain(host, component);
        _domains[domain] = found;
        return true;
    }

    private void RemoveComponents(
        ImmutableDictionary<string, ComponentSettings>? components, string host, ImmutableDictionary<string, ComponentSettings>? kept)
    {
        foreach (var domain in components?.Keys ?? [])
        {
            if (kept?.ContainsKey(domain) != true && _domains.TryGetValue(domain, out var present) && present.Component is not null && present.Host.Domain == host)
            {
                _domains.TryRemove(domain, out _);
            }
        }
    }
}
