using System.Collections.Concurrent;
using System.Text.Json;
using Orleans.Storage;

namespace Krewe.Tests.Support;

/// <summary>Grain storage that outlives its silo, as JSON, with ETags; a test may count its writes, wait for one, or make them fail.</summary>
internal sealed class FakeStorage : IGrainStorage
{
    private readonly ConcurrentDictionary<string, (string Json, string ETag)> _records = new();
    private TaskCompletionSource _written = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _writes;

    /// <summary>Every write fails while this is set.</summary>
    public bool Fails { get; set; }

    public int Writes => Volatile.Read(ref _writes);

    /// <summary>Ends with the next write that succeeds.</summary>
    public Task NextWriteAsync() => _written.Task;

    public bool Holds(string key) => _records.Keys.Any(each => each.EndsWith(key, StringComparison.Ordinal));

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        if (_records.TryGetValue(Key(grainId), out var record))
        {
            (grainState.State, grainState.ETag, grainState.RecordExists) = (JsonSerializer.Deserialize<T>(record.Json)!, record.ETag, true);
        }
        else
        {
            (grainState.State, grainState.ETag, grainState.RecordExists) = (Activator.CreateInstance<T>(), null!, false);
        }

        return Task.CompletedTask;
    }

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        Interlocked.Increment(ref _writes);
        if (Fails)
        {
            throw new IOException("the disk is full");
        }

        var current = _records.GetValueOrDefault(Key(grainId)).ETag;
        if (current != grainState.ETag)
        {
            throw new InconsistentStateException("another activation wrote", current, grainState.ETag);
        }

        var etag = Guid.NewGuid().ToString("N");
        _records[Key(grainId)] = (JsonSerializer.Serialize(grainState.State), etag);
        (grainState.ETag, grainState.RecordExists) = (etag, true);
        Interlocked.Exchange(ref _written, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
        return Task.CompletedTask;
    }

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        _records.TryRemove(Key(grainId), out _);
        (grainState.State, grainState.ETag, grainState.RecordExists) = (Activator.CreateInstance<T>(), null!, false);
        return Task.CompletedTask;
    }

    private static string Key(GrainId grainId) => grainId.Key.ToString()!;
}
