using Krewe.Grains.Storage;

namespace Krewe.Tests.Grains.Storage;

public class SqliteWriterTests
{
    [Fact]
    public async Task Writer_CommitsWhatWaitsTogether()
    {
        using var folder = new DataFolder();
        await using var stoppable = new StoppableWriter(folder);
        var first = await stoppable.StopAsync();
        var waiting = Enumerable.Range(0, SqliteWriter.BatchOperationsMax + 1).Select(n => stoppable.WriteAsync($"{n}")).ToArray();

        Assert.False(first.IsCompleted);
        stoppable.Go();

        Assert.True((await first).IsApplied);
        Assert.All(await Task.WhenAll(waiting), outcome => Assert.True(outcome.IsApplied));
        await stoppable.DisposeAsync();
        Assert.Equal(1 + 2, stoppable.Writer.Commits);
    }

    [Fact]
    public async Task Queue_WhenFull_RefusesAndKeepsWhatItTook()
    {
        using var folder = new DataFolder();
        await using var stoppable = new StoppableWriter(folder);
        await stoppable.StopAsync();
        var waiting = Enumerable.Range(0, SqliteWriter.QueueOperationsMax).Select(n => stoppable.WriteAsync($"{n}")).ToArray();

        var refusal = await Assert.ThrowsAsync<StorageBusyException>(() => stoppable.WriteAsync("one more"));
        Assert.Contains($"{SqliteWriter.QueueOperationsMax}", refusal.Message, StringComparison.Ordinal);
        stoppable.Go();

        Assert.All(await Task.WhenAll(waiting), outcome => Assert.True(outcome.IsApplied));
        Assert.True((await stoppable.WriteAsync("one more")).IsApplied);
    }

    [Fact]
    public async Task Queue_WhenFullOfBytes_Refuses()
    {
        using var folder = new DataFolder();
        await using var stoppable = new StoppableWriter(folder);
        await stoppable.StopAsync();
        var half = (int)(SqliteWriter.QueueBytesMax / 2) + 1;

        var large = stoppable.WriteAsync("large", half);
        await Assert.ThrowsAsync<StorageBusyException>(() => stoppable.WriteAsync("too much", half));
        var small = stoppable.WriteAsync("small");
        stoppable.Go();

        Assert.True((await large).IsApplied);
        Assert.True((await small).IsApplied);
    }

    [Theory]
    [InlineData("abort", 1)]
    [InlineData("rollback", 2)]
    public async Task Failure_OfOneWrite_IsThatWritesAlone(string bad, int commits)
    {
        using var folder = new DataFolder();
        await using var stoppable = new StoppableWriter(folder);
        await stoppable.StopAsync();
        var before = stoppable.WriteAsync("before");
        var failing = stoppable.WriteAsync(bad);
        var after = stoppable.WriteAsync("after");
        stoppable.Go();

        await Assert.ThrowsAsync<StorageException>(() => failing);
        Assert.True((await before).IsApplied);
        Assert.True((await after).IsApplied);
        await stoppable.DisposeAsync();
        Assert.Equal(1 + commits, stoppable.Writer.Commits);
        Assert.Equal(3L, folder.Scalar("SELECT count(*) FROM grain_state WHERE key IN ('stop', 'before', 'after')"));
        Assert.Equal(3L, folder.Scalar("SELECT count(*) FROM grain_state"));
    }

    [Fact]
    public async Task Write_TriedAgainAfterItReachedTheDisk_IsASuccess()
    {
        using var folder = new DataFolder();
        await using var database = folder.Open();
        var key = new StateKey("settings", "sample", "juliet");
        var write = new SqliteWrite(key, null, "{}"u8.ToArray());
        await database.Writer.WriteAsync(write);

        using var connection = folder.Connect();
        using var commands = new SqliteWriteCommands(connection);
        Assert.Equal(new WriteOutcome(true, write.Next), commands.Execute(write));
    }

    [Fact]
    public async Task Kill_KeepsWhatWasAcknowledgedAndNothingElse()
    {
        using var folder = new DataFolder();
        await using var stoppable = new StoppableWriter(folder);
        await stoppable.WriteAsync("acknowledged");
        var unacknowledged = await stoppable.StopAsync();

        using var left = folder.CopyAsAfterKill();
        Assert.False(unacknowledged.IsCompleted);
        await using var database = left.Open();

        Assert.Equal<string>(["acknowledged"], await new SqliteKeyIndex(database).ListAsync("settings", "sample", null, null, 10, default));
    }

    [Fact]
    public async Task Close_CommitsWhatWaits()
    {
        using var folder = new DataFolder();
        var stoppable = new StoppableWriter(folder);
        await stoppable.StopAsync();
        var waiting = Enumerable.Range(0, 300).Select(n => stoppable.WriteAsync($"{n}")).ToArray();

        await stoppable.DisposeAsync();

        Assert.All(waiting, write => Assert.True(write.IsCompletedSuccessfully && write.Result.IsApplied));
        Assert.Equal(301L, folder.Scalar("SELECT count(*) FROM grain_state"));
    }
}
