using System.Threading.Channels;
using Microsoft.Data.Sqlite;

namespace Krewe.Grains.Storage;

/// <summary>
/// The one thread that writes. Whatever waits goes into one transaction, so that many writers share one sync of the disk; each is acknowledged
/// after the commit. What does not fit into the queue is refused at once.
/// </summary>
internal sealed class SqliteWriter : IAsyncDisposable
{
    /// <summary>Operations in one transaction. Measured: beyond this a longer one only adds latency.</summary>
    public const int BatchOperationsMax = 256;

    /// <summary>Operations that wait. At the slowest disk seen (one sync in 20 ms) the last of them still answers within a second.</summary>
    public const int QueueOperationsMax = 8192;

    /// <summary>Bytes of the states that wait.</summary>
    public const long QueueBytesMax = 64 * 1024 * 1024;

    private readonly Channel<SqliteWrite> _queue = Channel.CreateBounded<SqliteWrite>(new BoundedChannelOptions(QueueOperationsMax) { SingleReader = true });
    private readonly SqliteConnection _connection;
    private readonly SqliteWriteCommands _commands;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _queuedBytes;
    private volatile bool _isClosed;

    public SqliteWriter(SqliteConnection connection)
    {
        _connection = connection;
        _commands = new(connection);
        new Thread(Run) { Name = "krewe storage writer", IsBackground = true }.Start();
    }

    /// <summary>Transactions committed so far.</summary>
    public long Commits { get; private set; }

    /// <summary>Queues a write; the task completes when it is on disk.</summary>
    public Task<WriteOutcome> WriteAsync(SqliteWrite write)
    {
        if (Interlocked.Add(ref _queuedBytes, write.Bytes) > QueueBytesMax || !_queue.Writer.TryWrite(write))
        {
            Interlocked.Add(ref _queuedBytes, -write.Bytes);
            StorageInstruments.Refused.Add(1);
            throw _isClosed
                ? new StorageException("The storage is closed.")
                : new StorageBusyException($"The storage has {QueueOperationsMax} writes or {QueueBytesMax} bytes waiting and takes no more.");
        }

        StorageInstruments.Queued.Add(1);
        return write.Completion;
    }

    /// <summary>Takes no more, commits what waits, and closes the connection, which merges the log into the file.</summary>
    public async ValueTask DisposeAsync()
    {
        _isClosed = true;
        _queue.Writer.TryComplete();
        await _ended.Task;
    }

    private void Run()
    {
        var batch = new List<SqliteWrite>(BatchOperationsMax);
        while (_queue.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            while (batch.Count < BatchOperationsMax && _queue.Reader.TryRead(out var write))
            {
                batch.Add(write);
                Interlocked.Add(ref _queuedBytes, -write.Bytes);
            }

            StorageInstruments.Queued.Add(-batch.Count);
            Write(batch);
            batch.Clear();
        }

        _commands.Dispose();
        _connection.Dispose();
        _ended.SetResult();
    }

    private void Write(List<SqliteWrite> batch)
    {
        try
        {
            _commands.Begin();
        }
        catch (SqliteException failure)
        {
            batch.ForEach(write => write.Fail(Failed(failure)));
            return;
        }

        if (!TryCommit(batch, out var reason))
        {
            // The transaction went down as a whole: each on its own now, so that only the one at fault fails.
            if (batch.Count == 1)
            {
                batch[0].Fail(Failed(reason));
            }
            else
            {
                batch.ForEach(write => Write([write]));
            }
        }
    }

    private bool TryCommit(List<SqliteWrite> batch, out SqliteException? reason)
    {
        var results = new (WriteOutcome Outcome, SqliteException? Failure)[batch.Count];
        try
        {
            for (var i = 0; i < results.Length; i++)
            {
                results[i] = Execute(batch[i]);
            }

            _commands.Commit();
        }
        catch (SqliteException failure)
        {
            _commands.RollBack();
            reason = failure;
            return false;
        }

        Commits++;
        StorageInstruments.Commits.Add(1);
        StorageInstruments.Written.Add(batch.Count);
        for (var i = 0; i < results.Length; i++)
        {
            if (results[i].Failure is { } failure)
            {
                batch[i].Fail(Failed(failure));
            }
            else
            {
                batch[i].Complete(results[i].Outcome);
            }
        }

        reason = null;
        return true;
    }

    /// <summary>A statement that fails undoes itself alone, unless SQLite ended the transaction over it.</summary>
    private (WriteOutcome Outcome, SqliteException? Failure) Execute(SqliteWrite write)
    {
        try
        {
            return (_commands.Execute(write), null);
        }
        catch (SqliteException failure) when (_commands.IsInTransaction)
        {
            return (default, failure);
        }
    }

    private static StorageException Failed(SqliteException? reason)
    {
        StorageInstruments.Failed.Add(1);
        return new($"The write failed: {reason?.Message}", reason);
    }
}
