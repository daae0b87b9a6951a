using Krewe.Grains.Storage;
using Orleans.Storage;

namespace Krewe.Tests.Grains.Storage;

/// <summary>A state as an activation holds it, without the activation.</summary>
internal sealed class HeldState<T>(SqliteDatabase database, string key, string storage = "settings", string stateName = "sample") : IGrainState<T>
    where T : new()
{
    private readonly SqliteGrainStorage _storage = new(storage, database);
    private readonly GrainId _id = GrainId.Create("sample", key);

    public T? State { get; set; } = new();

    public string? ETag { get; set; }

    public bool RecordExists { get; set; }

    public Task ReadAsync() => _storage.ReadStateAsync(stateName, _id, this);

    public Task WriteAsync() => _storage.WriteStateAsync(stateName, _id, this);

    public Task ClearAsync() => _storage.ClearStateAsync(stateName, _id, this);

    public Task WriteAsync(T state)
    {
        State = state;
        return WriteAsync();
    }
}
