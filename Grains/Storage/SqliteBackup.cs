using Krewe.Contracts.Storage;
using Microsoft.Data.Sqlite;

namespace Krewe.Grains.Storage;

/// <summary>Copies of the open database, made on a connection and a thread of their own beside the writer's.</summary>
internal sealed class SqliteBackup(string path) : IStoreBackup, IAsyncDisposable
{
    private readonly SemaphoreSlim _one = new(1);
    private readonly CancellationTokenSource _closing = new();

    public string FileName => Path.GetFileName(path);

    public async Task<Stream> CopyAsync(CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _closing.Token);
        await _one.WaitAsync(either.Token);
        try
        {
            return OpenOnce(await MakeAsync(either.Token));
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Gives up a copy that is being made: the database is about to close.</summary>
    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        await _one.WaitAsync();
        _one.Release();
    }

    private Task<string> MakeAsync(CancellationToken cancellationToken)
    {
        // It takes seconds for a large file, and blocks: a thread of the pool would be missed.
        var made = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() => Make(made, cancellationToken)) { Name = "krewe storage backup", IsBackground = true }.Start();
        return made.Task;
    }

    private void Make(TaskCompletionSource<string> made, CancellationToken cancellationToken)
    {
        try
        {
            using var connection = SqliteConnections.OpenCopier(path);
            using var interruption = cancellationToken.Register(() => SQLitePCL.raw.sqlite3_interrupt(connection.Handle));
            cancellationToken.ThrowIfCancellationRequested();
            var copy = SqliteCopies.Make(connection, path);
            if (cancellationToken.IsCancellationRequested)
            {
                // An interruption that came before the statement began interrupts nothing.
                File.Delete(copy);
                made.SetCanceled(cancellationToken);
                return;
            }

            made.SetResult(copy);
        }
        catch (Exception e) when (e is SqliteException or OperationCanceledException && cancellationToken.IsCancellationRequested)
        {
            made.SetCanceled(cancellationToken);
        }
        catch (Exception failure) when (failure is SqliteException or IOException or UnauthorizedAccessException)
        {
            made.SetException(new StorageException($"The store cannot be copied: {failure.Message}", failure));
        }
    }

    /// <summary>Its name goes at once: from here on the operating system removes it, however this process ends.</summary>
    private static FileStream OpenOnce(string copy)
    {
        var file = new FileStream(copy, new FileStreamOptions
        {
            Mode = FileMode.Open, Access = FileAccess.Read, Share = FileShare.Read | FileShare.Delete, Options = FileOptions.SequentialScan | FileOptions.Asynchronous,
        });
        File.Delete(copy);
        return file;
    }
}
