using System.Diagnostics.Metrics;

namespace Krewe.Grains.Storage;

/// <summary>What an operator sees of the storage.</summary>
internal static class StorageInstruments
{
    private static readonly Meter Meter = new("Krewe.Storage");

    public static readonly UpDownCounter<long> Queued =
        Meter.CreateUpDownCounter<long>("krewe.storage.queue.length", "{write}", "Writes that wait for their transaction.");

    public static readonly Counter<long> Written = Meter.CreateCounter<long>("krewe.storage.writes", "{write}", "Writes committed, stale ones included.");

    public static readonly Counter<long> Commits = Meter.CreateCounter<long>("krewe.storage.commits", "{commit}", "Transactions committed.");

    public static readonly Counter<long> Failed = Meter.CreateCounter<long>("krewe.storage.writes.failed", "{write}", "Writes that the database refused.");

    public static readonly Counter<long> Refused = Meter.CreateCounter<long>("krewe.storage.writes.refused", "{write}", "Writes for which the queue had no room.");
}
