using System.Text;
using Krewe.Grains.Storage;

namespace Krewe.Tests.Grains.Storage;

/// <summary>Copies of a database in use: whole, of one moment, and in nobody's way.</summary>
public sealed class SqliteBackupTests
{
    [Fact]
    public async Task Copy_HasEveryAcknowledgedWrite_AndNothingThatWasRemoved()
    {
        using var folder = new DataFolder();
        await using var database = folder.Open();
        var juliet = new HeldState<SampleState>(database, "juliet");
        var romeo = new HeldState<SampleState>(database, "romeo");
        await romeo.WriteAsync(new() { Text = "what Romeo had here once" });
        await romeo.ClearAsync();
        await juliet.WriteAsync(new() { Text = "kept" });

        using var copied = await CopyAsync(database);

        Assert.Equal("ok", copied.Scalar("PRAGMA integrity_check"));
        Assert.Equal("juliet", copied.Scalar("SELECT group_concat(key) FROM grain_state"));
        Assert.DoesNotContain("what Romeo had", Encoding.UTF8.GetString(File.ReadAllBytes(copied.File)), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(folder.Path, "*.unfinished*"));
    }

    [Fact]
    public async Task Copy_MadeWhileOthersWrite_IsOfOneMoment_AndHoldsNobodyUp()
    {
        using var folder = new DataFolder();
        await using var database = folder.Open();
        await Task.WhenAll(Enumerable.Range(0, 4000).Select(i => new HeldState<SampleState>(database, $"user{i}").WriteAsync(new() { Text = new string('x', 8000) })));
        var (left, right) = (new HeldState<SampleState>(database, "left"), new HeldState<SampleState>(database, "right"));
        await left.WriteAsync(new() { Text = "0" });
        await right.WriteAsync(new() { Text = "0" });

        var copying = CopyAsync(database);
        var writes = 0;
        while (!copying.IsCompleted)
        {
            // The right one is never ahead of the left one.
            writes++;
            await left.WriteAsync(new() { Text = $"{writes}" });
            await right.WriteAsync(new() { Text = $"{writes}" });
        }

        using var copied = await copying;
        await using var copy = copied.Open();
        var (before, after) = (new HeldState<SampleState>(copy, "left"), new HeldState<SampleState>(copy, "right"));
        await before.ReadAsync();
        await after.ReadAsync();
        Assert.InRange(int.Parse(before.State!.Text!) - int.Parse(after.State!.Text!), 0, 1);
        Assert.True(writes > 1, $"{writes} writes while the copy was made");
    }

    [Fact]
    public async Task Copy_ThatIsGivenUp_LeavesNothing()
    {
        using var folder = new DataFolder();
        await using var database = folder.Open();
        await Task.WhenAll(Enumerable.Range(0, 4000).Select(i => new HeldState<SampleState>(database, $"user{i}").WriteAsync(new() { Text = new string('x', 8000) })));

        // On a machine that is slow to give up, a copy may be done before: then there was nothing to give up, and it is tried again.
        var isGivenUp = false;
        for (var i = 0; i < 50 && !isGivenUp; i++)
        {
            using var patience = new CancellationTokenSource();
            var copying = database.Backup.CopyAsync(patience.Token);
            await patience.CancelAsync();
            await Task.WhenAny(copying);
            isGivenUp = copying.IsCanceled;
            if (!isGivenUp)
            {
                await (await copying).DisposeAsync();
            }
        }

        Assert.True(isGivenUp);
        Assert.Empty(Directory.GetFiles(folder.Path, "*.unfinished*"));

        // The next is not in its way.
        using var copied = await CopyAsync(database);
        Assert.Equal(4000L, copied.Scalar("SELECT count(*) FROM grain_state"));
    }

    [Fact]
    public async Task Copy_WhenTheDatabaseCloses_IsGivenUp()
    {
        using var folder = new DataFolder();
        var database = folder.Open();
        await database.DisposeAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => database.Backup.CopyAsync(CancellationToken.None));
    }

    [Fact]
    public async Task Copy_OfADeadProcess_IsClearedAway()
    {
        using var folder = new DataFolder();
        await File.WriteAllTextAsync($"{folder.File}.0123.unfinished", "half");
        await File.WriteAllTextAsync($"{folder.File}.0123.unfinished-journal", "its journal");
        await using var database = folder.Open();
        Assert.Empty(Directory.GetFiles(folder.Path, "*.unfinished*"));
    }

    private static async Task<DataFolder> CopyAsync(SqliteDatabase database)
    {
        var folder = new DataFolder();
        await using var copy = await database.Backup.CopyAsync(CancellationToken.None);
        await using var file = File.Create(folder.File);
        await copy.CopyToAsync(file);
        return folder;
    }
}
