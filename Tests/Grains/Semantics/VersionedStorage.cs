using System.Collections.Concurrent;
using Orleans.Storage;

namespace Krewe.Tests.Grains.Semantics;

/// <summary>A storage into which a test can write behind a grain's back.</summary>
internal sealed class VersionedStorage : IGrainStorage
{
    private readonly ConcurrentDictionary<string, (object? Value, int Version)> _records = [];

    public void WriteBehind(string key, object value) => _records.AddOrUpdate(key, _ => (value, 1), (_, old) => (value, old.Version + 1));

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        grainState.RecordExists = _records.TryGetValue(grainId.Key.ToString()!, out var record);
        grainState.ETag = grainState.RecordExists ? $"{record.Version}" : null;
        if (grainState.RecordExists)
        {
            grainState.State = (T?)record.Value;
        }

        return Task.CompletedTask;
    }

    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        await Task.Yield();
        lock (_records)
        {
            var version = _records.TryGetValue(grainId.Key.ToString()!, out var record) ? record.Version : 0;
            if ((version == 0 ? null : $"{version}") != grainState.ETag)
            {
                throw new InconsistentStateException("written behind", $"{version}", grainState.ETag);
            }

            _records[grainId.Key.ToString()!] = (grainState.State, version + 1);
            grainState.ETag = $"{version + 1}";
            grainState.RecordExists = true;
        }
    }

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        _records.TryRemove(grainId.Key.ToString()!, out _);
        grainState.ETag = null;
        grainState.RecordExists = false;
        return Task.CompletedTask;
    }
}
