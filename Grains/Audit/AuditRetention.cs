using Krewe.Contracts.Addressing;
using Krewe.Contracts.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Krewe.Grains.Audit;

/// <summary>Goes through all audit logs now and then, those of hosts that are gone too, and has each remove what is older than entries are kept.</summary>
internal sealed partial class AuditRetention(IGrainKeyIndex index, IGrainFactory grains, TimeProvider time, ILogger<AuditRetention> logger) : BackgroundService
{
    /// <summary>After a start, when that is over.</summary>
    private static readonly TimeSpan FirstAfter = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan Every = TimeSpan.FromHours(6);

    private const int LogsAtOnce = 100;

    public async Task TrimAllAsync(CancellationToken cancellationToken)
    {
        string? after = null;
        while (await index.ListAsync(StorageNames.Audit, StateNames.AuditLog, domain: null, after, LogsAtOnce, cancellationToken) is { IsEmpty: false } logs)
        {
            // One after the other: nobody waits for it.
            foreach (var log in logs)
            {
                await grains.AuditLog(log).TrimAsync().WaitAsync(cancellationToken);
            }

            after = logs[^1];
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(FirstAfter, time);
        while (!stoppingToken.IsCancellationRequested)
        {
            var trimming = TrimNextAsync(timer, stoppingToken);
            await trimming.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (trimming.Exception is { } failure)
            {
                Log.NotTrimmed(logger, failure.InnerException!);
            }
        }
    }

    private async Task TrimNextAsync(PeriodicTimer timer, CancellationToken stoppingToken)
    {
        if (await timer.WaitForNextTickAsync(stoppingToken))
        {
            timer.Period = Every;
            await TrimAllAsync(stoppingToken);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(5001, LogLevel.Warning, "Audit entries that are too old could not be removed; this is tried again")]
        public static partial void NotTrimmed(ILogger logger, Exception exception);
    }
}
