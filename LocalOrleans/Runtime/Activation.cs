using Orleans.Storage;

namespace Orleans.Runtime;

/// <summary>One grain in memory: its instance, the requests under way and waiting, and its life from activation to deactivation.</summary>
internal sealed class Activation : TurnScheduler, IGrainContext, IRequestHost
{
    private readonly GrainClass _class;
    private Admission _admission;
    private Phase _phase;
    private bool _wasActivated;
    private DeactivationReason _reason;
    private TaskCompletionSource? _deactivated;
    private HashSet<GrainTimer>? _timers;
    private long _keepUntil;

    public Activation(GrainClass grainClass, string key)
    {
        _class = grainClass;
        Key = key;
        LastSweep = grainClass.Silo.Sweep;
    }

    private enum Phase : byte
    {
        Activating,
        Valid,

        /// <summary>Nothing begins any more; what is under way ends, then the grain is told.</summary>
        Deactivating,
        Invalid,
    }

    public string Key { get; }

    public LocalSilo Silo => _class.Silo;

    public string Name => _class.Name;

    public GrainId GrainId => GrainId.Create(_class.GrainType, Key);

    public object? GrainInstance { get; private set; }

    public IServiceProvider ActivationServices => Silo.ServiceProvider;

    /// <summary>The sweep before which it was last used.</summary>
    public int LastSweep { get; private set; }

    /// <summary>The reference that was last made to it, so that <c>GetGrain</c> need not make it again.</summary>
    public Reference? Reference { get; set; }

    public Task Deactivated
    {
        get
        {
            lock (Sync)
            {
                if (_phase == Phase.Invalid)
                {
                    return Task.CompletedTask;
                }

                _deactivated ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                return _deactivated.Task;
            }
        }
    }

    public void Activate()
    {
        _admission.BeginExclusive();
        InlineTurn.New(static activation => _ = ((Activation)activation!).ActivateAsync(), this).Start(this);
    }

    /// <summary>Runs the request's first turn at once, on this thread; false when that is not possible.</summary>
    public bool TryRunInline(Request request)
    {
        if (!InlineTurn.IsAllowed)
        {
            return false;
        }

        object instance;
        lock (Sync)
        {
            if (IsHeld || _phase != Phase.Valid || !_admission.TryBegin(request, _class.IsReentrant))
            {
                return false;
            }

            IsHeld = true;
            instance = GrainInstance!;
        }

        RunHeld(request.NewTurn(this, instance));
        return true;
    }

    /// <summary>Takes the request in; false when the activation is over and another must be asked.</summary>
    public bool TryReceive(Request request)
    {
        lock (Sync)
        {
            if (_phase == Phase.Invalid)
            {
                return false;
            }

            if (Silo.RequestsMax > 0 && _admission.Running + _admission.Waiting > Silo.RequestsMax && request is Call)
            {
                request.Reject(new LimitExceededException($"{Name} has {Silo.RequestsMax} requests under way and waiting."));
                return true;
            }

            if (_phase != Phase.Valid || !_admission.TryBegin(request, _class.IsReentrant))
            {
                _admission.Wait(request);
                return true;
            }
        }

        request.NewTurn(this, GrainInstance!).Start(this);
        return true;
    }

    public void Receive(Request tick)
    {
        if (!TryReceive(tick))
        {
            tick.Reject(new OrleansMessageRejectionException("The activation is over."));
        }
    }

    public void OnCompleted(Request request, Exception? error)
    {
        if (error is InconsistentStateException { IsSourceActivation: true } stale)
        {
            stale.IsSourceActivation = false;
            Deactivate(new DeactivationReason(DeactivationReasonCode.ApplicationError, stale, "The stored state was changed by someone else."));
        }

        lock (Sync)
        {
            _admission.End(request);
            if (request.IsKeepAlive)
            {
                LastSweep = Silo.Sweep;
            }
        }

        Advance();
    }

    public void Deactivate(DeactivationReason deactivationReason, CancellationToken cancellationToken = default)
    {
        lock (Sync)
        {
            if (_phase is Phase.Deactivating or Phase.Invalid)
            {
                return;
            }

            _wasActivated = _phase == Phase.Valid;
            _phase = Phase.Deactivating;
            _reason = deactivationReason;
            if (_admission.Running > 0)
            {
                return;
            }

            _admission.BeginExclusive();
        }

        StartDeactivation();
    }

    /// <summary>Ends it when nobody has used it for so many sweeps.</summary>
    public void DeactivateIfIdle(int sweeps)
    {
        lock (Sync)
        {
            if (_phase != Phase.Valid || _admission.Running > 0 || Silo.Sweep - LastSweep <= sweeps || _keepUntil > Silo.Time.GetTimestamp())
            {
                return;
            }
        }

        Deactivate(new DeactivationReason(DeactivationReasonCode.ActivationIdle, "Nobody used it."));
    }

    public void DelayDeactivation(TimeSpan time)
    {
        var now = Silo.Time.GetTimestamp();
        var ticks = time.TotalSeconds * Silo.Time.TimestampFrequency;
        lock (Sync)
        {
            _keepUntil = time == Timeout.InfiniteTimeSpan || ticks >= long.MaxValue - now ? long.MaxValue : time <= TimeSpan.Zero ? 0 : now + (long)ticks;
        }
    }

    public IGrainTimer AddTimer(Func<CancellationToken, Task> callback, GrainTimerCreationOptions options)
    {
        var timer = new GrainTimer(this, callback, options);
        lock (Sync)
        {
            (_timers ??= []).Add(timer);
        }

        return timer;
    }

    public void Forget(GrainTimer timer)
    {
        lock (Sync)
        {
            _timers?.Remove(timer);
        }
    }

    /// <summary>Begins what may begin now, or the end when everything under way is done.</summary>
    private void Advance()
    {
        while (true)
        {
            Request? next;
            lock (Sync)
            {
                if (_phase == Phase.Deactivating && _admission.Running == 0)
                {
                    _admission.BeginExclusive();
                    break;
                }

                next = _phase == Phase.Valid ? _admission.TryBeginNext(_class.IsReentrant) : null;
                if (next is null)
                {
                    return;
                }
            }

            next.NewTurn(this, GrainInstance!).Start(this);
        }

        StartDeactivation();
    }

    private async Task ActivateAsync()
    {
        Exception? failure = null;
        try
        {
            using var time = new CancellationTokenSource();
            var activating = ActivateAsync(time.Token);
            if (!activating.IsCompleted)
            {
                time.CancelAfter(Silo.ActivationTimeout);
            }

            await activating.WaitAsync(time.Token);
        }
        catch (Exception e)
        {
            // Whatever the grain's own code throws is for those who called it.
            failure = e;
        }

        lock (Sync)
        {
            _admission.EndExclusive();
            _phase = failure is not null ? Phase.Deactivating : _phase == Phase.Activating ? Phase.Valid : _phase;
        }

        if (failure is null)
        {
            Advance();
            return;
        }

        Silo.Log.ActivationFailed(failure, Name);
        End(failure);
    }

    private async Task ActivateAsync(CancellationToken cancellationToken)
    {
        (GrainInstance, var states) = _class.Create(this);
        foreach (var state in states)
        {
            await state.ReadStateAsync(cancellationToken);
        }

        if (GrainInstance is IGrainBase grain)
        {
            await grain.OnActivateAsync(cancellationToken);
        }
    }

    private void StartDeactivation() => InlineTurn.New(static activation => _ = ((Activation)activation!).DeactivateAsync(), this).Start(this);

    private async Task DeactivateAsync()
    {
        DisposeTimers();
        try
        {
            if (_wasActivated && GrainInstance is IGrainBase grain)
            {
                await TellAsync(grain);
            }

            if (GrainInstance is IAsyncDisposable asyncDisposable)
            {
                await asyncDisposable.DisposeAsync();
            }
            else if (GrainInstance is IDisposable disposable)
            {
                disposable.Dispose();
            }
        }
        catch (Exception e)
        {
            // The grain's own code failed; it ends all the same.
            Silo.Log.DeactivationFailed(e, Name);
        }

        End(null);
    }

    private async Task TellAsync(IGrainBase grain)
    {
        using var time = new CancellationTokenSource();
        var telling = grain.OnDeactivateAsync(_reason, time.Token);
        if (!telling.IsCompleted)
        {
            time.CancelAfter(Silo.DeactivationTimeout);
        }

        await telling.WaitAsync(time.Token);
    }

    private void End(Exception? failure)
    {
        DisposeTimers();
        TaskCompletionSource? deactivated;
        lock (Sync)
        {
            _phase = Phase.Invalid;
            deactivated = _deactivated;
        }

        // From here on callers make another activation; those that waited here go there too, unless they waited for an activation that failed.
        _class.Remove(this);
        GrainInstance = null;
        Reference = null;
        while (_admission.TakeWaiting() is { } request)
        {
            if (failure is not null || request is not Call call)
            {
                request.Reject(failure ?? new OrleansMessageRejectionException("The activation is over."));
            }
            else
            {
                _class.SendOn(call, Key);
            }
        }

        deactivated?.TrySetResult();
    }

    private void DisposeTimers()
    {
        GrainTimer[] timers;
        lock (Sync)
        {
            timers = _timers is null ? [] : [.. _timers];
        }

        foreach (var timer in timers)
        {
            timer.Dispose();
        }
    }
}
