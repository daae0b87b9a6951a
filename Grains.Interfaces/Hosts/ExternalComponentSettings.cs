namespace Krewe.Contracts.Hosts;

/// <summary>What happens to a second connection of one component.</summary>
public enum ComponentConflict : byte
{
    /// <summary>The new connection is refused, unless the old one is dead.</summary>
    KickNew = 0,

    /// <summary>The old connection is ended.</summary>
    KickOld = 1,

    /// <summary>Both serve; each user's stanzas go to the same one of them while it lasts.</summary>
    Balance = 2,
}

/// <summary>A program of the tenant's that serves a domain over a stream of its own (XEP-0114): an entry of type <c>external</c>.</summary>
public sealed record ExternalComponentSettings : ComponentSettings
{
    /// <summary>What the handshake proves (XEP-0114 §3). Secret.</summary>
    public required string Secret { get; init; }

    public ComponentConflict ConflictResolve { get; init; }

    /// <summary>Which generation of <c>urn:xmpp:delegation:</c> it speaks (XEP-0355): 1 or 2.</summary>
    public int DelegationNs { get; init; } = 2;

    /// <summary>Which generation of <c>urn:xmpp:privilege:</c> it speaks (XEP-0356): 1 or 2.</summary>
    public int PrivilegeNs { get; init; } = 2;

    /// <summary>Never the secret.</summary>
    public override string ToString() => Domain;
}
