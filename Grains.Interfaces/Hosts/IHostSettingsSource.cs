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

    /// <summary>What a domain is: a host's own, or that of one of its components; null when it is neither.</summary>
    ValueTask<HostedDomain?> FindAsync(string domain);

    /// <summary>Takes a document that was just changed, unless a later one is known.</summary>
    void Apply(HostDocument document);

    /// <summary>Raised, in no order between hosts, after a loaded host was changed, disabled (settings with <c>Enabled</c> false) or removed (null settings).</summary>
    event Action<string, HostSettings?>? Changed;
}

/// <summary>A domain that is served here.</summary>
/// <param name="Component">Null for the host's own domain.</param>
public readonly record struct HostedDomain(HostSettings Host, ComponentSettings? Component);
