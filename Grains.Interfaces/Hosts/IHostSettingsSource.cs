using System.Diagnostics.CodeAnalysis;

namespace Krewe.Contracts.Hosts;

/// <summary>A domain that is served here.</summary>
/// <param name="Host">The settings of the host that it belongs to; <see cref="HostSettings.Enabled"/> holds for its components too.</param>
/// <param name="Component">Null for the host's own domain.</param>
public readonly record struct HostedDomain(HostSettings Host, ComponentSettings? Component);

/// <summary>
/// The hosts as this process knows them: settings snapshots, loaded at first use, swapped by version. Nothing on a stanza's path calls a grain to
/// learn a setting. Domains that are no hosts are remembered too, for a short while and up to a bound.
/// </summary>
public interface IHostSettingsSource
{
    /// <summary>What a domain is, if this process has it loaded: a host, or a component of one. False says nothing about whether it is either.</summary>
    bool TryFindLoaded(string domain, out HostedDomain found);

    /// <summary>The same, asked of the grains at first use; null when the domain is neither.</summary>
    ValueTask<HostedDomain?> FindAsync(string domain);

    /// <summary>The host's settings if this process has them loaded. A component's domain is no host. False says nothing about whether the host exists.</summary>
    bool TryGetLoaded(string domain, [NotNullWhen(true)] out HostSettings? settings);

    /// <summary>The host's settings, asked of its grain at first use; null when there is no such host.</summary>
    ValueTask<HostSettings?> GetAsync(string domain);

    /// <summary>Takes a document that was just changed, unless a later one is known.</summary>
    void Apply(HostDocument document);

    /// <summary>Takes the provider's defaults that were just changed, unless later ones are known: every loaded host is read with them again.</summary>
    void Apply(HostDefaultsDocument defaults);

    /// <summary>Raised, in no order between hosts, after a loaded host was changed, disabled (settings with <c>Enabled</c> false) or removed (null settings).</summary>
    event Action<string, HostSettings?>? Changed;

    /// <summary>Raised, in order with <see cref="Changed"/>, after a host was loaded that was not before.</summary>
    event Action<HostSettings>? Loaded;

    /// <summary>Returns when whatever is known here was also said by <see cref="Changed"/> and <see cref="Loaded"/>: another thread may be about to say it. Not to be called by who is being told.</summary>
    void WaitUntilTold();

    /// <summary>The hosts that are loaded, in no order.</summary>
    IEnumerable<HostSettings> LoadedHosts { get; }
}
