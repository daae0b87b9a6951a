using System.Collections.Frozen;
using System.Collections.Immutable;
using Krewe.Contracts.Addressing;
using Microsoft.Extensions.Logging;

namespace Krewe.Grains.Hosts;

/// <summary>Tells whether a file is still the one that was read.</summary>
internal sealed record FileStamp(string Path, long Length, DateTime WrittenAt);

/// <summary>The folder of host documents at one moment, by the prepared domain that each file's name is.</summary>
internal sealed partial class FileListing
{
    private static readonly EnumerationOptions Enumeration = new() { MatchCasing = MatchCasing.CaseInsensitive, AttributesToSkip = FileAttributes.Hidden };

    private FileListing(Dictionary<string, FileStamp> files)
    {
        Files = files.ToFrozenDictionary(StringComparer.Ordinal);
        Domains = [.. files.Keys.Order(Utf8Order.Comparer)];
    }

    public FrozenDictionary<string, FileStamp> Files { get; }

    public ImmutableArray<string> Domains { get; }

    public static FileListing Empty { get; } = new([]);

    /// <summary>Lists the folder; fails as the file system does when it cannot be read.</summary>
    public static FileListing Of(string folder, ILogger logger)
    {
        var files = new Dictionary<string, FileStamp>(StringComparer.Ordinal);
        foreach (var info in new DirectoryInfo(folder).EnumerateFiles("*.json", Enumeration).OrderBy(info => info.Name, StringComparer.Ordinal))
        {
            // A mounted configuration is often a link: what it points to changes, the link does not.
            var target = info.LinkTarget is null ? info : info.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? info;
            var name = Path.GetFileNameWithoutExtension(info.Name);
            if (!JidEnforcement.TryPrepareDomainpart(name, out var domain))
            {
                Log.NoDomain(logger, info.Name);
            }
            else if (target.Exists && !files.TryAdd(domain, new FileStamp(info.FullName, target.Length, target.LastWriteTimeUtc)))
            {
                Log.SecondFile(logger, domain, info.Name);
            }
        }

        return new FileListing(files);
    }

    private static partial class Log
    {
        [LoggerMessage(4003, LogLevel.Warning, "{File} in the folder of host documents is not named after a domain and is left out")]
        public static partial void NoDomain(ILogger logger, string file);

        [LoggerMessage(4004, LogLevel.Warning, "Host {Host} has more than one document file; {File} is left out")]
        public static partial void SecondFile(ILogger logger, string host, string file);
    }
}
