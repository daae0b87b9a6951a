using Krewe.Grains.Outbound;
using Krewe.Tests.Support;

namespace Krewe.Tests.Unit.Outbound;

public sealed class HookRateTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Take_AfterARest_LetsASecondsCallsPass()
    {
        var rate = new HookRate(10, _time);

        var waits = Enumerable.Range(0, 12).Select(_ => rate.Take(TimeSpan.FromSeconds(9))!.Value.TotalMilliseconds).ToArray();

        Assert.All(waits[..11], wait => Assert.Equal(0, wait));
        Assert.Equal(100, waits[11]);
    }

    [Fact]
    public void Take_BeyondTheLongestWait_IsRefusedAndTakesNoTurn()
    {
        var rate = new HookRate(1, _time);
        while (rate.Take(TimeSpan.Zero) is not null)
        {
        }

        Assert.Null(rate.Take(TimeSpan.FromMilliseconds(999)));
        Assert.Null(rate.Take(TimeSpan.FromMilliseconds(999)));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(TimeSpan.Zero, rate.Take(TimeSpan.Zero));
    }
}
