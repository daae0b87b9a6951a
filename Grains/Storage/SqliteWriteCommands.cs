using Microsoft.Data.Sqlite;

namespace Krewe.Grains.Storage;

/// <summary>The writer's prepared statements. Each change is one statement that checks the ETag itself.</summary>
internal sealed class SqliteWriteCommands : IDisposable
{
    // The WHERE of the SELECT keeps a state from rising again that another activation has cleared; that of the UPSERT is the ETag check.
    private const string UpsertSql =
        """
        INSERT INTO grain_state (storage, state, key, etag, json)
        SELECT $storage, $state, $key, $next, $json
        WHERE $expected IS NULL OR EXISTS (SELECT 1 FROM grain_state WHERE storage = $storage AND state = $state AND key = $key)
        ON CONFLICT (storage, state, key) DO UPDATE SET etag = excluded.etag, json = excluded.json WHERE grain_state.etag = $expected
        """;

    private const string ClearSql = "DELETE FROM grain_state WHERE storage = $storage AND state = $state AND key = $key AND etag = $expected";

    private const string EtagSql = "SELECT etag FROM grain_state WHERE storage = $storage AND state = $state AND key = $key";

    private readonly SqliteConnection _connection;
    private readonly SqliteCommand _begin;
    private readonly SqliteCommand _commit;
    private readonly SqliteCommand _rollBack;
    private readonly SqliteCommand _upsert;
    private readonly SqliteCommand _clear;
    private readonly SqliteCommand _etag;

    public SqliteWriteCommands(SqliteConnection connection)
    {
        _connection = connection;
        _begin = Prepare("BEGIN IMMEDIATE");
        _commit = Prepare("COMMIT");
        _rollBack = Prepare("ROLLBACK");
        _upsert = Prepare(UpsertSql, "$storage", "$state", "$key", "$expected", "$next", "$json");
        _clear = Prepare(ClearSql, "$storage", "$state", "$key", "$expected");
        _etag = Prepare(EtagSql, "$storage", "$state", "$key");
    }

    public bool IsInTransaction => SQLitePCL.raw.sqlite3_get_autocommit(_connection.Handle) == 0;

    public void Begin() => _begin.ExecuteNonQuery();

    public void Commit() => _commit.ExecuteNonQuery();

    /// <summary>SQLite ends a transaction itself after some errors; then there is nothing left to undo.</summary>
    public void RollBack()
    {
        if (IsInTransaction)
        {
            _rollBack.ExecuteNonQuery();
        }
    }

    public WriteOutcome Execute(SqliteWrite write) => write.Json is null ? Clear(write) : Upsert(write);

    public void Dispose()
    {
        foreach (var command in (ReadOnlySpan<SqliteCommand>)[_begin, _commit, _rollBack, _upsert, _clear, _etag])
        {
            command.Dispose();
        }
    }

    private WriteOutcome Upsert(SqliteWrite write)
    {
        SetKey(_upsert, write.Key);
        _upsert.Parameters[3].Value = Nullable(write.Expected);
        _upsert.Parameters[4].Value = write.Next;
        _upsert.Parameters[5].Value = write.Json;
        if (_upsert.ExecuteNonQuery() > 0)
        {
            return new(true, write.Next);
        }

        // Its own ETag is there already when a commit that was reported as failed had reached the disk, and the write was tried again.
        var stored = StoredEtag(write.Key);
        return new(stored == write.Next, stored);
    }

    private WriteOutcome Clear(SqliteWrite write)
    {
        SetKey(_clear, write.Key);
        _clear.Parameters[3].Value = Nullable(write.Expected);
        if (_clear.ExecuteNonQuery() > 0)
        {
            return new(true, null);
        }

        var stored = StoredEtag(write.Key);
        return new(stored is null && write.Expected is null, stored);
    }

    private long? StoredEtag(StateKey key)
    {
        SetKey(_etag, key);
        return (long?)_etag.ExecuteScalar();
    }

    private SqliteCommand Prepare(string sql, params ReadOnlySpan<string> parameters)
    {
        var command = _connection.CreateCommand();
        command.CommandText = sql;
        foreach (var name in parameters)
        {
            command.Parameters.Add(new SqliteParameter { ParameterName = name, Value = DBNull.Value });
        }

        return command;
    }

    private static void SetKey(SqliteCommand command, StateKey key)
    {
        command.Parameters[0].Value = key.Storage;
        command.Parameters[1].Value = key.State;
        command.Parameters[2].Value = key.Key;
    }

    private static object Nullable(long? value) => value is { } number ? number : DBNull.Value;
}
