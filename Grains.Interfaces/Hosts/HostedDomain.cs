namespace Krewe.Contracts.Hosts;

/// <summary>What a domain is to this service: a host, or one of a host's components.</summary>
/// <param name="Host">The host itself, or the one that the component belongs to.</param>
/// <param name="Component">Null for the host's own domain.</param>
public readonly record struct HostedDomain(HostSettings Host, ComponentSettings? Component);
