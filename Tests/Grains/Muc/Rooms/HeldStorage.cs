using Krewe.Tests.Support;
using Orleans.Storage;

namespace Krewe.Tests.Grains.Muc.Rooms;

/// <summary>The real storage, whose writes of one key a test may hold up or make fail.</summary>
internal sealed class HeldStorage(IGrainStorage inner, WriteGate gate) : IGrainStorage
{
    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => inner.ReadStateAsync(stateName, grainId, grainState);

    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        await gate.PassAsync(grainId);
        await inner.WriteStateAsync(stateName, grainId, grainState);
    }

    public async Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        await gate.PassAsync(grainId);
        await inner.ClearStateAsync(stateName, grainId, grainState);
    }
}

/// <summary>What stands between grains and their disk.</summary>
internal sealed class WriteGate
{
    private readonly Lock _lock = new();
    private string? _key;
    private TaskCompletionSource? _opened;
    private TaskCompletionSource? _reached;

    /// <summary>The next write of this key waits until it is told to go on, or fails.</summary>
    public HeldWrite HoldNext(string key)
    {
        lock (_lock)
        {
            _key = key;
            _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
            _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
            return new HeldWrite(_reached.Task, _opened);
        }
    }

    /// <summary>The next write of this key fails.</summary>
    public void FailNext(string key) => HoldNext(key).Fail();

    public Task PassAsync(GrainId grain)
    {
        lock (_lock)
        {
            if (_opened is not { } opened || grain.Key.ToString() != _key)
            {
                return Task.CompletedTask;
            }

            _reached!.SetResult();
            _opened = null;
            return opened.Task;
        }
    }
}

internal sealed record HeldWrite(Task Reached, TaskCompletionSource Opened)
{
    public Task ReachedAsync() => Reached.WaitAsync(Timeouts.Test);

    public void GoOn() => Opened.SetResult();

    public void Fail() => Opened.SetException(new IOException("the disk is full"));
}
