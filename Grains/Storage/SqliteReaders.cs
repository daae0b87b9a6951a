using System.Collections.Concurrent;

namespace Krewe.Grains.Storage;

/// <summary>
/// A few connections that read beside the writer. A read runs on the thread pool, not in the grain's turn: it may have to wait for the disk.
/// </summary>
internal sealed class SqliteReaders(string path) : IAsyncDisposable
{
    /// <summary>Reads at one time. The files are mostly in memory: more connections than cores only take turns.</summary>
    private const int ReadersMax = 4;

    /// <summary>Reads that wait for a connection; as many as writes may wait.</summary>
    private const int WaitingMax = SqliteWriter.QueueOperationsMax;

    private readonly SemaphoreSlim _free = new(ReadersMax);
    private readonly ConcurrentBag<SqliteReader> _idle = [];
    private int _waiting;
    private volatile bool _isClosed;

    public async Task<T> ReadAsync<T>(Func<SqliteReader, T> read, CancellationToken cancellationToken = default)
    {
        if (Interlocked.Increment(ref _waiting) > WaitingMax)
        {
            Interlocked.Decrement(ref _waiting);
            throw new StorageBusyException($"The storage has {WaitingMax} reads waiting and takes no more.");
        }

        try
        {
            await _free.WaitAsync(cancellationToken);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }

#pragma warning disable RS0030 // SQLite blocks its thread: that is to be the pool's, not the activation's.
        return await Task.Run(() => Read(read), CancellationToken.None);
#pragma warning restore RS0030
    }

    /// <summary>Waits for the reads under way; later ones fail.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_isClosed)
        {
            return;
        }

        _isClosed = true;
        for (var i = 0; i < ReadersMax; i++)
        {
            await _free.WaitAsync();
        }

        foreach (var reader in _idle)
        {
            reader.Dispose();
        }

        _free.Release(ReadersMax);
    }

    private T Read<T>(Func<SqliteReader, T> read)
    {
        try
        {
            if (_isClosed)
            {
                throw new StorageException("The storage is closed.");
            }

            if (!_idle.TryTake(out var reader))
            {
                reader = new(SqliteConnections.OpenReader(path));
            }

            try
            {
                return read(reader);
            }
            finally
            {
                _idle.Add(reader);
            }
        }
        catch (Microsoft.Data.Sqlite.SqliteException failure)
        {
            throw new StorageException($"The read failed: {failure.Message}", failure);
        }
        finally
        {
            _free.Release();
        }
    }
}
