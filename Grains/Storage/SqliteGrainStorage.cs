using System.Globalization;
using Orleans.Storage;

namespace Krewe.Grains.Storage;

/// <summary>
/// A named storage of grain state in the one file. A write or clear is on disk when it returns; one that starts from a stale ETag changes nothing
/// and throws <see cref="InconsistentStateException"/>. State types have a constructor without parameters: that is the state where nothing is stored.
/// </summary>
internal sealed class SqliteGrainStorage(string name, SqliteDatabase database) : IGrainStorage
{
    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var key = KeyOf(stateName, grainId);
        if (await database.Readers.ReadAsync(reader => reader.State(key)) is { } stored)
        {
            grainState.State = GrainStateSerializer.Deserialize<T>(stored.Json);
            Set(grainState, stored.Etag);
        }
        else
        {
            grainState.State = Activator.CreateInstance<T>();
            Set(grainState, null);
        }
    }

    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var write = new SqliteWrite(KeyOf(stateName, grainId), EtagOf(grainState), GrainStateSerializer.Serialize(grainState.State));
        await ApplyAsync(write, grainState);
        Set(grainState, write.Next);
    }

    public async Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        await ApplyAsync(new(KeyOf(stateName, grainId), EtagOf(grainState), null), grainState);
        grainState.State = Activator.CreateInstance<T>();
        Set(grainState, null);
    }

    private async Task ApplyAsync<T>(SqliteWrite write, IGrainState<T> grainState)
    {
        var outcome = await database.Writer.WriteAsync(write);
        if (!outcome.IsApplied)
        {
            throw new InconsistentStateException(
                $"The state '{write.Key.State}' in storage '{name}' was changed by somebody else.", Text(outcome.StoredEtag), grainState.ETag);
        }
    }

    private StateKey KeyOf(string stateName, GrainId grainId) => new(name, stateName, grainId.Key.ToString()!);

    private static long? EtagOf<T>(IGrainState<T> grainState) =>
        grainState.ETag is { } etag ? long.Parse(etag, NumberStyles.None, CultureInfo.InvariantCulture) : null;

    private static void Set<T>(IGrainState<T> grainState, long? etag)
    {
        grainState.ETag = Text(etag);
        grainState.RecordExists = etag is not null;
    }

    private static string? Text(long? etag) => etag?.ToString(CultureInfo.InvariantCulture);
}
