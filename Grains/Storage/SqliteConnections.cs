using Microsoft.Data.Sqlite;

namespace Krewe.Grains.Storage;

/// <summary>Connections as this storage wants them: write-ahead log, a commit that is on disk when it returns, no pool of the provider's own.</summary>
internal static class SqliteConnections
{
    /// <summary>In seconds. Nobody else writes while the folder is held, so waiting longer for a lock helps nobody.</summary>
    private const int LockWait = 2;

    static SqliteConnections() => SQLitePCL.Batteries_V2.Init();

    public static SqliteConnection OpenWriter(string path)
    {
        var connection = Open(path);
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA journal_mode = WAL";
        if ((string?)command.ExecuteScalar() is var mode && mode != "wal")
        {
            connection.Dispose();
            throw new StorageStartException($"'{path}' cannot have a write-ahead log (journal mode '{mode}'); is the folder on a network file system?");
        }

        command.CommandText = "PRAGMA synchronous = FULL";
        command.ExecuteNonQuery();
        return connection;
    }

    public static SqliteConnection OpenReader(string path)
    {
        var connection = Open(path);
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA query_only = ON";
        command.ExecuteNonQuery();
        return connection;
    }

    /// <summary>For copies: it writes into other files, never into this one.</summary>
    public static SqliteConnection OpenCopier(string path) => Open(path);

    private static SqliteConnection Open(string path)
    {
        var settings = new SqliteConnectionStringBuilder
        {
            DataSource = path, Mode = SqliteOpenMode.ReadWrite, Pooling = false, DefaultTimeout = LockWait,
        };
        var connection = new SqliteConnection(settings.ToString());
        connection.Open();
        return connection;
    }
}
