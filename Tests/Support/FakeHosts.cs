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

    public bool TryGetLoaded(string domain, [NotNullWhen(true)] out HostSettings? settings) => _hosts.TryGetValue(domain, out settings);

    public ValueTask<HostSettings?> GetAsync(string domain) => new(_hosts.GetValueOrDefault(domain));

    public void Apply(HostDocument document) => throw new NotSupportedException("a test sets settings, not documents");
}
