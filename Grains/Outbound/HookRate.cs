namespace Krewe.Grains.Outbound;

/// <summary>
/// A token bucket that gives each call its time in advance (the virtual scheduling of ATM's GCRA): no timer and no queue of its own,
/// and whoever could not be served before the deadline learns so at once.
/// </summary>
/// <param name="perSecond">The rate, and how many may pass at once after a rest of a second.</param>
/// <param name="perTurn">What a turn takes; 0 where <see cref="Spend"/> tells afterwards.</param>
internal sealed class HookRate(long perSecond, TimeProvider time, long perTurn = 1)
{
    private readonly Lock _gate = new();
    private readonly long _interval = perTurn == 0 ? 0 : Math.Max(1, perTurn * time.TimestampFrequency / perSecond);
    private long _next = long.MinValue;

    /// <summary>Takes so many turns more, which came to be known only now: whoever comes next waits for them.</summary>
    public void Spend(long turns)
    {
        var now = time.GetTimestamp();
        lock (_gate)
        {
            _next = Math.Max(_next, now - time.TimestampFrequency) + (long)((double)turns * time.TimestampFrequency / perSecond);
        }
    }

    /// <summary>How long to wait for the turn; null when that is longer than <paramref name="waitMax"/>, and then no turn is taken.</summary>
    public TimeSpan? Take(TimeSpan waitMax)
    {
        var now = time.GetTimestamp();
        lock (_gate)
        {
            // A rest is worth one second of calls.
            var turn = Math.Max(_next, now - time.TimestampFrequency);
            var wait = turn > now ? time.GetElapsedTime(now, turn) : TimeSpan.Zero;
            if (wait > waitMax)
            {
                return null;
            }

            _next = turn + _interval;
            return wait;
        }
    }
}
