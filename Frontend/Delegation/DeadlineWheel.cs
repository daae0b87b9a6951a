namespace Krewe.Frontend.Delegation;

/// <summary>
/// Requests by the time at which they are given up: a wheel of slots, so that each is entered, taken out and found due in constant time, however many wait. Its owner locks.
/// </summary>
internal sealed class DeadlineWheel(TimeProvider time)
{
    /// <summary>How late a request may be given up, at most.</summary>
    public static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);

    // Most grants' 30 seconds are less than one turn.
    private const int Slots = 512;

    private readonly PendingIq?[] _slots = new PendingIq?[Slots];
    private readonly long _origin = time.GetTimestamp();
    private long _tick;

    public int Count { get; private set; }

    public void Add(PendingIq iq)
    {
        var elapsed = time.GetElapsedTime(_origin);
        if (Count++ == 0)
        {
            // Nothing was looked at while there was nothing.
            _tick = elapsed.Ticks / Tick.Ticks;
        }

        // The first tick that is not before the time.
        iq.DueTick = Math.Max(_tick + 1, ((elapsed + iq.Timeout).Ticks + Tick.Ticks - 1) / Tick.Ticks);
        ref var first = ref Slot(iq.DueTick);
        (iq.Previous, iq.Next) = (null, first);
        if (first is not null)
        {
            first.Previous = iq;
        }

        first = iq;
    }

    public void Remove(PendingIq iq)
    {
        if (iq.Previous is { } previous)
        {
            previous.Next = iq.Next;
        }
        else
        {
            Slot(iq.DueTick) = iq.Next;
        }

        if (iq.Next is { } next)
        {
            next.Previous = iq.Previous;
        }

        (iq.Previous, iq.Next) = (null, null);
        Count--;
    }

    /// <summary>Those whose time has come; they stay until they are taken out.</summary>
    public void FindDue(List<PendingIq> due)
    {
        var now = time.GetElapsedTime(_origin).Ticks / Tick.Ticks;

        // After a long pause one turn shows everything.
        for (var tick = Math.Max(_tick + 1, now - Slots + 1); tick <= now; tick++)
        {
            for (var iq = Slot(tick); iq is not null; iq = iq.Next)
            {
                if (iq.DueTick <= now)
                {
                    due.Add(iq);
                }
            }
        }

        _tick = now;
    }

    private ref PendingIq? Slot(long tick) => ref _slots[tick % Slots];
}
