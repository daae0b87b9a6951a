using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using Orleans.Runtime;

namespace Orleans.Storage;

/// <summary>States in memory, as JSON: what is read shares nothing with what was written, as if it came from a disk.</summary>
internal sealed class MemoryGrainStorage : IGrainStorage
{
    private static readonly JsonSerializerOptions Json = new() { IncludeFields = true };

    private readonly ConcurrentDictionary<(GrainId, string), Record> _records = [];
    private long _version;

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        if (_records.TryGetValue((grainId, stateName), out var record))
        {
            grainState.State = JsonSerializer.Deserialize<T>(record.Value, Json);
            grainState.ETag = record.ETag;
            grainState.RecordExists = true;
        }
        else
        {
            Forget(grainState);
        }

        return Task.CompletedTask;
    }

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var etag = Interlocked.Increment(ref _version).ToString(CultureInfo.InvariantCulture);
        var record = new Record(JsonSerializer.SerializeToUtf8Bytes(grainState.State, Json), etag);
        var isWritten = grainState.ETag is { } known
            ? _records.TryGetValue((grainId, stateName), out var stored) && stored.ETag == known && _records.TryUpdate((grainId, stateName), record, stored)
            : _records.TryAdd((grainId, stateName), record);
        if (!isWritten)
        {
            throw Stale(stateName, grainId, grainState.ETag);
        }

        grainState.ETag = etag;
        grainState.RecordExists = true;
        return Task.CompletedTask;
    }

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        if (_records.TryGetValue((grainId, stateName), out var stored)
            && (stored.ETag != grainState.ETag || !_records.TryRemove(KeyValuePair.Create((grainId, stateName), stored))))
        {
            throw Stale(stateName, grainId, grainState.ETag);
        }

        Forget(grainState);
        return Task.CompletedTask;
    }

    private static void Forget<T>(IGrainState<T> grainState)
    {
        grainState.State = StateActivator<T>.Create();
        grainState.ETag = null;
        grainState.RecordExists = false;
    }

    private InconsistentStateException Stale(string stateName, GrainId grainId, string? etag) =>
        new($"The state {stateName} was changed since it was read.", _records.GetValueOrDefault((grainId, stateName))?.ETag, etag);

    private sealed record Record(byte[] Value, string ETag);
}
