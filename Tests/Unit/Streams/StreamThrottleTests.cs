using Krewe.Frontend.Streams;

namespace Krewe.Tests.Unit.Streams;

/// <summary>A stream's share: a burst is free, what is over it is paid for in time, and silence earns no more than one burst.</summary>
public sealed class StreamThrottleTests
{
    private const int NoLimit = 0;

    /// <summary>Five seconds' share may be used at once.</summary>
    private const int Burst = 5;

    [Fact]
    public void Burst_OfFiveSeconds_IsFree_AndTheNextIsNot()
    {
        var throttle = new StreamThrottle();
        for (var i = 0; i < 10 * Burst; i++)
        {
            Assert.Equal(TimeSpan.Zero, throttle.Charge(100, 10, NoLimit, now: 1000));
        }

        Assert.Equal(TimeSpan.FromSeconds(0.1), throttle.Charge(100, 10, NoLimit, now: 1000));
    }

    [Fact]
    public void Bytes_AreChargedByTheirNumber()
    {
        var throttle = new StreamThrottle();

        Assert.Equal(TimeSpan.Zero, throttle.Charge(5000, NoLimit, 1000, now: 1));
        Assert.Equal(TimeSpan.FromSeconds(2), throttle.Charge(2000, NoLimit, 1000, now: 1));
    }

    [Fact]
    public void Pause_IsTheLongerOfTheTwoBuckets()
    {
        var throttle = new StreamThrottle();

        Assert.Equal(TimeSpan.FromSeconds(5), throttle.Charge(10_000, 1, 1000, now: 1));

        // Ten stanzas at one a second are twice the burst; the bytes of ten empty ones are nothing more.
        var pause = TimeSpan.Zero;
        for (var i = 0; i < 14; i++)
        {
            pause = throttle.Charge(0, 1, 1000, now: 1);
        }

        Assert.Equal(TimeSpan.FromSeconds(10), pause);
    }

    [Fact]
    public void Sender_WhoPausesAsTold_GetsExactlyTheRate()
    {
        var throttle = new StreamThrottle();
        long now = 0;
        for (var i = 0; i < 1000; i++)
        {
            now += (long)throttle.Charge(100, 10, NoLimit, now).TotalMilliseconds;
        }

        Assert.Equal(1000 / 10 - Burst, now / 1000.0);
    }

    [Fact]
    public void Silence_EarnsOneBurst_NotMore()
    {
        var throttle = new StreamThrottle();
        throttle.Charge(0, 1, NoLimit, now: 0);

        var afterADay = (long)TimeSpan.FromDays(1).TotalMilliseconds;
        for (var i = 0; i < Burst; i++)
        {
            Assert.Equal(TimeSpan.Zero, throttle.Charge(0, 1, NoLimit, afterADay));
        }

        Assert.Equal(TimeSpan.FromSeconds(1), throttle.Charge(0, 1, NoLimit, afterADay));
    }

    [Fact]
    public void NoLimit_NeverPauses()
    {
        var throttle = new StreamThrottle();
        for (var i = 0; i < 10_000; i++)
        {
            Assert.Equal(TimeSpan.Zero, throttle.Charge(1_000_000, NoLimit, NoLimit, now: 0));
        }
    }

    [Fact]
    public void LargestStanza_AtALongRunningClock_DoesNotOverflow()
    {
        var throttle = new StreamThrottle();
        var now = (long)TimeSpan.FromDays(1000).TotalMilliseconds;

        Assert.Equal(TimeSpan.FromSeconds(int.MaxValue) - TimeSpan.FromSeconds(Burst), throttle.Charge(int.MaxValue, 1, 1, now));
    }
}
