using FsCheck;
using FsCheck.Fluent;
using Krewe.Contracts.Audit;
using Krewe.Grains.Audit;

namespace Krewe.Tests.Grains.Audit;

/// <summary>How entries get into pages, as a function.</summary>
public sealed class AuditPagingTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Changes_HoweverTheyCome_AreAllInPages_InOrder_UpToTheBound() => Check.One(Config.QuickThrowOnFailure.WithMaxTest(300), Prop.ForAll(
        Gen.Choose(0, 200).ListOf().ToArbitrary(), Gen.Choose(1, 4).ToArbitrary(), (batches, pagesMax) =>
        {
            var (log, pages, next) = (new AuditLogState(), new SortedDictionary<long, AuditPage>(), 0);
            foreach (var batch in batches)
            {
                var append = AuditPaging.Append(log, [.. Enumerable.Range(next, batch).Select(Change)], pagesMax);
                next += batch;
                log = append.State;
                foreach (var page in append.Filled)
                {
                    pages.Add(AuditPaging.PageOf(page.First), page);
                }

                foreach (var dropped in append.Dropped)
                {
                    pages.Remove(dropped);
                }
            }

            var kept = pages.Values.SelectMany(page => page.Entries).Concat(log.Open).Select(entry => entry.Status).ToArray();
            return pages.Count <= pagesMax && log.Open.Length < AuditPaging.PageEntries && AuditPaging.Next(log) == next
                && log.Oldest == next - kept.Length && kept.SequenceEqual(Enumerable.Range((int)log.Oldest, kept.Length))
                && (kept.Length == next || pages.Count == pagesMax);
        }));

    [Fact]
    public void Refusals_ThatAreEqual_BecomeOne_ForAnHour()
    {
        var first = new AuditEntry(AuditKind.Refusal, Start, "key:1", "192.0.2.1", "GET /x", 403) { RequestId = "1" };
        var log = AuditPaging.Append(new AuditLogState(), [first, first with { At = Start.AddMinutes(59), RequestId = "2", Values = [new AuditValue("a", "b")] }], 1).State;

        var one = Assert.Single(log.Open);
        Assert.Equal((2, Start, Start.AddMinutes(59), "2", "b"), (one.Count, one.At, one.LastAt!.Value, one.RequestId, one.Values[0].Value));

        log = AuditPaging.Append(log, [first with { At = Start.AddMinutes(61) }, first with { Status = 401, At = Start.AddMinutes(61) }], 1).State;
        Assert.Equal([2, 1, 1], log.Open.Select(entry => entry.Count));
    }

    [Fact]
    public void Changes_ThatAreEqual_StayApart()
    {
        var log = AuditPaging.Append(new AuditLogState(), [Change(0), Change(0)], 1).State;

        Assert.Equal(2, log.Open.Length);
    }

    [Fact]
    public void Entries_OfClocksThatDisagree_AreInOneOrder()
    {
        var log = AuditPaging.Append(new AuditLogState(), [Change(10), Change(4), Change(11)], 1).State;

        Assert.Equal([Start.AddSeconds(10), Start.AddSeconds(10), Start.AddSeconds(11)], log.Open.Select(entry => entry.At));
    }

    [Fact]
    public void Write_OfNothing_ChangesNothing()
    {
        var log = AuditPaging.Append(new AuditLogState(), [Change(0)], 1).State;

        Assert.Same(log, AuditPaging.Append(log, [], 1).State);
    }

    private static AuditEntry Change(int number) => new(AuditKind.Change, Start.AddSeconds(number), "provider", null, "PUT /x", number);
}
