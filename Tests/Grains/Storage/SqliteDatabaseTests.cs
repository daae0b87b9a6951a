using System.Collections.Immutable;
using Krewe.Grains.Storage;

namespace Krewe.Tests.Grains.Storage;

public class SqliteDatabaseTests
{
    private const string FirstStep = "CREATE TABLE things (name TEXT NOT NULL);";

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    [Fact]
    public async Task Folder_ThatIsOpen_IsRefusedToASecondProcess()
    {
        using var folder = new DataFolder();
        await using (folder.Open())
        {
            var refusal = Assert.Throws<StorageStartException>(folder.Open);
            Assert.Contains("in use by another process", refusal.Message, StringComparison.Ordinal);
            Assert.Contains(folder.Path, refusal.Message, StringComparison.Ordinal);
        }

        await using var again = folder.Open();
    }

    [Fact]
    public async Task Files_AreTheirOwnersAlone()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        using var folder = new DataFolder();
        File.WriteAllBytes(folder.File, []);
        File.SetUnixFileMode(folder.File, OwnerOnly | UnixFileMode.OtherRead);
        await using var database = folder.Open();
        await new HeldState<SampleState>(database, "juliet").WriteAsync();

        var files = Directory.GetFiles(folder.Path);
        Assert.Contains($"{folder.File}-wal", files);
        foreach (var file in files)
        {
            Assert.Equal(OwnerOnly, File.GetUnixFileMode(file));
        }
    }

    [Fact]
    public async Task Close_MergesTheLog()
    {
        using var folder = new DataFolder();
        await using (var database = folder.Open())
        {
            await new HeldState<SampleState>(database, "juliet").WriteAsync(new() { Text = "kept" });
        }

        Assert.False(File.Exists($"{folder.File}-wal"));
        await using var again = folder.Open();
        var state = new HeldState<SampleState>(again, "juliet");
        await state.ReadAsync();
        Assert.Equal("kept", state.State!.Text);
    }

    [Fact]
    public void File_OfANewerSchema_StopsTheStartUntouched()
    {
        using var folder = new DataFolder();
        folder.Open().Dispose();
        folder.Scalar("PRAGMA user_version = 99");

        var refusal = Assert.Throws<StorageStartException>(folder.Open);

        Assert.Contains("newer version", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("99", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(99L, folder.Scalar("PRAGMA user_version"));
    }

    [Fact]
    public void File_OfAnEarlierSchema_IsCopiedAndMigrated()
    {
        using var folder = new DataFolder();
        SqliteDatabase.Open(folder.Path, new SqliteSchema([FirstStep])).Dispose();
        folder.Scalar("INSERT INTO things VALUES ('kept')");

        SqliteDatabase.Open(folder.Path, new SqliteSchema([FirstStep, "ALTER TABLE things ADD COLUMN size INTEGER NOT NULL DEFAULT 7;"])).Dispose();

        Assert.Equal(2L, folder.Scalar("PRAGMA user_version"));
        Assert.Equal(7L, folder.Scalar("SELECT size FROM things WHERE name = 'kept'"));
        using var copy = new DataFolder();
        File.Copy(Assert.Single(Directory.GetFiles(folder.Path, "krewe-v1-*.db")), copy.File);
        Assert.Equal(1L, copy.Scalar("PRAGMA user_version"));
        Assert.Equal("kept", copy.Scalar("SELECT * FROM things"));
    }

    [Fact]
    public void Migration_ThatFails_LeavesTheFileAsItWas()
    {
        using var folder = new DataFolder();
        SqliteDatabase.Open(folder.Path, new SqliteSchema([FirstStep])).Dispose();
        ImmutableArray<string> steps = [FirstStep, "INSERT INTO things VALUES ('half'); INSERT INTO nowhere VALUES (1);"];

        // Twice: the copy of the first attempt does not stand in the way, nor do copies gather.
        Assert.Throws<StorageStartException>(() => SqliteDatabase.Open(folder.Path, new SqliteSchema(steps)));
        Assert.Throws<StorageStartException>(() => SqliteDatabase.Open(folder.Path, new SqliteSchema(steps)));

        Assert.Equal(1L, folder.Scalar("PRAGMA user_version"));
        Assert.Equal(0L, folder.Scalar("SELECT count(*) FROM things"));
        Assert.Single(Directory.GetFiles(folder.Path, "krewe-v1-*.db"));
    }

    [Fact]
    public void File_ThatIsDamaged_StopsTheStart()
    {
        using var folder = new DataFolder();
        File.WriteAllBytes(folder.File, Enumerable.Repeat((byte)'x', 8192).ToArray());

        Assert.Contains("damaged", Assert.Throws<StorageStartException>(folder.Open).Message, StringComparison.Ordinal);

        // The folder is free again.
        File.Delete(folder.File);
        folder.Open().Dispose();
    }

    [Fact]
    public void File_OfAnotherProgram_StopsTheStart()
    {
        using var folder = new DataFolder();
        File.WriteAllBytes(folder.File, []);
        folder.Scalar(FirstStep);

        Assert.Contains("not one of Krewe's", Assert.Throws<StorageStartException>(folder.Open).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void File_ThatAnotherProgramHasLocked_StopsTheStart()
    {
        using var folder = new DataFolder();
        folder.Open().Dispose();
        using var tool = folder.Connect();
        using var command = tool.CreateCommand();
        command.CommandText = "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; CREATE TABLE mine (x)";
        command.ExecuteNonQuery();

        Assert.Contains("locked", Assert.Throws<StorageStartException>(folder.Open).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Folder_ThatCannotBeMade_StopsTheStart()
    {
        using var folder = new DataFolder();
        File.WriteAllBytes(folder.File, []);

        Assert.Throws<StorageStartException>(() => SqliteDatabase.Open(Path.Combine(folder.File, "below-a-file")));
    }
}
