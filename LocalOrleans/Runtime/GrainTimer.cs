namespace Orleans.Runtime;

/// <summary>A grain's timer. A tick is a request like any other; the next one is counted from its end.</summary>
internal sealed class GrainTimer : IGrainTimer
{
    private readonly Activation _activation;
    private readonly Func<CancellationToken, Task> _callback;
    private readonly GrainTimerCreationOptions _options;
    private readonly CancellationTokenSource _disposal = new();
    private readonly Lock _lock = new();
    private readonly ITimer _timer;
    private TimeSpan _period;
    private TimeSpan? _changedDueTime;
    private bool _isTicking;
    private bool _isDisposed;

    public GrainTimer(Activation activation, Func<CancellationToken, Task> callback, GrainTimerCreationOptions options)
    {
        _activation = activation;
        _callback = callback;
        _options = options;
        _period = options.Period;

        // The timer lives longer than the call that makes it; it must not keep that call's async locals.
        var flow = ExecutionContext.IsFlowSuppressed() ? default(AsyncFlowControl?) : ExecutionContext.SuppressFlow();
        _timer = activation.Silo.Time.CreateTimer(
            static timer => ((GrainTimer)timer!).Tick(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        flow?.Undo();
        _timer.Change(options.DueTime, Timeout.InfiniteTimeSpan);
    }

    public void Change(TimeSpan dueTime, TimeSpan period)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dueTime, Timeout.InfiniteTimeSpan);
        ArgumentOutOfRangeException.ThrowIfLessThan(period, Timeout.InfiniteTimeSpan);
        lock (_lock)
        {
            _period = period;
            if (_isTicking)
            {
                _changedDueTime = dueTime;
            }
            else if (!_isDisposed)
            {
                _timer.Change(dueTime, Timeout.InfiniteTimeSpan);
            }
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
            _timer.Dispose();
        }

        _activation.Forget(this);
        _disposal.Cancel();
    }

    private void Tick()
    {
        lock (_lock)
        {
            _isTicking = true;
        }

        _activation.Receive(new TickRequest(this));
    }

    private void OnTicked()
    {
        lock (_lock)
        {
            _isTicking = false;
            if (!_isDisposed)
            {
                _timer.Change(_changedDueTime ?? _period, Timeout.InfiniteTimeSpan);
            }

            _changedDueTime = null;
        }
    }

    private sealed class TickRequest(GrainTimer timer) : Request
    {
        public override bool IsAlwaysInterleave => timer._options.Interleave;

        public override bool IsKeepAlive => timer._options.KeepAlive;

        public override bool IsAbandoned => timer._disposal.IsCancellationRequested;

        /// <summary>The activation is over, and the timer with it.</summary>
        public override void Reject(Exception exception) => timer.Dispose();

        protected override Task Invoke(object instance) => timer._callback(timer._disposal.Token);

        protected override void OnCompleted(IRequestHost host, Task task)
        {
            if (task.Exception is { } error)
            {
                timer._activation.Silo.Log.TimerFailed(error.InnerException!, host.Name);
            }

            timer.OnTicked();
        }
    }
}
