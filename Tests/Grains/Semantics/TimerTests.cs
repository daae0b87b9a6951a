namespace Krewe.Tests.Grains.Semantics;

/// <summary>Grain timers, on both hosts.</summary>
public sealed class TimerTests(GrainHostFixture host) : IClassFixture<GrainHostFixture>
{
    private readonly string _key = $"timers-{Guid.NewGuid():N}";

    private ITimerGrain Grain => host.Grains.GetGrain<ITimerGrain>(_key);

    [Fact]
    public async Task Timer_TicksInTurns_UntilDisposed()
    {
        await Grain.StartAsync(_key, isInterleaving: false);
        await Probes.GateOf(_key).Reached;
        await Grain.StopAsync();
        var ticks = Probes.CountOf(_key);

        // Another timer's ten ticks show that time has passed. A tick that waited for its turn at the disposal may have run.
        await Grain.StartAsync(_key + "/other", isInterleaving: false);
        await Probes.GateOf(_key + "/other").Reached;
        Assert.InRange(Probes.CountOf(_key), ticks, ticks + 1);
    }

    [Fact]
    public async Task Tick_BehindBlockedHead_WaitsUnlessItInterleaves()
    {
        var head = Grain.HoldAsync(_key);
        await Probes.GateOf(_key).Reached;
        var starting = Grain.StartAsync(_key + "/plain", isInterleaving: false);
        Probes.GateOf(_key).Open();
        await Task.WhenAll(head, starting);
        await Probes.GateOf(_key + "/plain").Reached;

        var second = Grain.HoldAsync(_key + "/second");
        await Probes.GateOf(_key + "/second").Reached;
        var ticks = Probes.CountOf(_key + "/plain");
        await Grain.PassAsync();
        Assert.Equal(ticks, Probes.CountOf(_key + "/plain"));
        Probes.GateOf(_key + "/second").Open();
        await second;
    }

    [Fact]
    public async Task InterleavingTick_PassesBlockedHead()
    {
        await Grain.StartAsync(_key, isInterleaving: true);
        var head = Grain.HoldAsync(_key + "/head");
        await Probes.GateOf(_key + "/head").Reached;
        await Probes.GateOf(_key).Reached;
        Assert.False(head.IsCompleted);
        Probes.GateOf(_key + "/head").Open();
        await head;
    }

    [Fact]
    public async Task Call_BehindTick_WaitsForIt()
    {
        await Grain.StartHeldAsync(_key);
        await Probes.GateOf(_key).Reached;
        var call = Grain.NothingAsync();
        await Grain.PassAsync();
        Assert.False(call.IsCompleted);
        Probes.GateOf(_key).Open();
        await call;
    }

    [Fact]
    public async Task Timer_DiesWithTheActivation()
    {
        await Grain.StartAsync(_key, isInterleaving: false);
        await Probes.GateOf(_key).Reached;
        await Grain.DeactivateAsync();

        // Answered by the next activation, so the first is over.
        await Grain.StartAsync(_key + "/other", isInterleaving: false);
        var ticks = Probes.CountOf(_key);
        await Probes.GateOf(_key + "/other").Reached;
        Assert.Equal(ticks, Probes.CountOf(_key));
    }
}
