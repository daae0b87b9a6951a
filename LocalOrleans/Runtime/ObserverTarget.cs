using System.Diagnostics.CodeAnalysis;

namespace Orleans.Runtime;

/// <summary>
/// An observer as the process knows it: held weakly, called once at a time. A call to one that is gone is dropped and its caller left to time out,
/// as if the process that had it were gone.
/// </summary>
internal sealed class ObserverTarget(LocalSilo silo, IGrainObserver observer, GrainId id) : IRequestHost
{
    private readonly WeakReference<IGrainObserver> _observer = new(observer);
    private readonly Queue<Request> _waiting = [];
    private readonly Lock _lock = new();
    private bool _isBusy;
    private bool _isDeleted;

    public GrainId GrainId => id;

    public string Name { get; } = observer.GetType().Name;

    public void Delete() => _isDeleted = true;

    public bool TryRunInline(Call call)
    {
        if (!InlineTurn.IsAllowed || !TryGetObserver(out var observer))
        {
            return false;
        }

        if (!call.IsAlwaysInterleave)
        {
            lock (_lock)
            {
                if (_isBusy)
                {
                    return false;
                }

                _isBusy = true;
            }
        }

        // It is no grain: what it awaits must not come back to a turn of the grain that calls.
        var outer = TurnScheduler.Exchange(null);
        InlineTurn.Run(call.NewTurn(this, observer), TaskScheduler.Default);
        TurnScheduler.Exchange(outer);
        return true;
    }

    public void Receive(Call call)
    {
        if (!TryGetObserver(out var observer))
        {
            silo.Log.ObserverGone(Name, call.Method.Name);
            return;
        }

        if (!call.IsAlwaysInterleave)
        {
            lock (_lock)
            {
                if (_isBusy)
                {
                    _waiting.Enqueue(call);
                    return;
                }

                _isBusy = true;
            }
        }

        call.NewTurn(this, observer).Start(TaskScheduler.Default);
    }

    public void OnCompleted(Request request, Exception? error)
    {
        if (request.IsAlwaysInterleave)
        {
            return;
        }

        while (true)
        {
            Request? next;
            lock (_lock)
            {
                if (!_waiting.TryDequeue(out next))
                {
                    _isBusy = false;
                    return;
                }
            }

            if (TryGetObserver(out var observer))
            {
                next.NewTurn(this, observer).Start(TaskScheduler.Default);
                return;
            }

            silo.Log.ObserverGone(Name, ((Call)next).Method.Name);
        }
    }

    private bool TryGetObserver([NotNullWhen(true)] out IGrainObserver? observer)
    {
        observer = null;
        return !_isDeleted && _observer.TryGetTarget(out observer);
    }
}
