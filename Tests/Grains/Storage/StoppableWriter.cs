using Krewe.Grains.Storage;
using Microsoft.Data.Sqlite;

namespace Krewe.Tests.Grains.Storage;

/// <summary>
/// A writer that stops in the middle of its transaction when it comes to the key <see cref="StopKey"/>, until it is let go; and whose database
/// refuses the keys <c>abort</c> (the statement) and <c>rollback</c> (the whole transaction).
/// </summary>
internal sealed class StoppableWriter : IAsyncDisposable
{
    public const string StopKey = "stop";

    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ManualResetEventSlim _go = new();

    public StoppableWriter(DataFolder folder)
    {
        folder.Open().Dispose();
        var connection = SqliteConnections.OpenWriter(folder.File);
        connection.CreateFunction("stop_here", () =>
        {
            _stopped.SetResult();
            _go.Wait();
            return 1;
        });
        Run(connection, $"CREATE TEMP TRIGGER stop BEFORE INSERT ON main.grain_state WHEN NEW.key = '{StopKey}' BEGIN SELECT stop_here(); END");
        Run(connection, "CREATE TEMP TRIGGER one BEFORE INSERT ON main.grain_state WHEN NEW.key = 'abort' BEGIN SELECT RAISE(ABORT, 'no'); END");
        Run(connection, "CREATE TEMP TRIGGER all_ BEFORE INSERT ON main.grain_state WHEN NEW.key = 'rollback' BEGIN SELECT RAISE(ROLLBACK, 'no'); END");
        Writer = new(connection);
    }

    public SqliteWriter Writer { get; }

    public Task<WriteOutcome> WriteAsync(string key, int bytes = 2) =>
        Writer.WriteAsync(new(new("settings", "sample", key), null, bytes == 2 ? "{}"u8.ToArray() : new byte[bytes]));

    /// <summary>Has the writer stop in a transaction with that one write.</summary>
    public async Task<Task<WriteOutcome>> StopAsync()
    {
        var write = WriteAsync(StopKey);
        await _stopped.Task.WaitAsync(TimeSpan.FromSeconds(30));
        return write;
    }

    public void Go() => _go.Set();

    public async ValueTask DisposeAsync()
    {
        Go();
        await Writer.DisposeAsync();
    }

    private static void Run(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
