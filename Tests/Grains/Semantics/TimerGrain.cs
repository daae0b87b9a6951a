using Orleans.Concurrency;

namespace Krewe.Tests.Grains.Semantics;

[Alias("semantics-timer")]
internal interface ITimerGrain : IGrainWithStringKey
{
    /// <summary>Ticks at once and then every so often; each tick is counted under the name.</summary>
    [Alias("start")]
    Task StartAsync(string name, bool isInterleaving);

    /// <summary>Ticks at once, waits in the tick for the gate, and then not again.</summary>
    [Alias("start-held")]
    Task StartHeldAsync(string gate);

    [Alias("hold")]
    Task HoldAsync(string gate);

    [Alias("pass"), AlwaysInterleave]
    Task PassAsync();

    [Alias("nothing")]
    Task NothingAsync();

    [Alias("stop")]
    Task StopAsync();

    [Alias("deactivate")]
    Task DeactivateAsync();
}

internal sealed class TimerGrain : Grain, ITimerGrain
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(5);

    private readonly List<IGrainTimer> _timers = [];
    private TaskScheduler? _turn;

    public Task StartAsync(string name, bool isInterleaving)
    {
        _turn = TaskScheduler.Current;
        var options = new GrainTimerCreationOptions(TimeSpan.Zero, Period) { Interleave = isInterleaving };
        _timers.Add(this.RegisterGrainTimer(TickAsync, name, options));
        return Task.CompletedTask;
    }

    public Task StartHeldAsync(string gate)
    {
        _timers.Add(this.RegisterGrainTimer(_ => Probes.GateOf(gate).PassAsync(), TimeSpan.Zero, Timeout.InfiniteTimeSpan));
        return Task.CompletedTask;
    }

    public Task HoldAsync(string gate) => Probes.GateOf(gate).PassAsync();

    public Task PassAsync() => Task.CompletedTask;

    public Task NothingAsync() => Task.CompletedTask;

    public Task StopAsync()
    {
        _timers.ForEach(timer => timer.Dispose());
        return Task.CompletedTask;
    }

    public Task DeactivateAsync()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }

    private async Task TickAsync(string name, CancellationToken cancellationToken)
    {
        await Task.Yield();
        if (TaskScheduler.Current == _turn && Probes.Count(name) == 10)
        {
            Probes.GateOf(name).Reach();
        }
    }
}
