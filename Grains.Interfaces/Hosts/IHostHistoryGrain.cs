using System.Collections.Immutable;

namespace Krewe.Contracts.Hosts;

/// <summary>
/// The versions of a host's document before the present one, which is the host's own to keep. Key: the prepared domain. Only the host's grain asks it.
/// </summary>
/// <remarks>
/// A version is kept before the one that follows it is written, so none gets lost between the two; the present one may then be here as well, which the host's grain
/// knows. What is kept belongs to one life of the host, named by its first version: a host that is made anew sees nothing of the one before it, whatever a crash
/// left behind.
/// </remarks>
[Alias("host-history")]
public interface IHostHistoryGrain : IGrainWithStringKey
{
    /// <summary>How many versions are kept.</summary>
    const int VersionsMax = 50;

    /// <summary>How long their documents may be together, in characters; the latest one is kept in any case.</summary>
    const int CharactersMax = 1024 * 1024;

    /// <summary>Keeps a version, once however often it is told. On disk when it returns.</summary>
    [Alias("keep")]
    Task KeepAsync(long life, HostVersionDocument version);

    /// <summary>The latest first.</summary>
    [Alias("list")]
    Task<ImmutableArray<HostVersion>> ListAsync(long life);

    [Alias("find")]
    Task<HostVersionDocument?> FindAsync(long life, long version);

    /// <summary>Forgets everything, of whatever life.</summary>
    [Alias("remove")]
    Task RemoveAsync();
}
