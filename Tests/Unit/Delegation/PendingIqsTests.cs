using System.Globalization;
using Krewe.Contracts.Hosts;
using Krewe.Frontend.Delegation;
using Krewe.Tests.Support;

namespace Krewe.Tests.Unit.Delegation;

/// <summary>Specs D-048, D-049, D-062: what waits for delegates ends in one answer, and there is not too much of it.</summary>
public sealed class PendingIqsTests : IDisposable
{
    private static readonly HostLimits Unlimited = new() { PendingIqs = 0 };

    private readonly FakeTimeProvider _time = new();
    private readonly PendingIqs _pending;

    public PendingIqsTests() => _pending = new PendingIqs(_time);

    public void Dispose() => _pending.Dispose();

    [Fact]
    public void Deadline_WhenItHasPassed_TellsTheRequesterAndForgets()
    {
        var (connection, juliet) = (Requester.Connection(), new Requester("juliet@verona.example/balcony"));
        PendingIq quick = juliet.Asks(connection, "quick", seconds: 0.1), slow = juliet.Asks(connection, "slow", seconds: 300);
        Assert.True(_pending.TryAdd(quick, Unlimited) && _pending.TryAdd(slow, Unlimited));

        _time.Advance(TimeSpan.FromMilliseconds(99));
        Assert.Empty(juliet.Told);
        _time.Advance(TimeSpan.FromMilliseconds(201));
        Assert.Equal("quick", Assert.Single(juliet.Told).Attribute("id")?.Value);
        Assert.Equal((1L, 0), (quick.Counts.TimedOut, quick.Counts.Pending));
        Assert.False(_pending.TryTake(quick.Wrapper, connection, "verona.example", out _));

        _time.Advance(TimeSpan.FromSeconds(299));
        Assert.Single(juliet.Told);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(["quick", "slow"], juliet.Told.Select(told => told.Attribute("id")?.Value));
        Assert.Equal((0, 0), (_pending.Total, _time.TimerCount));
    }

    [Fact]
    public void Timer_WhileNothingWaits_DoesNotRun()
    {
        Assert.Equal(0, _time.TimerCount);
        var iq = new Requester("juliet@verona.example/balcony").Asks(Requester.Connection());
        Assert.True(_pending.TryAdd(iq, Unlimited));
        Assert.Equal(1, _time.TimerCount);
        Assert.True(_pending.TryTake(iq));

        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(0, _time.TimerCount);
    }

    [Fact]
    public async Task Disconnect_With100Pending_FailsThemAllAndNoOthers()
    {
        var (lost, other) = (Requester.Connection(), Requester.Connection());
        Requester juliet = new("juliet@verona.example/balcony"), romeo = new("romeo@verona.example/orchard");
        var iqs = Enumerable.Range(0, 100).Select(i => (i % 2 == 0 ? juliet : romeo).Asks(lost, i.ToString(CultureInfo.InvariantCulture))).ToArray();
        var kept = juliet.Asks(other);
        Assert.All(iqs.Append(kept), iq => Assert.True(_pending.TryAdd(iq, Unlimited)));

        _pending.Disconnected(lost);

        await juliet.UntilToldAsync(50);
        await romeo.UntilToldAsync(50);
        Assert.Equal(100, juliet.Told.Concat(romeo.Told).Select(told => told.Attribute("id")?.Value).Distinct().Count());
        Assert.All(juliet.Told, told => Assert.Contains("service-unavailable", told.ToString(), StringComparison.Ordinal));
        Assert.Equal(1, _pending.Total);
        Assert.True(_pending.TryTake(kept.Wrapper, other, "verona.example", out _));
    }

    [Fact]
    public void Answer_OfAnotherConnectionOrHost_TakesNothing()
    {
        var (asked, other) = (Requester.Connection(), Requester.Connection());
        var iq = new Requester("juliet@verona.example/balcony").Asks(asked);
        Assert.True(_pending.TryAdd(iq, Unlimited));

        Assert.False(_pending.TryTake(iq.Wrapper, other, "verona.example", out _));
        Assert.False(_pending.TryTake(iq.Wrapper, asked, "elsinore.example", out _));
        Assert.False(_pending.TryTake(iq.Wrapper + 1, asked, "verona.example", out _));
        Assert.True(_pending.TryTake(iq.Wrapper, asked, "verona.example", out var taken));
        Assert.Same(iq, taken);
        Assert.False(_pending.TryTake(iq.Wrapper, asked, "verona.example", out _));
        Assert.False(_pending.TryTake(iq));
    }

    [Fact]
    public void Limit_OfOneRequester_IsReachedByAllHisResourcesTogether()
    {
        var connection = Requester.Connection();
        var resources = Enumerable.Range(0, PendingIqs.OfRequesterMax).Select(i => new Requester($"juliet@verona.example/{i}")).ToArray();
        var iqs = resources.Select(resource => resource.Asks(connection)).ToArray();
        Assert.All(iqs, iq => Assert.True(_pending.TryAdd(iq, Unlimited)));

        Assert.False(_pending.TryAdd(resources[0].Asks(connection), Unlimited));
        Assert.True(_pending.TryAdd(new Requester("romeo@verona.example/orchard").Asks(connection), Unlimited));
        Assert.True(_pending.TryTake(iqs[1]));
        Assert.True(_pending.TryAdd(resources[0].Asks(connection), Unlimited));
        Assert.False(_pending.TryAdd(resources[0].Asks(connection), Unlimited));
    }

    [Fact]
    public void Limit_OfOneHost_IsTheSettings()
    {
        var limits = new HostLimits { PendingIqs = 2 };
        var connection = Requester.Connection();
        PendingIq Iq(string user, string host = "verona.example") => new Requester($"{user}@verona.example/r").Asks(connection, host: host);
        Assert.True(_pending.TryAdd(Iq("a"), limits) && _pending.TryAdd(Iq("b"), limits));

        Assert.False(_pending.TryAdd(Iq("c"), limits));
        Assert.True(_pending.TryAdd(Iq("c", "elsinore.example"), limits));
    }

    [Fact]
    public void Limit_OfOneHost_IsNotUsedUpByStrangers()
    {
        var limits = new HostLimits { PendingIqs = 10 };
        var connection = Requester.Connection();
        Assert.All(Enumerable.Range(0, 5), i => Assert.True(_pending.TryAdd(new Requester($"u{i}@elsinore.example/r").Asks(connection), limits)));

        Assert.False(_pending.TryAdd(new Requester("x@elsinore.example/r").Asks(connection), limits));
        Assert.False(_pending.TryAdd(new Requester("x@gw.verona.example/r").Asks(connection), limits));
        Assert.All(Enumerable.Range(0, 5), i => Assert.True(_pending.TryAdd(new Requester($"u{i}@verona.example/r").Asks(connection), limits)));
        Assert.False(_pending.TryAdd(new Requester("x@verona.example/r").Asks(connection), limits));
    }

    [Fact]
    public void Limit_OfOneDelegate_IsTenThousandHeldAndGivenUpInTime()
    {
        var connection = Requester.Connection();
        var requesters = Enumerable.Range(0, 200).Select(i => new Requester($"u{i}@verona.example/r")).ToArray();
        for (var i = 0; i < PendingIqs.OfDelegateMax; i++)
        {
            Assert.True(_pending.TryAdd(requesters[i % requesters.Length].Asks(connection, seconds: 0.1 + (i % 300)), Unlimited));
        }

        Assert.False(_pending.TryAdd(new Requester("late@verona.example/r").Asks(connection), Unlimited));
        Assert.True(_pending.TryAdd(new Requester("late@verona.example/r").Asks(connection, asked: "irc.verona.example", seconds: 400), Unlimited));

        // Half of 300 different timeouts is over: 33 times 150 of them, and the first hundred once more.
        _time.Advance(TimeSpan.FromSeconds(149.9));
        Assert.Equal(PendingIqs.OfDelegateMax + 1 - ((33 * 150) + 100), _pending.Total);
        _time.Advance(TimeSpan.FromSeconds(151));
        Assert.Equal(1, _pending.Total);
    }

    [Fact]
    public void Forged_ByTheHundredThousand_CostNoMemoryAndTakeNothing()
    {
        var connection = Requester.Connection();
        var iq = new Requester("juliet@verona.example/balcony").Asks(connection);
        Assert.True(_pending.TryAdd(iq, Unlimited));
        byte[] id = [.. "0123456789abcdef0123456789abcdef"u8];
        Forge(100);

        var before = GC.GetAllocatedBytesForCurrentThread();
        Forge(100_000);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.True(_pending.TryTake(iq.Wrapper, connection, "verona.example", out _));

        void Forge(int count)
        {
            for (var i = 0; i < count; i++)
            {
                (i % 2 == 0 ? (UInt128)i : iq.Wrapper + (UInt128)i).TryFormat(id, out _, "x32", CultureInfo.InvariantCulture);
                Assert.True(WrapperId.TryRead(id, out var wrapper));
                if (_pending.TryTake(wrapper, connection, "verona.example", out _))
                {
                    throw new InvalidOperationException("a forged reply was taken");
                }
            }
        }
    }
}
