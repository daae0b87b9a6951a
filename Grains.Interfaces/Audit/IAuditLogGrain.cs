using System.Collections.Immutable;
using Orleans.Concurrency;

namespace Krewe.Contracts.Audit;

/// <summary>
/// What was done to one host, or by the provider to no host: one log of changes and one of everything else, so that refusals never push a change out. Key: the host's
/// domain, nothing for the provider, and <c>/changes</c> or <c>/accesses</c>. It outlives the host.
/// </summary>
[Alias("audit-log")]
public interface IAuditLogGrain : IGrainWithStringKey
{
    /// <summary>More entries are never given at once.</summary>
    const int ItemsMax = 1000;

    /// <summary>Adds entries, those that come together in one write; on disk when it returns.</summary>
    [Alias("append"), AlwaysInterleave]
    Task AppendAsync(ImmutableArray<AuditEntry> entries);

    /// <summary>From the newest to the oldest. May give fewer than were asked for although there are more.</summary>
    [Alias("read"), AlwaysInterleave]
    Task<AuditSlice> ReadAsync(AuditQuery query);

    /// <summary>Removes what is older than entries are kept.</summary>
    [Alias("trim"), AlwaysInterleave]
    Task TrimAsync();
}

/// <summary>A full page of a log. Key: the log's and <c>/</c> and the page's number.</summary>
[Alias("audit-page")]
public interface IAuditPageGrain : IGrainWithStringKey
{
    /// <summary>The number of the first entry, and the entries; none when there is no such page.</summary>
    [Alias("read")]
    Task<AuditPage> ReadAsync();

    [Alias("write")]
    Task WriteAsync(AuditPage page);

    [Alias("clear")]
    Task ClearAsync();
}

/// <param name="First">The number of the first entry.</param>
[GenerateSerializer, Immutable, Alias("audit-page-content")]
public sealed record AuditPage([property: Id(0)] long First, [property: Id(1)] ImmutableArray<AuditEntry> Entries);
