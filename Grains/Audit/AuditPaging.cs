using System.Collections.Immutable;
using Krewe.Contracts.Audit;

namespace Krewe.Grains.Audit;

/// <summary>What new entries make of an audit log.</summary>
/// <param name="Filled">Pages that are full now.</param>
/// <param name="Dropped">Numbers of pages that there is no more room for.</param>
internal sealed record AuditAppend(AuditLogState State, ImmutableArray<AuditPage> Filled, ImmutableArray<long> Dropped);

/// <summary>How the entries of an audit log are put into pages, and when the oldest go: a log has so many full pages at most.</summary>
internal static class AuditPaging
{
    /// <summary>A write rewrites one page: some 16 KB.</summary>
    public const int PageEntries = 64;

    public static long PageOf(long number) => number / PageEntries;

    public static long FirstOf(long page) => page * PageEntries;

    /// <summary>The number of the next entry.</summary>
    public static long Next(AuditLogState log) => log.OpenFirst + log.Open.Length;

    public static AuditAppend Append(AuditLogState log, IReadOnlyCollection<AuditEntry> entries, int pagesMax)
    {
        if (entries.Count == 0)
        {
            return new AuditAppend(log, [], []);
        }

        var open = log.Open.ToBuilder();
        var filled = ImmutableArray.CreateBuilder<AuditPage>();
        foreach (var entry in entries)
        {
            // Entries of several processes come as their clocks are; one log has one order.
            var added = entry.At < log.NewestAt ? entry with { At = log.NewestAt.Value } : entry;
            if (AuditFolding.Folds(added) && IndexOfEqual(open, added) is var index and >= 0)
            {
                open[index] = AuditFolding.Join(open[index], added);
                continue;
            }

            log = Marked(log, log.OpenFirst + open.Count, added);
            open.Add(added);
            if ((log.OpenFirst + open.Count) % PageEntries == 0)
            {
                filled.Add(new AuditPage(log.OpenFirst, open.ToImmutable()));
                log = log with { OpenFirst = log.OpenFirst + open.Count };
                open.Clear();
            }
        }

        return Bounded(log with { Open = open.ToImmutable() }, filled, pagesMax);
    }

    /// <summary>Entries from the first that is not before a time.</summary>
    public static AuditPage After(AuditPage page, DateTimeOffset cutoff)
    {
        var old = page.Entries.TakeWhile(entry => entry.At < cutoff).Count();
        return old == 0 ? page : new AuditPage(page.First + old, page.Entries[old..]);
    }

    private static AuditLogState Marked(AuditLogState log, long number, AuditEntry entry) => entry.Mark switch
    {
        AuditMark.HostCreated => log with { NewestAt = entry.At, Begins = number, BeganAt = entry.At },
        AuditMark.HostDeleted => log with { NewestAt = entry.At, Begins = number + 1, BeganAt = entry.At },
        _ => log with { NewestAt = entry.At },
    };

    private static AuditAppend Bounded(AuditLogState log, ImmutableArray<AuditPage>.Builder filled, int pagesMax)
    {
        var dropped = ImmutableArray.CreateBuilder<long>();
        while (PageOf(log.OpenFirst) - PageOf(log.Oldest) > pagesMax)
        {
            var page = PageOf(log.Oldest);
            dropped.Add(page);
            log = log with { Oldest = FirstOf(page + 1) };
        }

        return new AuditAppend(log, [.. filled.Where(page => page.First >= log.Oldest)], dropped.ToImmutable());
    }

    private static int IndexOfEqual(ImmutableArray<AuditEntry>.Builder open, AuditEntry entry)
    {
        var key = AuditFolding.KeyOf(entry);
        for (var i = open.Count - 1; i >= 0 && entry.At - open[i].At < AuditFolding.Within; i--)
        {
            if (AuditFolding.KeyOf(open[i]) == key)
            {
                return i;
            }
        }

        return -1;
    }
}
