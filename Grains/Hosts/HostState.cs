using Krewe.Contracts.Hosts;

namespace Krewe.Grains.Hosts;

/// <summary>What is stored of a host that was made through the API.</summary>
[GenerateSerializer, Immutable, Alias("host-state")]
internal sealed record HostState
{
    /// <summary>The document with its secrets; null where nothing is stored.</summary>
    [Id(0)]
    public string? Json { get; init; }

    [Id(1)]
    public long Version { get; init; }

    /// <summary>The first version of the document since the host was made, or came to its tenant: a host that is somebody else's has nothing to do with the one before it.</summary>
    [Id(2)]
    public long Life { get; init; }

    /// <summary>How the document came to be; null where that was not kept yet.</summary>
    [Id(3)]
    public HostVersion? Change { get; init; }

    /// <summary>The host is closed until its data is erased. Of a host from a file this is stored as well.</summary>
    [Id(4)]
    public bool IsErasing { get; init; }

    [Id(5)]
    public DateTimeOffset? ErasedAt { get; init; }
}

/// <summary>What is stored of a domain that is a component's.</summary>
[GenerateSerializer, Immutable, Alias("domain-state")]
internal sealed record DomainState
{
    /// <summary>The host that claimed it.</summary>
    [Id(0)]
    public string? Host { get; init; }
}
