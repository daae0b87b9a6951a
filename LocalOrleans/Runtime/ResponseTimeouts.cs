using System.Collections.Concurrent;

namespace Orleans.Runtime;

/// <summary>Ends the waiting of callers that were not answered in time: one timer for the process, one queue for each duration.</summary>
internal sealed class ResponseTimeouts(TimeSpan defaultTimeout) : IDisposable
{
    /// <summary>How often the queues' heads are looked at, and so how late a timeout may come.</summary>
    private static readonly TimeSpan ScanPeriod = TimeSpan.FromMilliseconds(100);

    private readonly ConcurrentDictionary<TimeSpan, TimeoutQueue> _queues = [];
    private Timer? _timer;

    public TimeoutQueue For(TimeSpan? timeout) => _queues.GetOrAdd(timeout ?? defaultTimeout, duration => new TimeoutQueue(duration));

    public void Start() => _timer ??= new Timer(static timeouts => ((ResponseTimeouts)timeouts!).Scan(), this, ScanPeriod, ScanPeriod);

    public void Dispose() => _timer?.Dispose();

    private void Scan()
    {
        var now = Environment.TickCount64;
        foreach (var queue in _queues.Values)
        {
            queue.Expire(now);
        }
    }
}

/// <summary>The calls that wait equally long, oldest first, so that only the head needs to be looked at.</summary>
internal sealed class TimeoutQueue(TimeSpan duration)
{
    private readonly Lock _lock = new();
    private Call? _oldest;
    private Call? _newest;

    public TimeSpan Duration { get; } = duration;

    /// <summary>Not to be waited out when there is no timeout.</summary>
    public long Milliseconds { get; } = duration < TimeSpan.Zero ? long.MaxValue / 2 : (long)duration.TotalMilliseconds;

    public void Add(Call call)
    {
        lock (_lock)
        {
            call.IsTimed = true;
            call.EarlierTimeout = _newest;
            if (_newest is null)
            {
                _oldest = call;
            }
            else
            {
                _newest.LaterTimeout = call;
            }

            _newest = call;
        }
    }

    public void Remove(Call call)
    {
        lock (_lock)
        {
            if (call.IsTimed)
            {
                Unlink(call);
            }
        }
    }

    public void Expire(long now)
    {
        while (TryTakeExpired(now) is { } call)
        {
            call.OnTimeout();
        }
    }

    private Call? TryTakeExpired(long now)
    {
        lock (_lock)
        {
            if (_oldest is not { } call || call.ExpiresAt > now)
            {
                return null;
            }

            Unlink(call);
            return call;
        }
    }

    private void Unlink(Call call)
    {
        if (call.EarlierTimeout is null)
        {
            _oldest = call.LaterTimeout;
        }
        else
        {
            call.EarlierTimeout.LaterTimeout = call.LaterTimeout;
        }

        if (call.LaterTimeout is null)
        {
            _newest = call.EarlierTimeout;
        }
        else
        {
            call.LaterTimeout.EarlierTimeout = call.EarlierTimeout;
        }

        (call.EarlierTimeout, call.LaterTimeout, call.IsTimed) = (null, null, false);
    }
}
