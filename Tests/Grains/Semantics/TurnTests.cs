using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;

namespace Krewe.Tests.Grains.Semantics;

/// <summary>Which calls may run together, on both hosts.</summary>
public sealed class TurnTests(GrainHostFixture host) : IClassFixture<GrainHostFixture>
{
    private readonly string _key = $"turns-{Guid.NewGuid():N}";

    [Fact]
    public async Task InterleavingCall_BehindBlockedHead_Passes()
    {
        var grain = Grain(_key);
        var head = grain.HoldAsync(_key);
        await Probes.GateOf(_key).Reached;
        var waiting = grain.ActivationAsync();

        Assert.Equal("passed", await grain.PassAsync());
        Assert.False(head.IsCompleted || waiting.IsCompleted);
        Probes.GateOf(_key).Open();
        await Task.WhenAll(head, waiting);
    }

    [Fact]
    public async Task Call_BehindInterleavingCall_Passes()
    {
        var grain = Grain(_key);
        var interleaving = grain.HoldInterleavingAsync(_key);
        await Probes.GateOf(_key).Reached;

        await grain.ActivationAsync();
        Assert.False(interleaving.IsCompleted);
        Probes.GateOf(_key).Open();
        await interleaving;
    }

    [Fact]
    public async Task ReadOnlyCalls_Together_PassEachOtherOnly()
    {
        var grain = Grain(_key);
        var reading = grain.HoldReadingAsync(_key);
        await Probes.GateOf(_key).Reached;
        var adding = grain.AddAsync(1).AsTask();

        Assert.Equal(0, await grain.ReadAsync());
        Assert.False(adding.IsCompleted);
        Probes.GateOf(_key).Open();
        await Task.WhenAll(reading, adding);
        Assert.Equal(1, await grain.ReadAsync());
    }

    [Fact]
    public async Task Calls_FromManyThreads_DoNotInterleave()
    {
        var grain = Grain(_key);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            for (var i = 0; i < 50; i++)
            {
                await grain.AddAsync(1);
            }
        })));
        Assert.Equal(400, await grain.ReadAsync());
    }

    [Fact]
    public async Task Turns_OfInterleavingCalls_NeverOverlap()
    {
        var grain = Grain(_key);
        var overlaps = await Task.WhenAll(Enumerable.Range(0, 32).Select(_ => Task.Run(() => grain.OverlapsAsync(100))));
        Assert.All(overlaps, overlap => Assert.Equal(0, overlap));
    }

    [Fact]
    public async Task Continuations_OfAnyAwait_StayInTheTurn()
    {
        // Twice: the second time both grains are there, which may be another way through the host.
        Assert.Null(await Grain(_key).LeavesTurnAsync(_key + "b"));
        Assert.Null(await Grain(_key).LeavesTurnAsync(_key + "b"));
    }

    [Fact]
    public async Task AsyncLocal_OfTheCaller_StaysWithTheCaller()
    {
        var grain = Grain(_key);
        await grain.PassAsync();
        SemanticsGrain.Ambient.Value = "mine";
        Assert.Null(await grain.AmbientAsync());
        Assert.Equal("mine", SemanticsGrain.Ambient.Value);
    }

    [Fact]
    public async Task Cycle_OfCallsThatDoNotInterleave_EndsInTimeout()
    {
        var call = Grain(_key).CallAsync(Grain(_key + "b"));
        await Assert.ThrowsAsync<TimeoutException>(() => call);
        await Grain(_key).ActivationAsync();
    }

    [Fact]
    public async Task Chain_OfManyGrains_IsAnswered()
    {
        Assert.Equal(100, await Grain(_key).ChainAsync(100));
        Assert.Equal(100, await Grain(_key).ChainAsync(100));
    }

    [Fact]
    public async Task ReentrantGrain_CallsItself_AndPassesBlockedHead()
    {
        var grain = host.Grains.GetGrain<IReentrantGrain>(_key);
        var head = grain.HoldAsync(_key);
        await Probes.GateOf(_key).Reached;
        Assert.Equal(20, await grain.ThroughAsync(20));
        Assert.False(head.IsCompleted);
        Probes.GateOf(_key).Open();
        await head;
    }

    [Fact]
    public async Task TimedOutCall_GoesOnRunning()
    {
        var grain = Grain(_key);
        await Assert.ThrowsAsync<TimeoutException>(() => grain.HoldBrieflyAsync(_key));
        Probes.GateOf(_key).Open();
        await Probes.GateOf(_key + "/after").Reached;
    }

    [Fact]
    public async Task CancelledCall_IsOverForTheCaller_AndToldToTheGrain()
    {
        using var cancellation = new CancellationTokenSource();
        var call = Grain(_key).HoldCancellablyAsync(_key, cancellation.Token);
        await Probes.GateOf(_key).Reached;
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await Probes.GateOf(_key + "/cancelled").Reached;
        Probes.GateOf(_key).Open();
    }

    [Fact]
    public async Task OneWayCall_ThatFails_ReturnsAtOnce()
    {
        var grain = Grain(_key);
        await grain.FailOneWayAsync();
        await Probes.GateOf($"{_key}/one-way").Reached;
        await grain.ActivationAsync();
    }

    [Fact]
    public async Task OneWayCall_ToBlockedGrain_ReturnsAtOnce()
    {
        var grain = Grain(_key);
        var head = grain.HoldAsync(_key);
        await Probes.GateOf(_key).Reached;
        await grain.FailOneWayAsync();
        Assert.False(head.IsCompleted);
        Probes.GateOf(_key).Open();
        await Probes.GateOf($"{_key}/one-way").Reached;
    }

    [Fact]
    public async Task Calls_BeyondTheLimit_AreRefused()
    {
        await using var own = await GrainHostFixture.CreateAsync(
            silo => silo.Services.Configure<SiloMessagingOptions>(options => options.MaxEnqueuedRequestsHardLimit = 3));
        var grain = own.Grains.GetGrain<ISemanticsGrain>(_key);
        await grain.ActivationAsync();
        var head = grain.HoldAsync(_key);
        await Probes.GateOf(_key).Reached;

        // Which of them come first is not said: Orleans promises no order.
        var calls = Enumerable.Range(0, 10).Select(_ => grain.ActivationAsync()).ToList();
        while (calls.Count > 3)
        {
            var refused = await Task.WhenAny(calls);
            calls.Remove(refused);
            await Assert.ThrowsAsync<LimitExceededException>(() => refused);
        }

        Assert.All(calls, call => Assert.False(call.IsCompleted));
        Probes.GateOf(_key).Open();
        await Task.WhenAll([head, .. calls]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Exception_OfTheGrain_ReachesTheCallerWithItsType(bool isAtOnce)
    {
        var error = await Assert.ThrowsAsync<FormatException>(() => Grain(_key).FailAsync(isAtOnce));
        Assert.Equal(isAtOnce ? "at once" : "later", error.Message);
    }

    [Fact]
    public async Task References_ToOneGrain_AreEqual()
    {
        var (one, other) = (Grain(_key), Grain(_key));
        await one.PassAsync();
        Assert.Equal(one, Grain(_key));
        Assert.Equal(one.GetHashCode(), other.GetHashCode());
        Assert.NotEqual(one, Grain(_key + "b"));
        Assert.Equal(_key, one.GetPrimaryKeyString());
        Assert.Equal($"semantics/{_key} {_key}", await one.WhoAsync());
    }

    private ISemanticsGrain Grain(string key) => host.Grains.GetGrain<ISemanticsGrain>(key);
}
