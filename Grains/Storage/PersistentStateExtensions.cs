using Orleans.Storage;

namespace Krewe.Grains.Storage;

/// <summary>
/// Changes of a state that are on disk or did not happen, in memory as well. When somebody else wrote in between, the state is read again and the
/// change is made once more; a second time the exception goes to the caller.
/// </summary>
internal static class PersistentStateExtensions
{
    /// <summary>Writes what <paramref name="change"/> makes of the state; nothing where that is null.</summary>
    public static async Task ChangeAsync<T>(this IPersistentState<T> state, Func<T, T?> change)
        where T : class
    {
        try
        {
            await WriteAsync(state, change);
        }
        catch (InconsistentStateException)
        {
            await state.ReadStateAsync();
            await WriteAsync(state, change);
        }
    }

    public static async Task RemoveAsync<T>(this IPersistentState<T> state)
    {
        try
        {
            await state.ClearStateAsync();
        }
        catch (InconsistentStateException)
        {
            await state.ReadStateAsync();
            await state.ClearStateAsync();
        }
    }

    private static async Task WriteAsync<T>(IPersistentState<T> state, Func<T, T?> change)
        where T : class
    {
        var before = state.State;
        if (change(before) is not { } after)
        {
            return;
        }

        state.State = after;
        try
        {
            await state.WriteStateAsync();
        }
        catch
        {
            state.State = before;
            throw;
        }
    }
}
