namespace Krewe.Silo;

/// <summary>
/// Gives memory back after a storm. The garbage collector works when something is allocated; a process in which ten thousand clients have just logged in and
/// fallen silent would keep what their logins left behind. So once it is quiet, and there was a storm, the heap is compacted; and once more a while later, when what is
/// kept only for moments, such as grains that nobody asks any more, has gone as well.
/// </summary>
internal sealed class HeapTrim(TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    /// <summary>A storm: less than this is not worth a pause.</summary>
    private const long StormBytes = 64 * 1024 * 1024;

    /// <summary>Quiet: so little allocated in one interval, and so little done, that a pause of some hundred milliseconds would hold up next to nobody.</summary>
    private const long QuietBytes = 512 * 1024;

    /// <summary>Of all processors together in one interval: a process with nothing to do takes half of it, and a stanza, which may allocate nothing, some ten microseconds.</summary>
    private static readonly TimeSpan QuietCpu = TimeSpan.FromMilliseconds(50);

    /// <summary>Longer than anything is kept only for moments.</summary>
    private static readonly TimeSpan SettledAfter = TimeSpan.FromSeconds(15);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        long trimmedAt = GC.GetTotalAllocatedBytes(), last = trimmedAt;
        var lastCpu = Environment.CpuUsage.TotalTime;
        long? settling = null;
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            var (allocated, cpu) = (GC.GetTotalAllocatedBytes(), Environment.CpuUsage.TotalTime);
            var isSettled = settling is { } since && time.GetElapsedTime(since) >= SettledAfter;
            if (allocated - last < QuietBytes && cpu - lastCpu < QuietCpu && (allocated - trimmedAt > StormBytes || isSettled))
            {
                settling = isSettled ? null : time.GetTimestamp();
                trimmedAt = allocated;
                GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            }

            (last, lastCpu) = (allocated, cpu);
        }
    }
}
