using System.Collections.Immutable;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Audit;
using Krewe.Contracts.Storage;
using Krewe.Grains.Storage;
using Orleans.Storage;

namespace Krewe.Grains.Audit;

/// <summary>
/// One audit log. Whatever comes while a write is under way waits and goes into the next one, so that many entries share a write; a write has the head of the log and
/// the pages that it fills. It does not stay in memory for long.
/// </summary>
internal sealed class AuditLogGrain(
    [PersistentState(StateNames.AuditLog, StorageNames.Audit)] IPersistentState<AuditLogState> state, AuditKeeping keeping, TimeProvider time) : Grain, IAuditLogGrain
{
    /// <summary>How long a log stays in memory that nobody writes to or reads.</summary>
    private static readonly TimeSpan Stay = TimeSpan.FromSeconds(5);

    /// <summary>Full pages that one read looks at before it answers with what it has.</summary>
    private const int PagesPerReadMax = 32;

    private List<AuditEntry> _waiting = [];
    private Task _writing = Task.CompletedTask;
    private Task? _next;
    private bool _isTrimDue;
    private bool _isUsed = true;

    private string Key => this.GetPrimaryKeyString();

    private DateTimeOffset Cutoff => time.GetUtcNow() - keeping.KeptFor;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        this.RegisterGrainTimer(LeaveAsync, new GrainTimerCreationOptions { DueTime = Stay, Period = Stay });
        return Task.CompletedTask;
    }

    public Task AppendAsync(ImmutableArray<AuditEntry> entries)
    {
        _waiting.AddRange(entries);
        return WriteAsync();
    }

    public Task TrimAsync()
    {
        _isTrimDue = true;
        return WriteAsync();
    }

    public async Task<AuditSlice> ReadAsync(AuditQuery query)
    {
        _isUsed = true;
        var log = state.State;
        var floor = Math.Max(log.Oldest, query.Tenant is null ? 0 : log.Begins);
        var next = Math.Min(query.Before ?? long.MaxValue, AuditPaging.Next(log));
        if (query.Until is { } until)
        {
            next = Math.Min(next, await FirstNotBeforeAsync(log, until));
        }

        var since = query.Since > Cutoff ? query.Since.Value : Cutoff;
        var limit = Math.Clamp(query.Limit, 1, IAuditLogGrain.ItemsMax);
        var items = ImmutableArray.CreateBuilder<AuditItem>();
        for (var pages = 0; next > floor && pages < PagesPerReadMax; pages++)
        {
            var (page, start) = (await PageWithAsync(log, next - 1), AuditPaging.FirstOf(AuditPaging.PageOf(next - 1)));
            for (; next > Math.Max(floor, page.First) && next - 1 - page.First < page.Entries.Length; next--)
            {
                var entry = page.Entries[(int)(next - 1 - page.First)];
                if (entry.At < since)
                {
                    return new AuditSlice(items.DrainToImmutable(), null, log.BeganAt);
                }

                if (items.Count == limit)
                {
                    return new AuditSlice(items.DrainToImmutable(), next, log.BeganAt);
                }

                if (query.Tenant is null || entry.Tenant == query.Tenant)
                {
                    items.Add(new AuditItem(next - 1, entry));
                }
            }

            // Also past what the page has not got, because it was removed meanwhile.
            next = Math.Min(next, start);
        }

        return new AuditSlice(items.DrainToImmutable(), next > floor ? next : null, log.BeganAt);
    }

    /// <summary>The write that has whatever waits now.</summary>
    private Task WriteAsync()
    {
        _isUsed = true;
        return _next ?? (_writing.IsCompleted ? _writing = WriteWaitingAsync() : _next = WriteBehindAsync(_writing));
    }

    private async Task WriteBehindAsync(Task before)
    {
        // Its failure is told to those who waited for it.
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        _next = null;
        await (_writing = WriteWaitingAsync());
    }

    private async Task WriteWaitingAsync()
    {
        var (entries, isTrimDue) = (_waiting, _isTrimDue);
        (_waiting, _isTrimDue) = ([], false);
        try
        {
            await WriteOnceAsync(entries, isTrimDue);
        }
        catch (InconsistentStateException)
        {
            await state.ReadStateAsync();
            await WriteOnceAsync(entries, isTrimDue);
        }
    }

    /// <summary>
    /// Pages are written before the head that counts on them, and removed before the head that no longer knows them: a log that is interrupted here is read as it was, without what is gone.
    /// </summary>
    private async Task WriteOnceAsync(List<AuditEntry> entries, bool isTrimDue)
    {
        var before = state.State;
        var append = AuditPaging.Append(isTrimDue ? await TrimmedAsync(before) : before, entries, AuditKeeping.PagesMax(Key));
        foreach (var page in append.Filled)
        {
            await Page(AuditPaging.PageOf(page.First)).WriteAsync(page);
        }

        foreach (var page in append.Dropped)
        {
            await Page(page).ClearAsync();
        }

        if (append.State == before)
        {
            return;
        }

        state.State = append.State;
        try
        {
            await (append.State.Oldest == AuditPaging.Next(append.State) ? state.ClearStateAsync() : state.WriteStateAsync());
        }
        catch
        {
            state.State = before;
            throw;
        }
    }

    private async Task<AuditLogState> TrimmedAsync(AuditLogState log)
    {
        while (log.Oldest < log.OpenFirst)
        {
            var number = AuditPaging.PageOf(log.Oldest);
            var page = await Page(number).ReadAsync();
            var kept = AuditPaging.After(page, Cutoff);
            if (!kept.Entries.IsEmpty)
            {
                await (kept == page ? Task.CompletedTask : Page(number).WriteAsync(kept));
                return log with { Oldest = kept.First };
            }

            await Page(number).ClearAsync();
            log = log with { Oldest = AuditPaging.FirstOf(number + 1) };
        }

        var open = AuditPaging.After(new AuditPage(log.OpenFirst, log.Open), Cutoff);
        return open.First == log.OpenFirst ? log : log with { Oldest = open.First, OpenFirst = open.First, Open = open.Entries };
    }

    private async Task<AuditPage> PageWithAsync(AuditLogState log, long number) =>
        number >= log.OpenFirst ? new AuditPage(log.OpenFirst, log.Open) : await Page(AuditPaging.PageOf(number)).ReadAsync();

    /// <summary>The number of the first entry that is not before a time, by halves.</summary>
    private async Task<long> FirstNotBeforeAsync(AuditLogState log, DateTimeOffset time)
    {
        var (low, high) = (log.Oldest, AuditPaging.Next(log));
        while (low < high)
        {
            var middle = low + ((high - low) / 2);
            var page = await PageWithAsync(log, middle);
            var index = middle - page.First;
            var isBefore = index < 0 || index >= page.Entries.Length || page.Entries[(int)index].At < time;
            (low, high) = isBefore ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    private IAuditPageGrain Page(long page) => GrainFactory.AuditPage(Key, page);

    private Task LeaveAsync(CancellationToken cancellationToken)
    {
        if (!_isUsed && _writing.IsCompleted && _next is null)
        {
            DeactivateOnIdle();
        }

        _isUsed = false;
        return Task.CompletedTask;
    }
}
