using System.Collections.Immutable;
using Orleans.Concurrency;

namespace Krewe.Contracts.Hosts;

public enum HostSource : byte
{
    Api = 0,
    File = 1,
}

/// <summary>A host as it crosses processes: the document with its secrets in the clear, for the service's own use only.</summary>
/// <param name="Version">
/// Greater with each change of the host, over its deletion and its files as well: the time of the change in milliseconds, or one more than the last.
/// 0 when nothing is known of such a host.
/// </param>
/// <param name="Json">The normalized document; null when there is no such host.</param>
[GenerateSerializer, Immutable, Alias("host-document")]
public sealed record HostDocument(
    [property: Id(0)] string Domain, [property: Id(1)] long Version, [property: Id(2)] string? Json, [property: Id(3)] HostSource Source)
{
    /// <summary>Domains of components that the document names and that the host has not got, because they are another's.</summary>
    [Id(4)]
    public ImmutableArray<string> LeftOut { get; init; } = [];

    /// <summary>The host's data is being erased: until that is done the host is as if disabled.</summary>
    [Id(5)]
    public bool IsErasing { get; init; }

    /// <summary>When an erasure began last; null when none ever did. What was fetched before is not to be written any more.</summary>
    [Id(6)]
    public DateTimeOffset? ErasedAt { get; init; }

    /// <summary>Never the document.</summary>
    public override string ToString() => $"{Domain} at version {Version}";
}

/// <summary>A bad place of a document: its JSON path and what is wrong there.</summary>
[GenerateSerializer, Immutable, Alias("document-problem")]
public sealed record DocumentProblem([property: Id(0)] string Path, [property: Id(1)] string Message)
{
    /// <summary>How many are told in one line.</summary>
    private const int ToldMax = 10;

    /// <summary>For a log or a list. No message repeats what the document says.</summary>
    public static string Describe(ImmutableArray<DocumentProblem> problems) =>
        string.Join("; ", problems.Take(ToldMax).Select(problem => $"{problem.Path} {problem.Message}")) + (problems.Length > ToldMax ? "; and more" : "");
}

public enum HostChangeOutcome : byte
{
    Created = 0,
    Replaced = 1,
    NotFound = 2,

    /// <summary>The <c>If-Match</c> version is not the present one.</summary>
    VersionMismatch = 3,
    Invalid = 4,

    /// <summary>A key that only the provider may set would change.</summary>
    ProviderOnly = 5,

    /// <summary>The host comes from a file and is read-only here.</summary>
    ReadOnly = 6,
    Deleted = 7,

    /// <summary>The version that should be restored is not kept.</summary>
    NoSuchVersion = 8,
}

[GenerateSerializer, Immutable, Alias("host-change")]
public sealed record HostChange(
    [property: Id(0)] HostChangeOutcome Outcome, [property: Id(1)] HostDocument? Host, [property: Id(2)] ImmutableArray<DocumentProblem> Problems);

/// <summary>One virtual host's settings of record. Key: the prepared domain. On disk when a change returns.</summary>
[Alias("host")]
public interface IHostGrain : IGrainWithStringKey
{
    /// <summary>The document that is in force. Served while a change is on its way: what is not on disk yet is not shown.</summary>
    [Alias("get"), AlwaysInterleave]
    Task<HostDocument> GetAsync();

    /// <summary>
    /// Whether the host has the domain, as its own or as a component's, or is about to: a change on its way has it already. What the host's document from the API
    /// names it has also while a file counts in its place.
    /// </summary>
    [Alias("holds"), AlwaysInterleave]
    Task<bool> HoldsAsync(string domain);

    /// <summary>
    /// Creates or replaces the whole document. Domains that are in use already are a bad place. A host that goes to another tenant begins anew: without its keys, and without the versions of
    /// its document until then.
    /// </summary>
    /// <param name="json">As sent: <c>{ "secret": "set" }</c> in a secret's place keeps the stored one.</param>
    /// <param name="ifMatch">The version that must be the present one, or one of <see cref="HostVersions"/>; null for any or none.</param>
    /// <param name="isProvider">Whether the caller may create hosts and set provider-only keys.</param>
    /// <param name="author">Who does it, as the host's versions name them.</param>
    [Alias("put")]
    Task<HostChange> PutAsync(string json, long? ifMatch, bool isProvider, string? author = null);

    /// <summary>Puts the document of an earlier version, with its secrets, by the rules of <see cref="PutAsync"/>.</summary>
    [Alias("restore")]
    Task<HostChange> RestoreAsync(long version, long? ifMatch, bool isProvider, string? author);

    /// <summary>Writes <c>enabled</c>, the rest staying as it is; no change where that is so already. For the provider only.</summary>
    [Alias("enable")]
    Task<HostChange> SetEnabledAsync(bool isEnabled, long? ifMatch, string? author);

    /// <summary>The versions that can be read and restored, the present one first; none when there is no such host.</summary>
    [Alias("versions")]
    Task<ImmutableArray<HostVersion>> VersionsAsync();

    /// <summary>One of them with its document; null when it is none of them.</summary>
    [Alias("version")]
    Task<HostVersionDocument?> VersionAsync(long version);

    /// <summary>Removes the host, its versions and its keys, and those of the tenant that is named after it; not its accounts.</summary>
    /// <param name="ifMatch">As for <see cref="PutAsync"/>.</param>
    [Alias("delete")]
    Task<HostChange> DeleteAsync(long? ifMatch = null);

    /// <summary>Closes the host while its data is erased, over restarts, until <see cref="EndErasureAsync"/>. Null when there is no such host.</summary>
    [Alias("begin-erasure")]
    Task<HostDocument?> BeginErasureAsync();

    /// <summary>The same for a host that is about to be removed, by the rules of <see cref="DeleteAsync"/>: whoever is killed between the two leaves it closed, and not its data to whoever gets the domain next.</summary>
    /// <param name="ifMatch">As for <see cref="PutAsync"/>.</param>
    [Alias("begin-removal")]
    Task<HostChange> BeginRemovalAsync(long? ifMatch);

    /// <summary>Everything is erased: the host is what its document says. Null when there is no such host.</summary>
    [Alias("end-erasure")]
    Task<HostDocument?> EndErasureAsync();

    /// <summary>Looks at the host's file again, as it came, changed or went; does nothing for a host from the API.</summary>
    [Alias("reload")]
    Task<HostDocument> ReloadAsync();
}
