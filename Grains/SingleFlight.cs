namespace Krewe.Grains;

/// <summary>
/// Work of which one run is under way at a time and at most one more waits, shared by all who want it. Not thread-safe: for a grain, whose calls take turns.
/// </summary>
internal sealed class SingleFlight<T>(Func<Task<T>> work)
{
    private Task<T>? _current;
    private Task<T>? _next;

    public bool IsUnderWay => _current is { IsCompleted: false } || _next is not null;

    /// <summary>The run that is under way or about to begin; a new one when there is none.</summary>
    public Task<T> Join() => _current is { IsCompleted: false } current ? current : _next ?? Start();

    /// <summary>A run that begins after this call.</summary>
    public Task<T> JoinNext() => IsUnderWay ? _next ??= NextAsync(_current!) : Start();

    /// <summary>Ends when no run is under way, however it ended.</summary>
    public async Task IdleAsync()
    {
        while (IsUnderWay)
        {
            await Ended(_next ?? _current!);
        }
    }

    private Task<T> Start() => _current = work();

    private async Task<T> NextAsync(Task<T> before)
    {
        await Ended(before);
        (_current, _next) = (_next, null);
        return await work();
    }

    // The failure of a run is for those who wait for that run.
    private static async Task Ended(Task task) =>
        await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
}
