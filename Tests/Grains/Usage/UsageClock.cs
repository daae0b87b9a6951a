namespace Krewe.Tests.Grains.Usage;

/// <summary>A date of the test's; timers, and whatever else measures time, go on as they are.</summary>
internal sealed class UsageClock(DateTimeOffset start) : TimeProvider
{
    private readonly TimeSpan _offset = start - TimeProvider.System.GetUtcNow();
    private long _advanced;

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + _offset + TimeSpan.FromTicks(Volatile.Read(ref _advanced));

    public void Advance(TimeSpan by) => Interlocked.Add(ref _advanced, by.Ticks);
}
