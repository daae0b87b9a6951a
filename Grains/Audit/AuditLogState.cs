using System.Collections.Immutable;
using Krewe.Contracts.Audit;

namespace Krewe.Grains.Audit;

/// <summary>
/// The head of an audit log: the page that is being filled, and which full pages there are. Entries are numbered; number and page size say in which page one is.
/// </summary>
[GenerateSerializer, Immutable, Alias("audit-log-state")]
internal sealed record AuditLogState
{
    /// <summary>The number of the oldest entry that is kept.</summary>
    [Id(0)]
    public long Oldest { get; init; }

    /// <summary>The number of the first of <see cref="Open"/>. What is between <see cref="Oldest"/> and it lies in full pages.</summary>
    [Id(1)]
    public long OpenFirst { get; init; }

    [Id(2)]
    public ImmutableArray<AuditEntry> Open { get; init; } = [];

    /// <summary>The number of the first entry that is of the host as it is now.</summary>
    [Id(3)]
    public long Begins { get; init; }

    /// <summary>When the host as it is now was made, or the last one removed.</summary>
    [Id(4)]
    public DateTimeOffset? BeganAt { get; init; }

    /// <summary>The time of the newest entry: none is put before it.</summary>
    [Id(5)]
    public DateTimeOffset? NewestAt { get; init; }
}

/// <summary>A full page as it is stored.</summary>
[GenerateSerializer, Immutable, Alias("audit-page-state")]
internal sealed record AuditPageState
{
    [Id(0)]
    public long First { get; init; }

    [Id(1)]
    public ImmutableArray<AuditEntry> Entries { get; init; } = [];
}
