using System.Collections.Immutable;
using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Krewe.Grains.Storage;

/// <summary>
/// The database's schema as a list of steps; <c>PRAGMA user_version</c> says how many of them a file has seen. A file that lacks some is copied
/// before they are made; one that has seen more than are known here was written by a later version and is not touched.
/// </summary>
internal sealed class SqliteSchema(ImmutableArray<string> steps)
{
    /// <summary><c>PRAGMA application_id</c>, by which a file is known as Krewe's from version 2 on: "Krew" in ASCII.</summary>
    public const int ApplicationId = 0x4B726577;

    // The domain is a column of its own, so that a domain's accounts are a range of an index and not a scan.
    private const string GrainStates =
        """
        CREATE TABLE grain_state (
            storage TEXT NOT NULL,
            state   TEXT NOT NULL,
            key     TEXT NOT NULL,
            domain  TEXT NOT NULL GENERATED ALWAYS AS (substr(key, instr(key, '@') + 1)) STORED,
            etag    INTEGER NOT NULL,
            json    BLOB NOT NULL,
            UNIQUE (storage, state, key));
        CREATE INDEX grain_state_domain ON grain_state (storage, state, domain, key);
        """;

    // Accounts came to say whether messages may wait for them, so that a login need not ask in vain. Those written before say nothing, which reads as no: what
    // waited for them then would wait for ever.
    private static readonly string AccountsWithMail =
        $"""
        UPDATE grain_state SET json = CAST(json_set(CAST(json AS TEXT), '$.mayHaveMail', json('true')) AS BLOB)
        WHERE storage = 'accounts' AND state = 'account' AND json_type(CAST(json AS TEXT), '$.mayHaveMail') IS NULL
          AND EXISTS (SELECT 1 FROM grain_state AS mail WHERE mail.storage = 'offline' AND mail.state = 'offline' AND mail.key = grain_state.key);
        PRAGMA application_id = {ApplicationId.ToString(CultureInfo.InvariantCulture)};
        """;

    // Keys were a part of their host's state; of a host from a file they were all of it.
    private const string KeysApart =
        """
        INSERT INTO grain_state (storage, state, key, etag, json)
            SELECT storage, 'keys', key, 1, CAST(json_object('keys', json_extract(CAST(json AS TEXT), '$.keys')) AS BLOB) FROM grain_state
            WHERE storage = 'settings' AND state = 'host' AND json_array_length(CAST(json AS TEXT), '$.keys') > 0;
        DELETE FROM grain_state WHERE storage = 'settings' AND state = 'host' AND json_extract(CAST(json AS TEXT), '$.json') IS NULL;
        UPDATE grain_state SET json = CAST(json_remove(CAST(json AS TEXT), '$.keys') AS BLOB) WHERE storage = 'settings' AND state = 'host';
        """;

    /// <summary>Steps are only ever added: each number is on somebody's disk.</summary>
    public static readonly SqliteSchema Current = new([GrainStates, AccountsWithMail, KeysApart]);

    public ImmutableArray<string> Steps => steps;

    /// <summary>How many steps a file of this schema has seen.</summary>
    public int Version => steps.Length;

    /// <summary>Brings the file to this schema, each step in a transaction of its own: one that is cut off is made at the next start.</summary>
    public void Apply(SqliteConnection connection, string path, TimeProvider time)
    {
        var version = Number(connection, "PRAGMA user_version");
        if (version > steps.Length)
        {
            throw new StorageStartException(
                $"'{path}' was written by a newer version of Krewe: its schema is {version}, this version knows up to {steps.Length}. Nothing was changed.");
        }

        var isForeign = version == 0 ? Number(connection, "SELECT count(*) FROM sqlite_master") > 0 : Number(connection, "PRAGMA application_id") is not (0 or ApplicationId);
        if (isForeign)
        {
            throw new StorageStartException($"'{path}' is a database, but not one of Krewe's. Nothing was changed.");
        }

        if (version > 0 && version < steps.Length)
        {
            SqliteCopies.KeepOf(connection, path, version, time);
        }

        for (var step = (int)version; step < steps.Length; step++)
        {
            Run(connection, $"BEGIN IMMEDIATE; {steps[step]} PRAGMA user_version = {(step + 1).ToString(CultureInfo.InvariantCulture)}; COMMIT;");
        }
    }

    private static void Run(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static long Number(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return (long)command.ExecuteScalar()!;
    }
}
