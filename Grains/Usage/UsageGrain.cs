using System.Collections.Immutable;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Storage;
using Krewe.Contracts.Usage;
using Krewe.Grains.Storage;

namespace Krewe.Grains.Usage;

/// <summary>
/// One host's usage. What is written with each batch is small whatever the host's age: rows of days that are over go to a grain for each month, which is written once a day.
/// </summary>
internal sealed class UsageGrain(
    [PersistentState(StateNames.Usage, StorageNames.Settings)] IPersistentState<UsageState> state, IGrainKeyIndex keys, TimeProvider time) : Grain, IUsageGrain
{
    private ShortStay? _stay;

    private string Host => this.GetPrimaryKeyString();

    public async Task AddAsync(UsageBatch batch)
    {
        var today = UsageDates.Day(time.GetUtcNow());
        if (state.State.Day is { } day && string.CompareOrdinal(day.Date, today) < 0)
        {
            await EndDayAsync(day, today);
        }

        await state.ChangeAsync(usage => usage.With(batch, today));
    }

    public async Task<UsageReport> ReadAsync(string since)
    {
        var usage = state.State;
        var months = usage.Months.Where(month => string.CompareOrdinal(month, UsageDates.Month(since)) >= 0);
        var past = await Task.WhenAll(months.Select(month => GrainFactory.UsageMonth(Host, month).DaysAsync()));
        LeaveIfEmpty();

        // The last day may be in its month already, if it was put there and the rest failed.
        var days = past.SelectMany(static month => month).Where(day => day.Date != usage.Day?.Date).Concat(usage.Day is { } last ? [last] : []);
        return new(usage.Totals, usage.SessionsPeak, [.. days.Where(day => string.CompareOrdinal(day.Date, since) >= 0)]);
    }

    public async Task<UsageStored> StoredAsync(ImmutableArray<string> roomServices)
    {
        LeaveIfEmpty();
        var accounts = await keys.CountAsync(StorageNames.Accounts, StateNames.Account, Host);
        long rooms = 0;
        foreach (var service in roomServices)
        {
            rooms += await keys.CountAsync(StorageNames.Rooms, StateNames.Room, service);
        }

        return new(accounts, rooms);
    }

    public async Task ClearAsync()
    {
        foreach (var month in state.State.Months)
        {
            await GrainFactory.UsageMonth(Host, month).ClearAsync();
        }

        if (state.RecordExists)
        {
            await state.RemoveAsync();
        }

        LeaveIfEmpty();
    }

    /// <summary>Asked again after a failure, each step does no harm.</summary>
    private async Task EndDayAsync(UsageDay day, string today)
    {
        var month = UsageDates.Month(day.Date);
        await GrainFactory.UsageMonth(Host, month).PutAsync(day);
        var oldest = UsageDates.Month(UsageDates.Day(DateTimeOffset.Parse(today, System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.AssumeUniversal).AddDays(-IUsageGrain.DaysKept)));
        var old = state.State.Months.Where(known => string.CompareOrdinal(known, oldest) < 0).ToArray();
        foreach (var known in old)
        {
            await GrainFactory.UsageMonth(Host, known).ClearAsync();
        }

        await state.ChangeAsync(usage => usage with { Months = [.. usage.Months.Append(month).Except(old).Order(StringComparer.Ordinal)], Day = null });
    }

    /// <summary>Asked for by whoever may see the host, of which most have nothing for a long time.</summary>
    private void LeaveIfEmpty()
    {
        if (!state.RecordExists)
        {
            (_stay ??= new(this, () => !state.RecordExists)).Begin();
        }
    }
}
