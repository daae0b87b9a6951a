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

    /// <summary>The host is closed until its data is erased. Of a host from a file this is stored as well.</summary>
    [Id(5)]
    public bool IsErasing { get; init; }

    [Id(6)]
    public DateTimeOffset? ErasedAt { get; init; }
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
