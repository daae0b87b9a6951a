using Orleans.Runtime;

namespace Orleans.Storage;

/// <summary>A state that is read before <c>OnActivateAsync</c>.</summary>
internal interface IActivationState
{
    Task ReadStateAsync(CancellationToken cancellationToken);
}

/// <summary>
/// One grain's hold on one state. Operations run one after another, each with the ETag that the last one left; writes that wait together are one.
/// </summary>
internal sealed class PersistentState<TState>(Activation activation, string name, IGrainStorage storage) : IPersistentState<TState>, IActivationState
{
    private readonly GrainState<TState> _state = new(StateActivator<TState>.Create());
    private Task _last = Task.CompletedTask;
    private Task? _waitingWrite;
    private bool _isRead;

    public TState State
    {
        get
        {
            EnsureTurn();
            return _state.State!;
        }

        set
        {
            EnsureTurn();
            _state.State = value;
        }
    }

    public string? Etag => _state.ETag;

    public bool RecordExists => _isRead ? _state.RecordExists : throw new InvalidOperationException($"The state {name} is not read yet.");

    public Task ReadStateAsync() => ReadStateAsync(CancellationToken.None);

    public Task WriteStateAsync() => WriteStateAsync(CancellationToken.None);

    public Task ClearStateAsync() => ClearStateAsync(CancellationToken.None);

    public Task ReadStateAsync(CancellationToken cancellationToken) => _last = RunAsync(
        async () =>
        {
            await storage.ReadStateAsync(name, activation.GrainId, _state, cancellationToken);
            _isRead = true;
        });

    public Task WriteStateAsync(CancellationToken cancellationToken)
    {
        EnsureTurn();
        if (_waitingWrite is { } waiting && !cancellationToken.CanBeCanceled)
        {
            return waiting;
        }

        var isWaiting = !_last.IsCompleted;
        _last = RunAsync(
            () =>
            {
                _waitingWrite = null;
                return storage.WriteStateAsync(name, activation.GrainId, _state, cancellationToken);
            });
        _waitingWrite = isWaiting && !cancellationToken.CanBeCanceled ? _last : null;
        return _last;
    }

    public Task ClearStateAsync(CancellationToken cancellationToken) =>
        _last = RunAsync(() => storage.ClearStateAsync(name, activation.GrainId, _state, cancellationToken));

    private async Task RunAsync(Func<Task> operation)
    {
        EnsureTurn();
        if (!_last.IsCompleted)
        {
            // A write that waits for an earlier one must not be joined by a later one once something else stands between.
            _waitingWrite = null;
            await _last.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }

        try
        {
            await operation();
        }
        catch (Exception e) when (e is not (OrleansException or OperationCanceledException))
        {
            throw new OrleansException($"The storage of the state {name} failed: {e.Message}", e);
        }
    }

    private static void EnsureTurn()
    {
        if (TurnScheduler.Running is null)
        {
            throw new InvalidOperationException("A grain's state was touched outside of the grain's turns.");
        }
    }
}
