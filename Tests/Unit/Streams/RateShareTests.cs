using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Frontend.Streams;
using Krewe.Tests.Support;

namespace Krewe.Tests.Unit.Streams;

/// <summary>A share: a burst is free, what is over it is paid for in time, by whoever came last, and silence earns no more than one burst.</summary>
public sealed class RateShareTests
{
    private const int NoLimit = 0;

    /// <summary>Five seconds' worth may be used at once.</summary>
    private const int Burst = 5;

    private readonly RateShare _share = new(TimeSpan.FromSeconds(Burst));

    [Fact]
    public void Burst_OfFiveSeconds_IsFree_AndTheNextIsNot()
    {
        for (var i = 0; i < 10 * Burst; i++)
        {
            Assert.Equal(0, Charge(1, 100, 10, NoLimit, now: 1000));
        }

        Assert.Equal(0.1, Charge(1, 100, 10, NoLimit, now: 1000), 6);
    }

    [Fact]
    public void Bytes_AreChargedByTheirNumber()
    {
        Assert.Equal(0, Charge(1, 5000, NoLimit, 1000, now: 1));
        Assert.Equal(2, Charge(1, 2000, NoLimit, 1000, now: 1), 6);
    }

    [Fact]
    public void Wait_IsTheLongerOfTheTwo()
    {
        Assert.Equal(5, Charge(1, 10_000, 1, 1000, now: 1), 6);
        Assert.Equal(10, Charge(14, 0, 1, 1000, now: 1), 6);
    }

    [Fact]
    public void Sender_WhoWaitsAsTold_GetsExactlyTheRate()
    {
        long now = 0;
        for (var i = 0; i < 1000; i++)
        {
            now += (long)Math.Ceiling(Charge(1, 100, 10, NoLimit, now) * 1000);
        }

        Assert.Equal(1000 / 10 - Burst, now / 1000.0, 1);
    }

    [Fact]
    public void Senders_OfOneShare_WaitInTheOrderOfTheirComing()
    {
        var rate = new StreamRate(1, NoLimit);
        _share.Charge(Burst, 0, rate, 0);

        var first = _share.Charge(1, 0, rate, 0);
        var second = _share.Charge(1, 0, rate, 0);

        Assert.Equal((1, 2), (_share.Wait(first, rate, 0).TotalSeconds, _share.Wait(second, rate, 0).TotalSeconds));
        Assert.Equal((0, 1), (_share.Wait(first, rate, 1000).TotalSeconds, _share.Wait(second, rate, 1000).TotalSeconds));
    }

    [Fact]
    public void ChangedRate_CountsForWhatWasChargedBefore()
    {
        var place = _share.Charge(Burst + 100, 0, new StreamRate(1, NoLimit), 0);

        Assert.Equal(100, _share.Wait(place, new StreamRate(1, NoLimit), 0).TotalSeconds);
        Assert.Equal(5.5, _share.Wait(place, new StreamRate(10, NoLimit), 0).TotalSeconds);
        Assert.Equal(0, _share.Wait(place, new StreamRate(NoLimit, NoLimit), 0).TotalSeconds);
        Assert.Equal(0, _share.Wait(place, new StreamRate(1, NoLimit), 0).TotalSeconds);
    }

    [Fact]
    public void Silence_EarnsOneBurst_NotMore()
    {
        Charge(1, 0, 1, NoLimit, now: 0);

        var afterADay = (long)TimeSpan.FromDays(1).TotalMilliseconds;
        Assert.Equal(0, Charge(Burst, 0, 1, NoLimit, afterADay));
        Assert.Equal(1, Charge(1, 0, 1, NoLimit, afterADay), 6);
    }

    [Fact]
    public void LargestStanza_AtALongRunningClock_DoesNotOverflow()
    {
        var now = (long)TimeSpan.FromDays(1000).TotalMilliseconds;

        Assert.Equal(int.MaxValue - Burst, Charge(1, int.MaxValue, 1, 1, now));
        Assert.Equal(int.MaxValue, Charge(1, int.MaxValue, 1, 1, now));
    }

    [Fact]
    public void Over_IsWhoNeverPauses_AndIsSaidOnce()
    {
        var fiveMinutes = TimeSpan.FromMinutes(5);
        long now = 0;
        for (; now < fiveMinutes.TotalMilliseconds - 100; now += 100)
        {
            // Ten a second are allowed, eleven come.
            Charge(1, 0, 10, NoLimit, now);
            Charge(now % 1000 == 0 ? 1 : 0, 0, 10, NoLimit, now);
            Assert.False(_share.TakeOver(fiveMinutes, now));
        }

        // It took fifty seconds until the burst was used up.
        for (; now < (fiveMinutes + TimeSpan.FromSeconds(60)).TotalMilliseconds; now += 100)
        {
            Charge(2, 0, 10, NoLimit, now);
        }

        Assert.True(_share.TakeOver(fiveMinutes, now));
        Assert.False(_share.TakeOver(fiveMinutes, now));
    }

    [Fact]
    public void Over_IsNotWhoPausesNowAndThen()
    {
        for (long now = 0; now < TimeSpan.FromHours(1).TotalMilliseconds; now += 10_000)
        {
            // Twice the burst at a time, and then nothing: all of it, and less than the rate on average.
            Charge(2 * Burst * 10, 0, 10, NoLimit, now);
            Assert.False(_share.TakeOver(TimeSpan.FromMinutes(5), now));
            Charge(0, 0, 10, NoLimit, now + 9_000);
        }
    }

    [Fact]
    public void Shares_AreHadInCommon_AndOutliveTheirStreamsUntilTheyArePaid()
    {
        var time = new FakeTimeProvider();
        var shares = new RateShares(time);
        var limits = new HostLimits { StanzasPerSecond = 1, BytesPerSecond = NoLimit };
        var juliet = Jid.Parse("juliet@h.example");
        var (balcony, garden) = (shares.OfUser(juliet), shares.OfUser(juliet));
        Assert.Equal(TimeSpan.Zero, balcony.Charge(Burst, 0, limits));
        Assert.Equal(TimeSpan.FromSeconds(1), garden.Charge(1, 0, limits));
        Assert.Equal(TimeSpan.Zero, shares.OfUser(Jid.Parse("romeo@h.example")).Charge(1, 0, limits));

        shares.GiveBackUser(juliet);
        shares.GiveBackUser(juliet);
        Assert.Equal(TimeSpan.FromSeconds(2), shares.OfUser(juliet).Charge(1, 0, limits));

        shares.GiveBackUser(juliet);
        shares.GiveBackUser(Jid.Parse("romeo@h.example"));
        time.Advance(TimeSpan.FromSeconds(7));
        var nurse = Jid.Parse("nurse@other.example");
        for (var i = 0; i < 4; i++)
        {
            shares.OfUser(nurse);
            shares.GiveBackUser(nurse);
        }

        Assert.Equal(0, shares.Count);
    }

    [Fact]
    public void HostShare_IsWhatAHundredUsersMaySend()
    {
        var shares = new RateShares(new FakeTimeProvider());
        var limits = new HostLimits { StanzasPerSecond = 100, BytesPerSecond = NoLimit };

        // A tenth of a second's worth of ten thousand is free.
        for (var i = 0; i < StreamRate.HostUsers; i++)
        {
            Assert.Equal(TimeSpan.Zero, shares.OfUser(Jid.Parse($"u{i}@h.example")).Charge(10, 0, limits));
        }

        for (var i = 0; i < 4; i++)
        {
            shares.OfUser(Jid.Parse($"more{i}@h.example")).Charge(500, 0, limits);
        }

        Assert.Equal(TimeSpan.FromSeconds(0.2), shares.OfUser(Jid.Parse("late@h.example")).Charge(0, 0, limits));
        Assert.Equal(TimeSpan.Zero, shares.OfUser(Jid.Parse("late@other.example")).Charge(400, 0, limits));
    }

    [Fact]
    public void ComponentShare_IsHalfOfTheHosts_AndChargedToIt()
    {
        var shares = new RateShares(new FakeTimeProvider());
        var limits = new HostLimits { StanzasPerSecond = 100, BytesPerSecond = NoLimit };
        var component = shares.OfComponent("c.h.example", "h.example");

        // A second's worth of five thousand is the component's own to use at once; of the host's it is half.
        Assert.Equal(TimeSpan.FromSeconds(0.4), component.Charge(StreamRate.ComponentUsers * 100, 0, limits));
        Assert.Equal(TimeSpan.FromSeconds(0.4), shares.OfUser(Jid.Parse("juliet@h.example")).Charge(0, 0, limits));
        Assert.Equal(TimeSpan.FromSeconds(1), component.Charge(StreamRate.ComponentUsers * 100, 0, limits));
    }

    [Fact]
    public void Pause_TooShortToBeWorthIt_IsPutOff()
    {
        var time = new FakeTimeProvider();
        var throttle = new RateShares(time).OfUser(Jid.Parse("juliet@h.example"));
        var limits = new HostLimits { StanzasPerSecond = 100, BytesPerSecond = NoLimit };

        Assert.Equal(TimeSpan.Zero, throttle.Charge((100 * Burst) + 9, 0, limits));
        Assert.Equal(TimeSpan.FromSeconds(0.1), throttle.Charge(1, 0, limits));
    }

    [Fact]
    public void WhatAStanzaCauses_IsWaitedForByTheNext()
    {
        var throttle = new RateShares(new FakeTimeProvider()).OfUser(Jid.Parse("juliet@h.example"));
        var limits = new HostLimits { StanzasPerSecond = 100, BytesPerSecond = 1000 };

        Assert.Equal(TimeSpan.Zero, throttle.Charge(1, 0, limits));
        throttle.ChargeAside(0, (1000 * Burst) + 2000, limits);
        Assert.Equal(TimeSpan.FromSeconds(2), throttle.Charge(1, 0, limits));
        throttle.ChargeAside(100 * Burst * 2, 0, limits);
        Assert.Equal(5.02, throttle.Charge(0, 0, limits).TotalSeconds, 3);
    }

    [Theory]
    [InlineData(100, 100, 100, 0)]
    [InlineData(120, 120, 100, 20)]
    [InlineData(0, 1, 0, StreamThrottle.ReadBytesMin)]
    [InlineData(1, 1, 0, StreamThrottle.ReadBytesMin)]
    [InlineData(0, 4000, 0, 0)]
    [InlineData(4000, 10, 4000, 0)]
    public void Aside_IsWhiteSpaceAndTheReadItself(long taken, long read, long ofStanzas, int charged) =>
        Assert.Equal(charged, StreamThrottle.Aside(taken, read, ofStanzas));

    private double Charge(int stanzas, int bytes, int stanzasPerSecond, int bytesPerSecond, long now)
    {
        var rate = new StreamRate(stanzasPerSecond, bytesPerSecond);
        return _share.Wait(_share.Charge(stanzas, bytes, rate, now), rate, now).TotalSeconds;
    }
}
