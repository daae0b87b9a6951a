using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Microsoft.Extensions.Logging;

namespace Krewe.Grains.Hosts;

/// <summary>A host document from the folder.</summary>
/// <param name="Json">The last good document; null while there was none since the start.</param>
internal sealed record HostFile(string Domain, long Version, string? Json);

/// <summary>What a look at the folder found.</summary>
/// <param name="Hosts">Hosts whose file came, went or is another one, or whose components are others because of another file.</param>
/// <param name="Domains">Domains whose standing is another one: a host's file came or went, or another file has them as a component.</param>
internal sealed record HostFilesChange(ImmutableArray<string> Hosts, ImmutableArray<string> Domains)
{
    public static readonly HostFilesChange None = new([], []);
}

/// <summary>
/// The folder of <c>&lt;domain&gt;.json</c>: names and the components that documents name are listed at the start and when something changes, documents are read at
/// first need. A file that turned bad keeps its last good document, and what is wrong with it is logged, once for each content.
/// </summary>
internal sealed partial class HostFiles
{
    private readonly ConcurrentDictionary<string, Entry> _read = new(StringComparer.Ordinal);
    private readonly TimeProvider _time;
    private readonly ILogger<HostFiles> _logger;
    private readonly FileComponents _components = new();
    private volatile Snapshot _now = new(FileListing.Empty, FileClaims.None);
    private volatile bool _isListed = true;

    public HostFiles(string? folder, TimeProvider time, ILogger<HostFiles> logger)
    {
        (Folder, _time, _logger) = (folder, time, logger);
        Rescan();
    }

    public string? Folder { get; }

    /// <summary>The domains that have a file, in ordinal order.</summary>
    public ImmutableArray<string> Domains => _now.Listing.Domains;

    public bool IsHost(string domain) => _now.Listing.Files.ContainsKey(domain);

    /// <summary>The host whose file has the domain as a component.</summary>
    public string? OwnerOf(string domain) => _now.Claims.OwnerOf(domain);

    /// <summary>The document of a domain, read again when the file is another one than at the last time; null when the domain has no file.</summary>
    public async ValueTask<HostFile?> ReadAsync(string domain)
    {
        if (!_now.Listing.Files.TryGetValue(domain, out var stamp))
        {
            _read.TryRemove(domain, out _);
            return null;
        }

        if (_read.TryGetValue(domain, out var known) && known.Stamp == stamp)
        {
            return known.File;
        }

        var file = await ReadAsync(domain, stamp, known?.File);
        _read[domain] = new Entry(stamp, file);
        return file;
    }

    /// <summary>The same as a later version, whether or not the file is another one: what it names may be another's now.</summary>
    /// <param name="version">The least that it has.</param>
    public async ValueTask<HostFile?> RenewAsync(string domain, long version)
    {
        if (await ReadAsync(domain) is not { } file)
        {
            return null;
        }

        file = file with { Version = Math.Max(file.Version + 1, version) };
        _read[domain] = _read[domain] with { File = file };
        return file;
    }

    /// <summary>Lists the folder again. One at a time.</summary>
    public HostFilesChange Rescan()
    {
        if (Folder is null)
        {
            return HostFilesChange.None;
        }

        var before = _now;
        FileListing listing;
        try
        {
            listing = FileListing.Of(Folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A folder that is away, as during a remount, is no reason to end every host.
            if (_isListed)
            {
                Log.NoListing(_logger, e.GetType().Name);
            }

            _isListed = false;
            return HostFilesChange.None;
        }

        _isListed = true;
        if (listing.IsSameAs(before.Listing))
        {
            return HostFilesChange.None;
        }

        foreach (var file in listing.LeftOut.Except(before.Listing.LeftOut))
        {
            Log.LeftOut(_logger, file);
        }

        var after = new Snapshot(listing, FileClaims.Of(listing, _components.Update(listing)));
        foreach (var (host, component) in after.Claims.LeftOut.Except(before.Claims.LeftOut))
        {
            Log.ComponentLeftOut(_logger, component, host);
        }

        _now = after;
        return Difference(before, after);
    }

    private static HostFilesChange Difference(Snapshot before, Snapshot after)
    {
        var cameOrWent = after.Listing.Files.Keys.Except(before.Listing.Files.Keys).Concat(before.Listing.Files.Keys.Except(after.Listing.Files.Keys)).ToArray();
        var changed = after.Listing.Files.Where(file => before.Listing.Files.TryGetValue(file.Key, out var stamp) && stamp != file.Value).Select(file => file.Key);
        var claimed = after.Claims.DifferentFrom(before.Claims).ToArray();
        var owners = claimed.SelectMany(domain => new[] { before.Claims.OwnerOf(domain), after.Claims.OwnerOf(domain) }).OfType<string>();
        return new HostFilesChange([.. cameOrWent.Concat(changed).Union(owners)], [.. cameOrWent.Union(claimed)]);
    }

    private async Task<HostFile> ReadAsync(string domain, FileStamp stamp, HostFile? last)
    {
        var version = Math.Max((last?.Version ?? 0) + 1, _time.GetUtcNow().ToUnixTimeMilliseconds());
        var (json, problems) = await ParseAsync(domain, stamp);
        if (json is null)
        {
            Log.BadFile(_logger, domain, last?.Json is null ? "the host is not served" : "the last good one stays", problems);
            return last ?? new HostFile(domain, version, null);
        }

        return json == last?.Json ? last : new HostFile(domain, version, json);
    }

    private static async Task<(string? Json, string Problems)> ParseAsync(string domain, FileStamp stamp)
    {
        if (stamp.Length > HostDocumentReader.DocumentBytesMax)
        {
            return (null, $"$ is longer than {HostDocumentReader.DocumentBytesMax} bytes");
        }

        try
        {
            var json = FileComponents.Decode(await File.ReadAllBytesAsync(stamp.Path));
            var reading = HostDocumentReader.Read(domain, 0, json);
            return reading.Settings is null
                ? (null, string.Join("; ", reading.Problems.Select(problem => $"{problem.Path} {problem.Message}")))
                : (json, "");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or DecoderFallbackException)
        {
            return (null, $"$ cannot be read: {e.GetType().Name}");
        }
    }

    private sealed record Snapshot(FileListing Listing, FileClaims Claims);

    private sealed record Entry(FileStamp Stamp, HostFile File);

    private static partial class Log
    {
        [LoggerMessage(4003, LogLevel.Warning, "{File} in the folder of host documents is left out: it is named after no domain, or after one that has a file already")]
        public static partial void LeftOut(ILogger logger, string file);

        [LoggerMessage(4008, LogLevel.Warning, "The folder of host documents cannot be listed ({Reason}); the hosts stay as they are")]
        public static partial void NoListing(ILogger logger, string reason);

        [LoggerMessage(4009, LogLevel.Error, "Component {Component} in the document file of host {Host} is left out: it is a host, or another file has it")]
        public static partial void ComponentLeftOut(ILogger logger, string component, string host);

        [LoggerMessage(4002, LogLevel.Error, "The document file of host {Host} is bad, {Consequence}: {Problems}")]
        public static partial void BadFile(ILogger logger, string host, string consequence, string problems);
    }
}
