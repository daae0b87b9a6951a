using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;

namespace Krewe.Tests.Grains.Semantics;

/// <summary>How activations begin and end, on both hosts.</summary>
public sealed class ActivationTests(GrainHostFixture host) : IClassFixture<GrainHostFixture>
{
    private readonly string _key = Guid.NewGuid().ToString("N");

    [Fact]
    public async Task FirstCalls_TwoHundredTogether_MakeOneActivation()
    {
        var activations = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => Task.Run(() => Grain(_key).ActivationAsync())));
        Assert.Single(activations.Distinct());
        Assert.Equal(1, Probes.CountOf($"{_key}/activated"));
    }

    [Fact]
    public async Task CallsDuringDeactivation_AreSentToTheNextActivation()
    {
        var key = $"slow-end-{_key}";
        var grain = Grain(key);
        var first = await grain.ActivationAsync();
        await grain.DeactivateAsync();
        await Probes.GateOf($"{key}/end").Reached;

        var calls = Enumerable.Range(0, 10).Select(_ => Grain(key).ActivationAsync()).ToArray();
        Assert.All(calls, call => Assert.False(call.IsCompleted));
        Probes.GateOf($"{key}/end").Open();
        var second = Assert.Single((await Task.WhenAll(calls)).Distinct());
        Assert.NotEqual(first, second);
        Assert.Equal(1, Probes.CountOf($"{key}/{DeactivationReasonCode.ApplicationRequested}"));
    }

    [Fact]
    public async Task Calls_WhileActivationsEndAllTheTime_AreAnsweredOrRefused_NeverLost()
    {
        await Task.WhenAll(Enumerable.Range(0, 4).Select(worker => Task.Run(async () =>
        {
            for (var i = 0; i < 100; i++)
            {
                // A call that has met several ending activations in a row is refused, which its caller can try again; none may end in a timeout.
                var call = worker == 0 ? Grain(_key).DeactivateAsync() : Grain(_key).ActivationAsync();
                Assert.True(await Record.ExceptionAsync(() => call) is null or OrleansMessageRejectionException);
            }
        })));
    }

    [Fact]
    public async Task Deactivation_WaitsForCallsUnderWay()
    {
        var grain = Grain(_key);
        var holding = grain.HoldInterleavingAsync(_key);
        await Probes.GateOf(_key).Reached;
        await grain.DeactivateAsync();
        Assert.Equal(0, Probes.CountOf($"{_key}/{DeactivationReasonCode.ApplicationRequested}"));

        Probes.GateOf(_key).Open();
        await holding;
        await grain.PassAsync();
        Assert.Equal(1, Probes.CountOf($"{_key}/{DeactivationReasonCode.ApplicationRequested}"));
        Assert.Equal(2, Probes.CountOf($"{_key}/activated"));
    }

    [Fact]
    public async Task FailedActivation_ReachesTheCaller_AndTheNextCallTriesAgain()
    {
        // Many, since what could go wrong is a matter of who is faster.
        await Task.WhenAll(Enumerable.Range(0, 50).Select(i => Task.Run(async () =>
        {
            var grain = Grain($"failing-{_key}-{i}");
            await Assert.ThrowsAsync<InvalidDataException>(() => grain.ActivationAsync());
            await grain.ActivationAsync();
            Assert.Equal(2, Probes.CountOf($"failing-{_key}-{i}/activated"));
        })));
    }

    [Fact]
    public async Task IdleActivation_IsCollected_UnlessDelayed()
    {
        await using var own = await GrainHostFixture.CreateAsync(silo => silo.Services.Configure<GrainCollectionOptions>(options =>
        {
            options.CollectionQuantum = TimeSpan.FromSeconds(1);
            options.CollectionAge = TimeSpan.FromSeconds(2);
        }));
        var staying = own.Grains.GetGrain<ISemanticsGrain>(_key);
        var stayed = await staying.ActivationAsync();
        await staying.StayAsync();

        var leaving = own.Grains.GetGrain<ISemanticsGrain>($"slow-end-{_key}");
        var left = await leaving.ActivationAsync();
        await Probes.GateOf($"slow-end-{_key}/end").Reached;
        Probes.GateOf($"slow-end-{_key}/end").Open();

        Assert.Equal(1, Probes.CountOf($"slow-end-{_key}/{DeactivationReasonCode.ActivationIdle}"));
        Assert.NotEqual(left, await leaving.ActivationAsync());
        Assert.Equal(stayed, await staying.ActivationAsync());
    }

    [Fact]
    public async Task Stop_TellsEveryActivation()
    {
        await using (var own = await GrainHostFixture.CreateAsync(_ => { }))
        {
            await Task.WhenAll(Enumerable.Range(0, 20).Select(i => own.Grains.GetGrain<ISemanticsGrain>($"{_key}-{i}").PassAsync()));
        }

        Assert.All(Enumerable.Range(0, 20), i => Assert.Equal(1, Probes.CountOf($"{_key}-{i}/{DeactivationReasonCode.ShuttingDown}")));
    }

    private ISemanticsGrain Grain(string key) => host.Grains.GetGrain<ISemanticsGrain>(key);
}
