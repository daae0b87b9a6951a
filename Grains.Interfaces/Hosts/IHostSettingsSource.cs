using System.Diagnostics.CodeAnalysis;

namespace Krewe.Contracts.Hosts;

/// <summary>
/// The hosts as this process knows them: settings snapshots, loaded at first use, swapped by version. Nothing on a stanza's path calls a grain to
/// learn a setting. Domains that are no hosts are remembered too, for a short while and up to a bound.
/// </summary>
public interface IHostSettingsSource
{
    /// <summary>The host's settings if this process has them loaded. False says nothing about whether the host exists.</summary>
    bool TryGetLoaded(string domain, [NotNullWhen(true)] out HostSettings? settings);

    /// <summary>The host's settings, asked of its grain at first use; null when there is no such host.</summary>
    ValueTask<HostSettings?> GetAsync(string domain);

    /// <summary>What a domain is, host or component, if this process has its host loaded. Costs no call and no allocation.</summary>
    bool TryFindLoaded(string domain, out HostedDomain found)
    {
        var isLoaded = TryGetLoaded(domain, out var host);
        found = isLoaded ? new HostedDomain(host!, null) : default;
        return isLoaded;
    }

    /// <summary>The same, asked of the grains at first use; null when nobody here has the domain.</summary>
    async ValueTask<HostedDomain?> FindAsync(string domain) => await GetAsync(domain) is { } host ? new HostedDomain(host, null) : null;

    /// <summary>Takes a document that was just changed, unless a later one is known.</summary>
    void Apply(HostDocument document);

    /// <summary>Raised, in no order between hosts, after a loaded host was changed, disabled (settings with <c>Enabled</c> false) or removed (null settings).</summary>
    event Action<string, HostSettings?>? Changed;
}
