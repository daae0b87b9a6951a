using Krewe.Grains.Storage;

namespace Krewe.Tests.Grains.Storage;

public class StorageLifetimeTests
{
    [Fact]
    public async Task Silo_OnAFolderThatIsInUse_DoesNotStart()
    {
        using var folder = new DataFolder();
        await using var database = folder.Open();

        var failure = await Record.ExceptionAsync(() => StorageSilo.StartAsync(folder.Options));

        Assert.Contains("in use by another process", Assert.IsType<StorageStartException>(failure).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Silo_WhenStopped_HasClosedTheFile()
    {
        using var folder = new DataFolder();
        await (await StorageSilo.StartAsync(folder.Options)).DisposeAsync();

        Assert.False(File.Exists($"{folder.File}-wal"));
        folder.Open().Dispose();
    }
}
