using System.Collections.Immutable;
using Orleans.Concurrency;

namespace Krewe.Contracts.Hosts;

/// <summary>Which hosts there are and which accounts they have, a page at a time, for the operator's lists. Key: <c>hosts</c>.</summary>
[Alias("host-directory")]
public interface IHostDirectoryGrain : IGrainWithStringKey
{
    /// <summary>A page is never longer.</summary>
    const int ItemsMax = 1000;

    /// <summary>
    /// Domains in ordinal order behind <paramref name="after"/>, from the API and from files. One of them may be gone, or not readable, by the time it is asked.
    /// </summary>
    [Alias("hosts"), AlwaysInterleave]
    Task<ImmutableArray<string>> HostsAsync(string? after, int limit);

    /// <summary>The bare JIDs of a domain's accounts, in ordinal order.</summary>
    [Alias("accounts"), AlwaysInterleave]
    Task<ImmutableArray<string>> AccountsAsync(string domain, string? after, int limit);
}
