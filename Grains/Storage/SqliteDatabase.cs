using Microsoft.Data.Sqlite;

namespace Krewe.Grains.Storage;

/// <summary>
/// The one file that holds what must survive, <c>krewe.db</c> in the data folder: opened and brought to the present schema at start, or the start
/// fails with a message for the operator. One writer, a few readers; closing it commits what waits.
/// </summary>
internal sealed class SqliteDatabase : IAsyncDisposable, IDisposable
{
    public const string FileName = "krewe.db";

    private readonly DataFolderLock _lock;

    private SqliteDatabase(DataFolderLock folderLock, SqliteWriter writer, SqliteReaders readers, SqliteBackup backup)
    {
        _lock = folderLock;
        Writer = writer;
        Readers = readers;
        Backup = backup;
    }

    public SqliteWriter Writer { get; }

    public SqliteReaders Readers { get; }

    public SqliteBackup Backup { get; }

    public static SqliteDatabase Open(string folder, TimeProvider? time = null) => Open(folder, SqliteSchema.Current, time);

    public static SqliteDatabase Open(string folder, SqliteSchema schema, TimeProvider? time = null)
    {
        var path = Path.Combine(folder, FileName);
        var folderLock = DataFolderLock.Take(folder);
        SqliteConnection? connection = null;
        try
        {
            SqliteCopies.ClearUnfinished(folder);
            DataFolderLock.OpenPrivate(path, FileShare.ReadWrite).Dispose();
            connection = SqliteConnections.OpenWriter(path);
            schema.Apply(connection, path, time ?? TimeProvider.System);
            return new(folderLock, new(connection), new(path), new(path));
        }
        catch (Exception failure)
        {
            connection?.Dispose();
            folderLock.Dispose();
            if (failure is StorageStartException)
            {
                throw;
            }

            throw new StorageStartException($"'{path}' cannot be opened: {Explain(failure)}", failure);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Backup.DisposeAsync();
        await Readers.DisposeAsync();
        await Writer.DisposeAsync();
        _lock.Dispose();
    }

    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    private static string Explain(Exception failure) => failure is not SqliteException sqlite ? failure.Message : sqlite.SqliteErrorCode switch
    {
        SQLitePCL.raw.SQLITE_NOTADB or SQLitePCL.raw.SQLITE_CORRUPT =>
            $"it is damaged or not a database ({sqlite.Message}). Put a backup in its place, or move it and its -wal file away to start empty.",
        SQLitePCL.raw.SQLITE_BUSY or SQLitePCL.raw.SQLITE_LOCKED => $"another program has it locked ({sqlite.Message}).",
        _ => sqlite.Message,
    };
}
