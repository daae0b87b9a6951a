using System.Collections.Immutable;
using Krewe.Contracts.Addressing;

namespace Krewe.Contracts.Hosts;

/// <summary>
/// A namespace that somebody else answers for a host (XEP-0355 §4.1): one entry of <c>delegations</c>. Either <see cref="Entity"/> or <see cref="Url"/> is given.
/// </summary>
public sealed record DelegationGrant
{
    /// <summary>The namespace of an IQ's payload, or one of the two pseudo-namespaces of XEP-0355 §7.2.4 and §7.2.5.</summary>
    public required string Namespace { get; init; }

    /// <summary>The managing entity: a component's domain, or an address of a user.</summary>
    public Jid? Entity { get; init; }

    /// <summary>The tenant's web service that answers instead of an entity (contract: "Namespace").</summary>
    public string? Url { get; init; }

    /// <summary>Attributes without namespace that the payload must all have, whatever their values; sorted. Empty for every payload.</summary>
    public ImmutableArray<string> Filtering { get; init; } = [];

    /// <summary>After this the requester is told <c>service-unavailable</c>.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Whether it may be one of the namespaces that streams depend on.</summary>
    public bool AllowCore { get; init; }

    /// <summary>By value, so that whoever holds a grant sees whether a change of the settings changed it.</summary>
    public bool Equals(DelegationGrant? other) =>
        other is not null && (Namespace, Url, Timeout, AllowCore) == (other.Namespace, other.Url, other.Timeout, other.AllowCore)
        && Equals(Entity, other.Entity) && Filtering.AsSpan().SequenceEqual(other.Filtering.AsSpan());

    public override int GetHashCode() => HashCode.Combine(Namespace, Entity, Url, Filtering.Length);
}
