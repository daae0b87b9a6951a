using Orleans.Concurrency;

namespace Krewe.Tests.Grains.Semantics;

/// <summary>Something for each rule of turns.</summary>
[Alias("semantics")]
internal interface ISemanticsGrain : IGrainWithStringKey
{
    /// <summary>Waits at a gate with the turn's lock in hand.</summary>
    [Alias("hold")]
    Task HoldAsync(string gate);

    [Alias("hold-briefly"), ResponseTimeout("00:00:01")]
    Task HoldBrieflyAsync(string gate);

    [Alias("hold-cancellably")]
    Task HoldCancellablyAsync(string gate, CancellationToken cancellationToken);

    [Alias("pass"), AlwaysInterleave]
    Task<string> PassAsync();

    [Alias("hold-interleaving"), AlwaysInterleave]
    Task HoldInterleavingAsync(string gate);

    [Alias("hold-reading"), ReadOnly]
    Task HoldReadingAsync(string gate);

    [Alias("read"), ReadOnly]
    ValueTask<int> ReadAsync();

    [Alias("add")]
    ValueTask AddAsync(int number);

    [Alias("one-way"), OneWay]
    Task FailOneWayAsync();

    [Alias("fail")]
    Task<int> FailAsync(bool isAtOnce);

    [Alias("activation")]
    Task<Guid> ActivationAsync();

    [Alias("deactivate")]
    Task DeactivateAsync();

    [Alias("call"), ResponseTimeout("00:00:02")]
    Task CallAsync(ISemanticsGrain other);

    [Alias("call-back"), ResponseTimeout("00:00:02")]
    Task CallBackAsync(string key);

    [Alias("work"), AlwaysInterleave]
    Task<int> OverlapsAsync(int turns);

    [Alias("scheduler")]
    Task<string?> LeavesTurnAsync(string other);

    [Alias("ambient")]
    Task<string?> AmbientAsync();

    [Alias("tell")]
    Task<int> TellAsync(ISemanticsObserver observer, int number);

    [Alias("who")]
    Task<string> WhoAsync();

    [Alias("delay-deactivation")]
    Task StayAsync();

    /// <summary>Calls a grain that calls a grain, and so on; the answer is how many there were.</summary>
    [Alias("chain")]
    Task<int> ChainAsync(int length);
}

[Alias("semantics-reentrant")]
internal interface IReentrantGrain : IGrainWithStringKey
{
    [Alias("hold")]
    Task HoldAsync(string gate);

    [Alias("through")]
    Task<int> ThroughAsync(int depth);
}

[Alias("semantics-observer")]
internal interface ISemanticsObserver : IGrainObserver
{
    [Alias("told"), ResponseTimeout("00:00:02")]
    Task<int> ToldAsync(int number);
}

internal sealed class SemanticsGrain : Grain, ISemanticsGrain
{
    public static readonly AsyncLocal<string?> Ambient = new();

    private readonly Guid _activation = Guid.NewGuid();
    private int _sum;
    private int _inside;

    private string Key => this.GetPrimaryKeyString();

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        if (Probes.Count($"{Key}/activated") == 1 && Key.StartsWith("failing", StringComparison.Ordinal))
        {
            await Task.Yield();
            throw new InvalidDataException("the first activation fails");
        }

        await Task.Yield();
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        Probes.Count($"{Key}/{reason.ReasonCode}");
        if (Key.StartsWith("slow-end", StringComparison.Ordinal))
        {
            await Probes.GateOf($"{Key}/end").PassAsync();
        }
    }

    public Task HoldAsync(string gate) => Probes.GateOf(gate).PassAsync();

    public async Task HoldBrieflyAsync(string gate)
    {
        await Probes.GateOf(gate).PassAsync();
        Probes.GateOf(gate + "/after").Reach();
    }

    public async Task HoldCancellablyAsync(string gate, CancellationToken cancellationToken)
    {
        using var registration = cancellationToken.Register(Probes.GateOf(gate + "/cancelled").Reach);
        await Probes.GateOf(gate).PassAsync();
    }

    public Task<string> PassAsync() => Task.FromResult("passed");

    public Task HoldInterleavingAsync(string gate) => Probes.GateOf(gate).PassAsync();

    public Task HoldReadingAsync(string gate) => Probes.GateOf(gate).PassAsync();

    public ValueTask<int> ReadAsync() => ValueTask.FromResult(_sum);

    public async ValueTask AddAsync(int number)
    {
        var sum = _sum;
        await Task.Yield();
        _sum = sum + number;
    }

    public async Task FailOneWayAsync()
    {
        await Task.Yield();
        Probes.GateOf($"{Key}/one-way").Reach();
        throw new InvalidOperationException("nobody hears this");
    }

    public Task<int> FailAsync(bool isAtOnce) => isAtOnce ? throw new FormatException("at once") : FailLaterAsync();

    public Task<Guid> ActivationAsync() => Task.FromResult(_activation);

    public Task DeactivateAsync()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }

    public Task CallAsync(ISemanticsGrain other) => other.CallBackAsync(Key);

    public Task CallBackAsync(string key) => GrainFactory.GetGrain<ISemanticsGrain>(key).ActivationAsync();

    public async Task<int> OverlapsAsync(int turns)
    {
        var overlaps = 0;
        for (var i = 0; i < turns; i++)
        {
            overlaps += Interlocked.Increment(ref _inside) == 1 ? 0 : 1;
            Thread.SpinWait(50);
            Interlocked.Decrement(ref _inside);
            await Task.Yield();
        }

        return overlaps;
    }

    public async Task<string?> LeavesTurnAsync(string other)
    {
        var turn = TaskScheduler.Current;
        if (turn == TaskScheduler.Default || SynchronizationContext.Current is not null)
        {
            return "the beginning";
        }

        await Task.Delay(1);
        if (TaskScheduler.Current != turn)
        {
            return "a delay";
        }

        await Task.Run(() => Thread.SpinWait(1));
        if (TaskScheduler.Current != turn)
        {
            return "work elsewhere";
        }

        var grain = GrainFactory.GetGrain<ISemanticsGrain>(other);
        await grain.ActivationAsync();
        if (TaskScheduler.Current != turn)
        {
            return "a call that activates";
        }

        var called = grain.ActivationAsync();
        if (TaskScheduler.Current != turn)
        {
            return "the beginning of a call";
        }

        await called;
        return TaskScheduler.Current != turn ? "a call" : null;
    }

    public Task<string?> AmbientAsync() => Task.FromResult(Ambient.Value);

    public async Task<int> TellAsync(ISemanticsObserver observer, int number)
    {
        var turn = TaskScheduler.Current;
        var answer = await observer.ToldAsync(number);
        return TaskScheduler.Current == turn ? answer : throw new InvalidOperationException("the turn was left");
    }

    public Task<string> WhoAsync() => Task.FromResult($"{this.GetGrainId()} {Key}");

    public Task StayAsync()
    {
        DelayDeactivation(TimeSpan.FromHours(1));
        return Task.CompletedTask;
    }

    public async Task<int> ChainAsync(int length) =>
        length == 1 ? 1 : 1 + await GrainFactory.GetGrain<ISemanticsGrain>($"{Key}+").ChainAsync(length - 1);

    private static async Task<int> FailLaterAsync()
    {
        await Task.Yield();
        throw new FormatException("later");
    }
}

[Reentrant]
internal sealed class ReentrantGrain : Grain, IReentrantGrain
{
    public Task HoldAsync(string gate) => Probes.GateOf(gate).PassAsync();

    public async Task<int> ThroughAsync(int depth) =>
        depth == 0 ? 0 : 1 + await GrainFactory.GetGrain<IReentrantGrain>(this.GetPrimaryKeyString()).ThroughAsync(depth - 1);
}
