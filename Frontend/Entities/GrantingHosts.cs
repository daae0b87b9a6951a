using System.Collections.Concurrent;
using System.Collections.Immutable;
using Krewe.Contracts.Hosts;

namespace Krewe.Frontend.Entities;

/// <summary>
/// Which of the loaded hosts have delegated a namespace to an external component or a user, or given them a privilege (XEP-0355 §4.1, XEP-0356 §4.1). Kept by the entity's name,
/// which is a component's domain or a user's bare JID, so that neither a connection nor a change of one host looks at all the others.
/// </summary>
internal sealed class GrantingHosts : IDisposable
{
    private readonly IHostSettingsSource _hosts;
    private readonly Lock _gate = new();

    /// <summary>The domains of the hosts that name an entity, sorted, by its name. Readers take no lock.</summary>
    private readonly ConcurrentDictionary<string, ImmutableSortedSet<string>> _hostsOf = new(StringComparer.Ordinal);

    /// <summary>The entities that a host names, by the host's domain.</summary>
    private readonly Dictionary<string, ImmutableHashSet<string>> _entitiesOf = new(StringComparer.Ordinal);

    /// <summary>The users who are named, by their domain.</summary>
    private readonly Dictionary<string, ImmutableHashSet<string>> _usersAt = new(StringComparer.Ordinal);

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
    /// Raised with an entity's name and a host's domain, after the host that names the entity, or did, was loaded, changed or removed; in no order between hosts. The
    /// entity's own host is always among those that are told.
    /// </summary>
    public event Action<string, string>? Changed;

    /// <summary>Whether any loaded host names it.</summary>
    public bool IsNamed(string entity) => _hostsOf.ContainsKey(entity);

    /// <summary>The hosts that grant something to an entity: the one that it belongs to first, if it is one, then the others in ordinal order.</summary>
    /// <param name="entity">Its name.</param>
    /// <param name="owner">The domain of its own host.</param>
    public IReadOnlyList<HostSettings> Of(string entity, string owner)
    {
        var granting = new List<HostSettings>();
        foreach (var domain in _hostsOf.GetValueOrDefault(entity) ?? [])
        {
            if (_hosts.TryGetLoaded(domain, out var host) && DomainScope.Grants(host, entity))
            {
                granting.Insert(domain == owner ? 0 : granting.Count, host);
            }
        }

        return granting;
    }

    /// <summary>Those of them that it may reach.</summary>
    /// <param name="owner">What the entity's domain is.</param>
    public IEnumerable<HostSettings> Of(string entity, HostedDomain owner) =>
        Of(entity, owner.Host.Domain).Where(host => DomainScope.MayGrant(host, owner));

    /// <summary>One of them; null when the host grants the entity nothing, or is not for it to reach.</summary>
    public HostSettings? Find(string entity, in HostedDomain owner, string host) =>
        _hosts.TryGetLoaded(host, out var settings)
        && DomainScope.MayGrant(settings, owner)
        && DomainScope.Grants(settings, entity) ? settings : null;

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
            // What an entity is depends on the host that it belongs to, whoever grants it something.
            told = told.Union(settings.Components.Values.OfType<ExternalComponentSettings>().Select(component => component.Domain));
            lock (_gate)
            {
                told = told.Union(_usersAt.GetValueOrDefault(host, []));
            }
        }

        foreach (var entity in told)
        {
            Changed?.Invoke(entity, host);
        }
    }

    /// <summary>Takes what the host names now; the result is that, and what it named before.</summary>
    private ImmutableHashSet<string> Note(string host)
    {
        lock (_gate)
        {
            var before = _entitiesOf.GetValueOrDefault(host, []);
            var now = _hosts.TryGetLoaded(host, out var settings) ? Named(settings) : [];
            foreach (var entity in before.Except(now))
            {
                var left = _hostsOf[entity].Remove(host);
                if (!left.IsEmpty)
                {
                    _hostsOf[entity] = left;
                }
                else if (_hostsOf.TryRemove(entity, out _))
                {
                    NoteUser(entity, static (users, user) => users.Remove(user));
                }
            }

            foreach (var entity in now.Except(before))
            {
                _hostsOf[entity] = (_hostsOf.GetValueOrDefault(entity) ?? ImmutableSortedSet.Create<string>(StringComparer.Ordinal)).Add(host);
                NoteUser(entity, static (users, user) => users.Add(user));
            }

            Set(_entitiesOf, host, now);
            return before.Union(now);
        }
    }

    private void NoteUser(string entity, Func<ImmutableHashSet<string>, string, ImmutableHashSet<string>> change)
    {
        if (entity.IndexOf('@') is var at && at > 0)
        {
            var domain = entity[(at + 1)..];
            Set(_usersAt, domain, change(_usersAt.GetValueOrDefault(domain, []), entity));
        }
    }

    private static void Set(Dictionary<string, ImmutableHashSet<string>> table, string key, ImmutableHashSet<string> value)
    {
        if (value.IsEmpty)
        {
            table.Remove(key);
        }
        else
        {
            table[key] = value;
        }
    }

    private static ImmutableHashSet<string> Named(HostSettings host)
    {
        var delegates = host.Delegations.Where(static grant => grant.Entity is not null).Select(static grant => grant.Entity!.Bare);

        // No localpart or domain has a slash.
        var privileged = host.PrivilegedEntities.Keys.Select(static entity => entity.IndexOf('/') is var slash && slash > 0 ? entity[..slash] : entity);
        return [.. delegates.Concat(privileged)];
    }
}
