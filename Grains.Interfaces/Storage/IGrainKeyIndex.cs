using System.Collections.Immutable;

namespace Krewe.Contracts.Storage;

/// <summary>
/// Which keys have a stored state: the list of hosts, and the accounts of a domain. Reads what is on disk, so it sees every acknowledged
/// write; never the path of a stanza.
/// </summary>
public interface IGrainKeyIndex
{
    /// <summary>More keys than this are never returned at once.</summary>
    const int KeysMax = 1000;

    /// <summary>Keys in ordinal order of their UTF-8 form, a page at a time.</summary>
    /// <param name="storage">One of <see cref="StorageNames.Durable"/>.</param>
    /// <param name="stateName">One of <see cref="StateNames"/>.</param>
    /// <param name="domain">Only keys that end with <c>@domain</c> or are the domain itself; null for all.</param>
    /// <param name="after">The last key of the page before; null for the first page.</param>
    /// <param name="limit">From 1 to <see cref="KeysMax"/>; others are brought into that range.</param>
    /// <param name="cancellationToken">Ends the wait for a free reader.</param>
    ValueTask<ImmutableArray<string>> ListAsync(
        string storage, string stateName, string? domain, string? after, int limit, CancellationToken cancellationToken = default);

    /// <summary>How many keys <see cref="ListAsync"/> would go through, without reading them.</summary>
    ValueTask<long> CountAsync(string storage, string stateName, string? domain, CancellationToken cancellationToken = default);
}
