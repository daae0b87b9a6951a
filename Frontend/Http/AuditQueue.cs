using Krewe.Contracts.Addressing;
using Krewe.Contracts.Audit;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Krewe.Frontend.Http;

/// <summary>
/// What is on its way to the audit logs. A change is on disk before its answer; refusals, sign-ins and actions, and what a log that is busy did not take in time, are collected and
/// written every <see cref="WriteEvery"/> and when the process stops. So a process that dies loses those of one second at most.
/// </summary>
internal sealed partial class AuditQueue(IGrainFactory grains, TimeProvider time, ILogger<AuditQueue> logger) : BackgroundService
{
    public static readonly TimeSpan WriteEvery = TimeSpan.FromSeconds(1);

    /// <summary>An answer waits no longer for the log.</summary>
    public static readonly TimeSpan WaitMax = TimeSpan.FromSeconds(2);

    /// <summary>Entries that are collected at a time. Further ones are dropped, counted and told in the process's log.</summary>
    public const int EntriesMax = 16_384;

    /// <summary>Different entries that fold, of one log, in one write; of further ones it is no longer told from where they came, nor what exactly was asked for.</summary>
    public const int FoldedMax = 256;

    private const int LogsAtOnce = 32;

    private readonly Lock _gate = new();
    private Dictionary<string, Collected> _collected = new(StringComparer.Ordinal);
    private int _count;
    private int _dropped;

    /// <summary>On disk when it returns, unless the log is busy or the storage fails: then it is tried again.</summary>
    /// <param name="host">The host's domain; null for the provider's log.</param>
    /// <param name="entry">A change.</param>
    public async Task WriteAsync(string? host, AuditEntry entry)
    {
        var writing = grains.AuditLog(GrainKeys.AuditChanges(host)).AppendAsync([entry]);
        var outcome = writing.WaitAsync(WaitMax, time);
        await outcome.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (writing.IsFaulted)
        {
            Log.NotWritten(logger, writing.Exception.InnerException!);
            Collect(host, entry);
        }
        else if (!writing.IsCompleted)
        {
            // It is on its way, and may be written yet: only when it turns out that it was not, it is tried again.
            _ = CollectIfFailedAsync(writing, host, entry);
        }
    }

    public void Collect(string? host, AuditEntry entry) => CollectFor(LogOf(host, entry), entry);

    /// <summary>Writes what is collected.</summary>
    public async Task WriteCollectedAsync()
    {
        Dictionary<string, Collected> collected;
        int dropped;
        lock (_gate)
        {
            (collected, _collected) = (_collected, new(StringComparer.Ordinal));
            (dropped, _dropped) = (_dropped, 0);
            _count = 0;
        }

        if (dropped > 0)
        {
            Log.Dropped(logger, dropped);
        }

        foreach (var logs in collected.Chunk(LogsAtOnce))
        {
            await Task.WhenAll(logs.Select(log => WriteAsync(log.Key, log.Value)));
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await WriteCollectedAsync();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(WriteEvery, time);
        while (await timer.NextAsync(stoppingToken))
        {
            await WriteCollectedAsync();
        }
    }

    private static string LogOf(string? host, AuditEntry entry) =>
        entry.Kind == AuditKind.Change ? GrainKeys.AuditChanges(host) : GrainKeys.AuditAccesses(host);

    private async Task CollectIfFailedAsync(Task writing, string? host, AuditEntry entry)
    {
        await writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (writing.IsFaulted)
        {
            Log.NotWritten(logger, writing.Exception.InnerException!);
            Collect(host, entry);
        }
    }

    private async Task WriteAsync(string log, Collected collected)
    {
        var writing = grains.AuditLog(log).AppendAsync([.. collected.Entries]);
        await writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!writing.IsFaulted)
        {
            return;
        }

        Log.NotWritten(logger, writing.Exception.InnerException!);
        foreach (var entry in collected.Entries)
        {
            CollectFor(log, entry);
        }
    }

    private void CollectFor(string log, AuditEntry entry)
    {
        lock (_gate)
        {
            if (!_collected.TryGetValue(log, out var collected))
            {
                collected = _collected[log] = new Collected();
            }

            if (_count >= EntriesMax && !collected.Has(entry))
            {
                _dropped++;
            }
            else if (collected.Add(entry))
            {
                _count++;
            }
        }
    }

    /// <summary>Entries for one log, in their order.</summary>
    private sealed class Collected
    {
        private readonly Dictionary<object, int> _places = [];

        public List<AuditEntry> Entries { get; } = [];

        public bool Has(AuditEntry entry) => AuditFolding.Folds(entry) && _places.ContainsKey(AuditFolding.KeyOf(entry));

        /// <summary>Whether it is an entry of its own.</summary>
        public bool Add(AuditEntry entry)
        {
            if (!AuditFolding.Folds(entry))
            {
                Entries.Add(entry);
                return true;
            }

            if (_places.Count >= FoldedMax && !Has(entry))
            {
                entry = entry with { From = null, Values = [] };
            }

            object key = AuditFolding.KeyOf(entry);
            if (_places.TryGetValue(key, out var place))
            {
                Entries[place] = AuditFolding.Join(Entries[place], entry);
                return false;
            }

            _places[key] = Entries.Count;
            Entries.Add(entry);
            return true;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(2602, LogLevel.Warning, "Audit entries could not be written; this is tried again")]
        public static partial void NotWritten(ILogger logger, Exception exception);

        [LoggerMessage(2603, LogLevel.Error, "{Count} audit entries were dropped, as more came than could be written")]
        public static partial void Dropped(ILogger logger, int count);
    }
}
