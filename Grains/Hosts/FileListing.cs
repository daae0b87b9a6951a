using System.Collections.Immutable;
using Krewe.Contracts.Addressing;

namespace Krewe.Grains.Hosts;

/// <summary>Tells whether a file is still the one that was read.</summary>
internal sealed record FileStamp(string Path, long Length, DateTime WrittenAt);

/// <summary>The folder of host documents at one moment, by the prepared domain that each file's name is.</summary>
internal sealed class FileListing
{
    private static readonly EnumerationOptions Enumeration = new() { MatchCasing = MatchCasing.CaseInsensitive, AttributesToSkip = FileAttributes.Hidden };

    private FileListing(Dictionary<string, FileStamp> files, IEnumerable<string> leftOut)
    {
        Files = files;
        LeftOut = [.. leftOut];
        Domains = [.. files.Keys.Order(OctetOrder.Comparer)];
    }

    public static FileListing Empty { get; } = new([], []);

    public IReadOnlyDictionary<string, FileStamp> Files { get; }

    public ImmutableArray<string> Domains { get; }

    /// <summary>Names of files that are named after no domain, or after one that has a file already.</summary>
    public ImmutableArray<string> LeftOut { get; }

    /// <summary>Lists the folder; fails as the file system does when it cannot be read.</summary>
    public static FileListing Of(string folder)
    {
        var files = new Dictionary<string, FileStamp>(StringComparer.Ordinal);
        var leftOut = new List<string>();
        foreach (var info in new DirectoryInfo(folder).EnumerateFiles("*.json", Enumeration).OrderBy(info => info.Name, StringComparer.Ordinal))
        {
            // A mounted configuration is often a link: what it points to changes, the link does not.
            var target = info.LinkTarget is null ? info : info.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? info;
            if (target.Exists && (!JidEnforcement.TryPrepareDomainpart(Path.GetFileNameWithoutExtension(info.Name), out var domain)
                || !files.TryAdd(domain, new FileStamp(info.FullName, target.Length, target.LastWriteTimeUtc))))
            {
                leftOut.Add(info.Name);
            }
        }

        return new FileListing(files, leftOut);
    }

    public bool IsSameAs(FileListing other) =>
        Files.Count == other.Files.Count && LeftOut.AsSpan().SequenceEqual(other.LeftOut.AsSpan())
        && Files.All(file => other.Files.TryGetValue(file.Key, out var stamp) && stamp == file.Value);
}
