namespace Krewe.Cli;

/// <summary>A folder that becomes Krewe's durable state by a restore: empty or not there before it, and whole or as before after it.</summary>
internal static class DataFolder
{
    /// <summary>What a server holds while it runs on the folder.</summary>
    private const string Lock = "krewe.lock";

    public static async Task FillAsync(string folder, string backup, CancellationToken cancellation)
    {
        try
        {
            RefuseWhileInUse(folder);
            await using var archive = new FileStream(backup, FileMode.Open, FileAccess.Read, FileShare.Read);
            await BackupArchive.RestoreAsync(archive, folder, cancellation);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or BackupException)
        {
            throw new CommandException(e is BackupException ? $"{backup} is not restored: {e.Message}" : e.Message);
        }
    }

    private static void RefuseWhileInUse(string folder)
    {
        var path = Path.Combine(folder, Lock);
        if (!File.Exists(path))
        {
            return;
        }

        try
        {
            using var held = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            throw new CommandException($"a server runs on {folder}: stop it first, and restore into an empty folder");
        }
    }
}
