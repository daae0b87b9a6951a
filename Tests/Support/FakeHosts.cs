using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Krewe.Contracts.Hosts;

namespace Krewe.Tests.Support;

/// <summary>Hosts as a test sets them.</summary>
internal sealed class FakeHosts : IHostSettingsSource
{
    private readonly ConcurrentDictionary<string, HostSettings> _hosts = new();

    public event Action<string, HostSettings?>? Changed;

    public void Set(HostSettings settings)
    {
        _hosts[settings.Domain] = settings;
        Changed?.Invoke(settings.Domain, settings);
    }

    public bool TryFindLoaded(string domain, out HostedDomain found)
    {
        ComponentSettings? component = null;
        if (!_hosts.TryGetValue(domain, out var host))
        {
            host = _hosts.Values.FirstOrDefault(settings => settings.Components.TryGetValue(domain, out component));
        }

        found = host is null ? default : new HostedDomain(host, component);
        return host is not null;
    }

    public ValueTask<HostedDomain?> FindAsync(string domain) => new(TryFindLoaded(domain, out var found) ? found : null);

    public bool TryGetLoaded(string domain, [NotNullWhen(true)] out HostSettings? settings) => _hosts.TryGetValue(domain, out settings);

    public ValueTask<HostSettings?> GetAsync(string domain) => new(_hosts.GetValueOrDefault(domain));

    public void Apply(HostDocument document) => throw new NotSupportedException("a test sets settings, not documents");
}
