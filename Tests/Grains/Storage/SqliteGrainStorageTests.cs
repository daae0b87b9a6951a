using Krewe.Contracts.Addressing;
using Orleans.Storage;

namespace Krewe.Tests.Grains.Storage;

public class SqliteGrainStorageTests
{
    private static readonly SampleState Full = new()
    {
        Text = "ö \"<&>\" 🎭",
        Owner = Jid.Parse("juliet@verona.localhost/balcony"),
        Bytes = new byte[] { 0, 1, 254, 255 },
        Items = [new("nurse", ["household", "café"], DayOfWeek.Friday, DateTimeOffset.UnixEpoch), new("", [], DayOfWeek.Sunday, null)],
    };

    [Fact]
    public async Task Read_OfNothing_IsTheInitialState()
    {
        using var folder = new DataFolder();
        await using var database = folder.Open();
        var state = new HeldState<SampleState>(database, "juliet") { State = Full, ETag = "7", RecordExists = true };

        await state.ReadAsync();

        Assert.Equal(new SampleState(), state.State);
        Assert.Null(state.ETag);
        Assert.False(state.RecordExists);
    }

    [Fact]
    public async Task Write_ThenReadByAnother_IsEqual()
    {
        using var folder = new DataFolder();
        await using var database = folder.Open();
        var state = new HeldState<SampleState>(database, "juliet");
        await state.WriteAsync(Full);

        var other = new HeldState<SampleState>(database, "juliet");
        await other.ReadAsync();

        Assert.True(state.RecordExists && other.RecordExists);
        Assert.Equal(state.ETag, other.ETag);
        Assert.Equal(Full.Text, other.State!.Text);
        Assert.Equal(Full.Owner, other.State.Owner);
        Assert.Equal(Full.Bytes.ToArray(), other.State.Bytes.ToArray());
        Assert.Equal<string>(["household", "café"], other.State.Items[0].Groups);
        Assert.Equal(Full.Items[0] with { Groups = other.State.Items[0].Groups }, other.State.Items[0]);
        Assert.Empty(other.State.Items[1].Groups);
    }

    [Fact]
    public async Task State_OfSameKeyInAnotherStorageOrName_IsAnother()
    {
        using var folder = new DataFolder();
        await using var database = folder.Open();
        await new HeldState<SampleState>(database, "juliet").WriteAsync(Full);

        foreach (var (storage, name) in new[] { ("accounts", "sample"), ("settings", "other") })
        {
            var other = new HeldState<SampleState>(database, "juliet", storage, name);
            await other.ReadAsync();
            Assert.False(other.RecordExists);
            await other.WriteAsync(new() { Text = name });
        }
    }

    [Fact]
    public async Task Write_WithStaleEtag_IsInconsistentAndChangesNothing()
    {
        using var folder = new DataFolder();
        await using var database = folder.Open();
        var first = new HeldState<SampleState>(database, "juliet");
        await first.WriteAsync(new() { Text = "one" });
        var second = new HeldState<SampleState>(database, "juliet");
        await second.ReadAsync();
        await first.WriteAsync(new() { Text = "two" });

        var refusal = await Assert.ThrowsAsync<InconsistentStateException>(() => second.WriteAsync(new() { Text = "lost" }));
        Assert.Equal(first.ETag, refusal.StoredEtag);
        Assert.Equal(second.ETag, refusal.CurrentEtag);
        await Assert.ThrowsAsync<InconsistentStateException>(second.ClearAsync);

        await second.ReadAsync();
        Assert.Equal("two", second.State!.Text);
        await second.WriteAsync(new() { Text = "three" });
    }

    [Fact]
    public async Task Write_OfAFirstState_WhereOneIsStored_IsInconsistent()
    {
        using var folder = new DataFolder();
        await using var database = folder.Open();
        await new HeldState<SampleState>(database, "juliet").WriteAsync(new() { Text = "one" });
        var late = new HeldState<SampleState>(database, "juliet");

        await Assert.ThrowsAsync<InconsistentStateException>(() => late.WriteAsync(new() { Text = "lost" }));
        await Assert.ThrowsAsync<InconsistentStateException>(late.ClearAsync);
    }

    [Fact]
    public async Task Clear_ThenWriteByWhoSawTheOldState_IsInconsistent()
    {
        using var folder = new DataFolder();
        await using var database = folder.Open();
        var first = new HeldState<SampleState>(database, "juliet");
        await first.WriteAsync(Full);
        var second = new HeldState<SampleState>(database, "juliet");
        await second.ReadAsync();

        await first.ClearAsync();

        Assert.Equal(new SampleState(), first.State);
        Assert.False(first.RecordExists);
        await Assert.ThrowsAsync<InconsistentStateException>(() => second.WriteAsync(Full));

        // Made anew, it is still not what the second one saw.
        await first.WriteAsync(Full);
        await Assert.ThrowsAsync<InconsistentStateException>(() => second.WriteAsync(Full));
    }

    [Fact]
    public async Task Clear_OfNothing_Succeeds()
    {
        using var folder = new DataFolder();
        await using var database = folder.Open();
        await new HeldState<SampleState>(database, "juliet").ClearAsync();
    }

    [Fact]
    public async Task Writes_TwoHundredAtOnce_AreAllStored()
    {
        using var folder = new DataFolder();
        await using var database = folder.Open();
        var states = Enumerable.Range(0, 200).Select(n => new HeldState<SampleState>(database, $"user{n}") { State = new() { Text = $"{n}" } }).ToArray();

        await Task.WhenAll(states.Select(state => Task.Run(state.WriteAsync)));

        foreach (var (n, state) in states.Index())
        {
            state.State = null;
            await state.ReadAsync();
            Assert.Equal($"{n}", state.State!.Text);
        }
    }

    [Fact]
    public async Task Writes_TwoHundredAtOnceFromOneEtag_AreOneSuccess()
    {
        using var folder = new DataFolder();
        await using var database = folder.Open();
        var states = Enumerable.Range(0, 200).Select(n => new HeldState<SampleState>(database, "juliet") { State = new() { Text = $"{n}" } }).ToArray();

        var writes = states.Select(state => Task.Run(state.WriteAsync)).ToArray();
        await Task.WhenAll(writes).ContinueWith(_ => { }, TaskScheduler.Default);

        var winner = Assert.Single(states, state => state.RecordExists);
        Assert.Equal(199, writes.Count(write => write.Exception?.InnerException is InconsistentStateException));
        var stored = new HeldState<SampleState>(database, "juliet");
        await stored.ReadAsync();
        Assert.Equal(winner.State!.Text, stored.State!.Text);
    }

    [Fact]
    public async Task Storage_AfterClose_RefusesBothWays()
    {
        using var folder = new DataFolder();
        var database = folder.Open();
        await database.DisposeAsync();
        var state = new HeldState<SampleState>(database, "juliet");

        Assert.Contains("closed", (await Assert.ThrowsAsync<Krewe.Grains.Storage.StorageException>(state.WriteAsync)).Message, StringComparison.Ordinal);
        Assert.Contains("closed", (await Assert.ThrowsAsync<Krewe.Grains.Storage.StorageException>(state.ReadAsync)).Message, StringComparison.Ordinal);
    }
}
