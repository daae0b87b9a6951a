using System.Collections.Concurrent;
using Krewe.Contracts.Hosting;
using Krewe.Contracts.Hosts;
using Microsoft.Extensions.Logging;

namespace Krewe.Frontend.Sasl;

/// <summary>
/// The JWKS files of the folder <c>jwks</c> in the data folder (<c>jwt_keys_file</c>), as they were last good. Only the provider can name one, and only by a name without
/// a path. A login looks whether its file has changed, though not more often than every few seconds.
/// </summary>
internal sealed partial class JwtKeyFiles(KreweOptions options, TimeProvider time, ILogger<JwtKeyFiles> logger)
{
    public const string FolderName = "jwks";

    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(2);

    // One entry for each file that some host names.
    private readonly ConcurrentDictionary<string, KeyFile> _files = new(StringComparer.Ordinal);

    /// <summary>The keys; null while the file has never been good.</summary>
    public async ValueTask<JwtKeySet?> GetAsync(string name)
    {
        var file = _files.GetOrAdd(name, static _ => new KeyFile());
        if (!IsFresh(file.Known))
        {
            await file.Gate.WaitAsync();
            try
            {
                file.Known = IsFresh(file.Known) ? file.Known : await LookAsync(name, file.Known);
            }
            finally
            {
                file.Gate.Release();
            }
        }

        return file.Known?.Keys;
    }

    private bool IsFresh(Known? known) => known is not null && time.GetElapsedTime(known.LookedAt) < LookEvery;

    private async Task<Known> LookAsync(string name, Known? before)
    {
        var path = Path.Combine(options.Data, FolderName, name);
        try
        {
            var file = new FileInfo(path);
            var stamp = (file.LastWriteTimeUtc, file.Exists ? file.Length : -1);
            if (before is not null && stamp == before.Stamp)
            {
                return before with { LookedAt = time.GetTimestamp() };
            }

            var keys = file is { Exists: true, Length: <= JwtKeySet.JsonBytesMax } ? JwtKeySet.TryParse(await File.ReadAllTextAsync(path)) : null;
            if (keys is null)
            {
                LogBad(name);
            }

            return new Known(keys ?? before?.Keys, stamp, time.GetTimestamp());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogUnreadable(name, e.Message);
            return new Known(before?.Keys, default, time.GetTimestamp());
        }
    }

    [LoggerMessage(2102, LogLevel.Warning, "The file of keys {Name} is missing, too large or no JWKS document of public keys; what it last held still counts")]
    private partial void LogBad(string name);

    [LoggerMessage(2103, LogLevel.Warning, "The file of keys {Name} cannot be read, and what it last held still counts: {Reason}")]
    private partial void LogUnreadable(string name, string reason);

    private sealed record Known(JwtKeySet? Keys, (DateTime WrittenAt, long Bytes) Stamp, long LookedAt);

    private sealed class KeyFile
    {
        public SemaphoreSlim Gate { get; } = new(1);

        public volatile Known? Known;
    }
}
