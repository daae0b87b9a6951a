namespace Krewe.Tests.Grains.Muc.Rooms;

/// <summary>The machine's time, put forward, and with it the timers of grains: what is due then fires at once. A grain host's own timers go on as they are.</summary>
internal sealed class GrainTime : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly HashSet<GrainsTimer> _timers = [];
    private TimeSpan _by;

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + _by;

    /// <summary>Grain timers are made without a due time, and get one afterwards.</summary>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (dueTime != Timeout.InfiniteTimeSpan)
        {
            return base.CreateTimer(callback, state, dueTime, period);
        }

        var timer = new GrainsTimer(this, callback, state);
        timer.Inner = base.CreateTimer(static timer => ((GrainsTimer)timer!).Fire(), timer, dueTime, period);
        lock (_gate)
        {
            _timers.Add(timer);
        }

        return timer;
    }

    public void Forward(TimeSpan by)
    {
        GrainsTimer[] timers;
        lock (_gate)
        {
            _by += by;
            timers = [.. _timers];
        }

        foreach (var timer in timers)
        {
            timer.Hurry();
        }
    }

    private sealed class GrainsTimer(GrainTime time, TimerCallback callback, object? state) : ITimer
    {
        private readonly Lock _lock = new();

        /// <summary>Null when it waits for nothing.</summary>
        private DateTimeOffset? _due;

        public ITimer Inner { get; set; } = null!;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (_lock)
            {
                _due = dueTime == Timeout.InfiniteTimeSpan ? null : time.GetUtcNow() + dueTime;
                return Inner.Change(dueTime, period);
            }
        }

        public void Hurry()
        {
            lock (_lock)
            {
                if (_due <= time.GetUtcNow())
                {
                    Inner.Change(TimeSpan.Zero, Timeout.InfiniteTimeSpan);
                }
            }
        }

        /// <summary>Once for each time that it was set, though it may be hurried when it fires anyway.</summary>
        public void Fire()
        {
            lock (_lock)
            {
                if (_due is null)
                {
                    return;
                }

                _due = null;
            }

            callback(state);
        }

        public void Dispose()
        {
            lock (time._gate)
            {
                time._timers.Remove(this);
            }

            Inner.Dispose();
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
