using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Krewe.Contracts.Hosts;

namespace Krewe.Tests.Support;

/// <summary>Hosts as a test sets them.</summary>
internal sealed class FakeHosts : IHostSettingsSource
{
    private readonly ConcurrentDictionary<string, HostSettings> _hosts = new();

    private readonly ConcurrentDictionary<string, HostedDomain> _components = new();

    public event Action<string, HostSettings?>? Changed;

    public event Action<HostSettings>? Loaded;

    public void WaitUntilTold()
    {
        // Whoever sets a host here tells of it before that returns.
    }

    public IEnumerable<HostSettings> LoadedHosts => _hosts.Values;

    public void Set(HostSettings settings)
    {
        var isNew = !_hosts.ContainsKey(settings.Domain);
        _hosts[settings.Domain] = settings;
        Changed?.Invoke(settings.Domain, settings);
        if (isNew)
        {
            Loaded?.Invoke(settings);
        }
    }

    /// <summary>A domain of a host's that is not its users' own.</summary>
    public void Set(HostSettings host, ComponentSettings component)
    {
        Set(host);
        _components[component.Domain] = new(host, component);
    }

    public void Remove(ComponentSettings component) => _components.TryRemove(component.Domain, out _);

    public bool TryGetLoaded(string domain, [NotNullWhen(true)] out HostSettings? settings) => _hosts.TryGetValue(domain, out settings);

    public bool TryFindLoaded(string domain, out HostedDomain found)
    {
        if (_components.TryGetValue(domain, out found))
        {
            return true;
        }

        ComponentSettings? component = null;
        if (!_hosts.TryGetValue(domain, out var host))
        {
            host = _hosts.Values.FirstOrDefault(settings => settings.Components.TryGetValue(domain, out component));
        }

        found = host is null ? default : new HostedDomain(host, component);
        return host is not null;
    }

    public ValueTask<HostSettings?> GetAsync(string domain) => new(_hosts.GetValueOrDefault(domain));

    public ValueTask<HostedDomain?> FindAsync(string domain) => new(TryFindLoaded(domain, out var found) ? found : null);

    public void Apply(HostDefaultsDocument defaults) => throw new NotSupportedException("a test sets settings, not defaults");

    public void Apply(HostDocument document) => throw new NotSupportedException("a test sets settings, not documents");
}
