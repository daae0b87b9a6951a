using System.Collections.Immutable;
using Krewe.Contracts.Hosts;

namespace Krewe.Grains.Hosts;

/// <summary>What is stored of a host. A host from a file has a state only for its keys, without a document.</summary>
[GenerateSerializer, Immutable, Alias("host-state")]
internal sealed record HostState
{
    /// <summary>The document with its secrets; null for a host from a file.</summary>
    [Id(0)]
    public string? Json { get; init; }

    [Id(1)]
    public long Version { get; init; }

    [Id(2)]
    public ImmutableArray<StoredHostKey> Keys { get; init; } = [];

    /// <summary>The first version of the document since the host was made: a host that is made anew has nothing to do with the one before it.</summary>
    [Id(3)]
    public long Life { get; init; }

    /// <summary>How the document came to be; null where that was not kept yet.</summary>
    [Id(4)]
    public HostVersion? Change { get; init; }
}

/// <param name="Hash">SHA-256 of the secret. The secret has 256 random bits, so a slow hash would add nothing.</param>
[GenerateSerializer, Immutable, Alias("stored-host-key")]
internal sealed record StoredHostKey([property: Id(0)] HostKey Key, [property: Id(1)] ReadOnlyMemory<byte> Hash);

/// <summary>What is stored of a domain that is a component's.</summary>
[GenerateSerializer, Immutable, Alias("domain-state")]
internal sealed record DomainState
{
    /// <summary>The host that claimed it.</summary>
    [Id(0)]
    public string? Host { get; init; }
}
