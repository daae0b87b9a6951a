using System.Collections.Immutable;
using Krewe.Contracts.Storage;
using Krewe.Contracts.Usage;
using Krewe.Grains.Storage;

namespace Krewe.Grains.Usage;

/// <summary>The days of one month of one host: written once a day, read when somebody makes a bill, and not kept in memory between.</summary>
internal sealed class UsageMonthGrain(
    [PersistentState(StateNames.UsageMonth, StorageNames.Settings)] IPersistentState<UsageMonthState> state) : Grain, IUsageMonthGrain
{
    private ShortStay? _stay;

    public async Task PutAsync(UsageDay day)
    {
        Leave();
        await state.ChangeAsync(month => month with
        {
            Days = [.. month.Days.Where(known => known.Date != day.Date).Append(day).OrderBy(static each => each.Date, StringComparer.Ordinal)],
        });
    }

    public Task<ImmutableArray<UsageDay>> DaysAsync()
    {
        Leave();
        return Task.FromResult(state.State.Days);
    }

    public async Task ClearAsync()
    {
        Leave();
        if (state.RecordExists)
        {
            await state.RemoveAsync();
        }
    }

    private void Leave() => (_stay ??= new(this, static () => true)).Begin();
}
