using System.Collections.Immutable;
using Microsoft.Data.Sqlite;

namespace Krewe.Grains.Storage;

/// <summary>One reading connection with its prepared statements. Used by one thread at a time.</summary>
internal sealed class SqliteReader : IDisposable
{
    public const string ListSql =
        "SELECT key FROM grain_state WHERE storage = $storage AND state = $state AND key > $after ORDER BY key LIMIT $limit";

    public const string ListDomainSql =
        "SELECT key FROM grain_state WHERE storage = $storage AND state = $state AND domain = $domain AND key > $after ORDER BY key LIMIT $limit";

    public const string CountSql = "SELECT count(*) FROM grain_state WHERE storage = $storage AND state = $state";

    public const string CountDomainSql = "SELECT count(*) FROM grain_state WHERE storage = $storage AND state = $state AND domain = $domain";

    private const string StateSql = "SELECT etag, json FROM grain_state WHERE storage = $storage AND state = $state AND key = $key";

    private readonly SqliteConnection _connection;
    private readonly SqliteCommand _state;

    public SqliteReader(SqliteConnection connection)
    {
        _connection = connection;
        _state = Command(StateSql, ("$storage", ""), ("$state", ""), ("$key", ""));
    }

    public StoredState? State(StateKey key)
    {
        _state.Parameters[0].Value = key.Storage;
        _state.Parameters[1].Value = key.State;
        _state.Parameters[2].Value = key.Key;
        using var row = _state.ExecuteReader();
        return row.Read() ? new StoredState(row.GetInt64(0), row.GetFieldValue<byte[]>(1)) : null;
    }

    public ImmutableArray<string> Keys(string storage, string stateName, string? domain, string after, int limit)
    {
        using var command = domain is null
            ? Command(ListSql, ("$storage", storage), ("$state", stateName), ("$after", after), ("$limit", limit))
            : Command(ListDomainSql, ("$storage", storage), ("$state", stateName), ("$domain", domain), ("$after", after), ("$limit", limit));
        using var rows = command.ExecuteReader();
        var keys = ImmutableArray.CreateBuilder<string>();
        while (rows.Read())
        {
            keys.Add(rows.GetString(0));
        }

        return keys.DrainToImmutable();
    }

    public long Count(string storage, string stateName, string? domain)
    {
        using var command = domain is null
            ? Command(CountSql, ("$storage", storage), ("$state", stateName))
            : Command(CountDomainSql, ("$storage", storage), ("$state", stateName), ("$domain", domain));
        return (long)command.ExecuteScalar()!;
    }

    public void Dispose()
    {
        _state.Dispose();
        _connection.Dispose();
    }

    private SqliteCommand Command(string sql, params ReadOnlySpan<(string Name, object Value)> parameters)
    {
        var command = _connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in parameters)
        {
            command.Parameters.AddWithValue(name, value);
        }

        return command;
    }
}
