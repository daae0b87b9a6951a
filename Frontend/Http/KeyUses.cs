using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Krewe.Frontend.Http;

/// <summary>
/// When and from where keys were last used in this process. Written behind: a request leaves a note in memory, and a key's note goes to its grain once in
/// <see cref="WriteEvery"/> and when the process stops. What a process that dies has not written yet is lost.
/// </summary>
internal sealed partial class KeyUses(IGrainFactory grains, TimeProvider time, ILogger<KeyUses> logger) : BackgroundService
{
    /// <summary>A key's last use is not written more often.</summary>
    public static readonly TimeSpan WriteEvery = TimeSpan.FromMinutes(5);

    /// <summary>Keys that are noted at a time; the uses of further ones are not, until some of these have not been used for a while.</summary>
    public const int KeysMax = 16_384;

    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<(string? Host, string? Tenant, string KeyId), LastUse> _notes = new();

    public void Note(ApiCaller caller, IPAddress? from)
    {
        var key = (caller.Host, caller.Tenant, caller.KeyId!);
        if (!_notes.TryGetValue(key, out var note))
        {
            if (_notes.Count >= KeysMax)
            {
                return;
            }

            note = _notes.GetOrAdd(key, _ => new LastUse());
        }

        lock (note)
        {
            (note.At, note.From, note.IsDirty) = (time.GetUtcNow(), from, true);
        }
    }

    /// <summary>The key with what this process knows of its last use and has not written yet.</summary>
    public ApiKey WithLatest(ApiKey key, string? host, string? tenant)
    {
        if (!_notes.TryGetValue((host, tenant, key.Id), out var note))
        {
            return key;
        }

        lock (note)
        {
            return note.At <= key.LastUsedAt ? key : key with { LastUsedAt = note.At, LastUsedFrom = note.From?.ToString() };
        }
    }

    /// <summary>Writes what is due, and forgets keys that have not been used since they were last written.</summary>
    public async Task WriteAsync(bool isAll)
    {
        var now = time.GetUtcNow();
        var due = new List<((string? Host, string? Tenant, string KeyId) Key, KeyUse Use)>();
        foreach (var (key, note) in _notes)
        {
            lock (note)
            {
                if (note.IsDirty && (isAll || !(now - note.WrittenAt < WriteEvery)))
                {
                    due.Add((key, new KeyUse(key.KeyId, note.At, note.From?.ToString())));
                    (note.IsDirty, note.WrittenAt) = (false, now);
                }
                else if (!note.IsDirty && now - note.WrittenAt >= WriteEvery)
                {
                    _notes.TryRemove(key, out _);
                }
            }
        }

        foreach (var ring in due.GroupBy(one => (one.Key.Host, one.Key.Tenant)))
        {
            var writing = (ring.Key.Host is { } host ? grains.HostKeys(host) : grains.TenantKeys(ring.Key.Tenant!)).NoteUsesAsync([.. ring.Select(one => one.Use)]);
            await writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (writing.Exception is { } failure)
            {
                // The next use of these keys is written again.
                Log.NotWritten(logger, failure.InnerException!);
            }
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await WriteAsync(isAll: true);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(LookEvery, time);
        while (await timer.NextAsync(stoppingToken))
        {
            await WriteAsync(isAll: false);
        }
    }

    /// <summary>Guarded by itself.</summary>
    private sealed class LastUse
    {
        public DateTimeOffset At { get; set; }

        public IPAddress? From { get; set; }

        public bool IsDirty { get; set; }

        public DateTimeOffset? WrittenAt { get; set; }
    }

    private static partial class Log
    {
        [LoggerMessage(2601, LogLevel.Warning, "The last use of keys could not be written")]
        public static partial void NotWritten(ILogger logger, Exception exception);
    }
}
