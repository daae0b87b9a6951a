using System.Collections.Concurrent;

namespace Krewe.Frontend.Routing;

/// <summary>
/// What one sender sends to each recipient, in its order (RFC 6120 §10.1), while different recipients do not wait for each other: for a component, which speaks to
/// users of many tenants over one stream. Bounded: a sender whose steps do not end is not read from.
/// </summary>
/// <param name="failed">Told of a step that threw.</param>
internal sealed class RecipientOrder(Action<Exception> failed)
{
    /// <summary>Steps under way.</summary>
    public const int StepsMax = 4096;

    private readonly ConcurrentDictionary<string, Task> _last = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _slots = new(StepsMax);

    /// <summary>Whether something for the recipient is under way, which nothing may pass.</summary>
    public bool IsUnderWay(string recipient) => _last.ContainsKey(recipient);

    /// <summary>Begins the step, or puts it behind what is under way. Done when it has its place. Only the sender's read loop calls it.</summary>
    public async ValueTask RunAsync(string recipient, Func<Task> step)
    {
        await _slots.WaitAsync();
        var run = RunAfterAsync(_last.GetValueOrDefault(recipient), step);
        if (run.IsCompleted)
        {
            _slots.Release();
            return;
        }

        _last[recipient] = run;
        _ = ForgetAsync(recipient, run);
    }

    /// <summary>Begins what has no place in any order, such as to answer a request, but counts among the steps that may be under way. Done when it is begun.</summary>
    public async ValueTask RunAsideAsync(Func<Task> step)
    {
        await _slots.WaitAsync();
        var run = RunAfterAsync(null, step);
        if (run.IsCompleted)
        {
            _slots.Release();
        }
        else
        {
            _ = ReleaseAsync(run);
        }
    }

    /// <summary>The same for a step that was begun, while nothing was under way.</summary>
    public ValueTask AddAsync(string recipient, ValueTask begun) => begun.IsCompletedSuccessfully ? default : RunAsync(recipient, begun.AsTask);

    private async Task RunAfterAsync(Task? before, Func<Task> step)
    {
        if (before is not null)
        {
            await before;
        }

        try
        {
            await step();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            failed(e);
        }
    }

    private async Task ForgetAsync(string recipient, Task run)
    {
        await run;
        _last.TryRemove(KeyValuePair.Create(recipient, run));
        _slots.Release();
    }

    private async Task ReleaseAsync(Task run)
    {
        await run;
        _slots.Release();
    }
}
