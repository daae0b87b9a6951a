using System.Collections.Immutable;
using Krewe.Contracts.Storage;

namespace Krewe.Grains.Storage;

/// <summary>The key index of the one-file storage: every question is a range of an index.</summary>
internal sealed class SqliteKeyIndex(SqliteDatabase database) : IGrainKeyIndex
{
    public async ValueTask<ImmutableArray<string>> ListAsync(
        string storage, string stateName, string? domain, string? after, int limit, CancellationToken cancellationToken) =>
        await database.Readers.ReadAsync(
            reader => reader.Keys(storage, stateName, domain, after ?? "", Math.Clamp(limit, 1, IGrainKeyIndex.KeysMax)), cancellationToken);

    public async ValueTask<long> CountAsync(string storage, string stateName, string? domain, CancellationToken cancellationToken) =>
        await database.Readers.ReadAsync(reader => reader.Count(storage, stateName, domain), cancellationToken);
}
