using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Krewe.Frontend.Observability;

/// <summary>What the process itself uses, in meter <c>Krewe.Process</c>; read only when somebody asks for the metrics.</summary>
internal sealed class ProcessInstruments
{
    public const string MeterName = "Krewe.Process";

    public ProcessInstruments(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        meter.CreateObservableCounter("krewe.process.cpu", () => Environment.CpuUsage.TotalTime.TotalSeconds, "s", "Processor time, user and system");
        meter.CreateObservableGauge("krewe.process.start.time", StartTime, "s", "When the process started, since 1970");
        meter.CreateObservableGauge("krewe.process.working.set", () => Environment.WorkingSet, "By", "Resident memory");
        meter.CreateObservableGauge("krewe.process.gc.heap", () => GC.GetTotalMemory(forceFullCollection: false), "By", "Managed heap in use");
        meter.CreateObservableCounter("krewe.process.gc.allocated", () => GC.GetTotalAllocatedBytes(), "By", "Managed memory allocated since the start");
        meter.CreateObservableCounter("krewe.process.gc.collections", Collections, description: "Garbage collections");
        meter.CreateObservableCounter("krewe.process.gc.pause", () => GC.GetTotalPauseDuration().TotalSeconds, "s", "Time that garbage collections stopped the process");
        meter.CreateObservableGauge("krewe.process.pool.queue", () => ThreadPool.PendingWorkItemCount, description: "Work items that wait for a thread of the pool");
        meter.CreateObservableGauge("krewe.process.pool.threads", () => (long)ThreadPool.ThreadCount, description: "Threads of the pool");
    }

    private static double StartTime()
    {
        using var process = Process.GetCurrentProcess();
        return (process.StartTime.ToUniversalTime() - DateTime.UnixEpoch).TotalSeconds;
    }

    private static IEnumerable<Measurement<long>> Collections()
    {
        for (var generation = 0; generation <= GC.MaxGeneration; generation++)
        {
            yield return new(GC.CollectionCount(generation), KeyValuePair.Create("generation", (object?)generation));
        }
    }
}
