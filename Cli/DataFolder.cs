namespace Krewe.Cli;

/// <summary>A folder that becomes Krewe's durable state by a restore: empty before it, and whole or empty after it.</summary>
internal static class DataFolder
{
    /// <summary>What a server holds while it runs on the folder.</summary>
    private const string Lock = "krewe.lock";

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <returns>How many files were unpacked.</returns>
    public static async Task<int> FillAsync(string folder, string backup, CancellationToken cancellation)
    {
        try
        {
            await using var archive = new FileStream(backup, FileMode.Open, FileAccess.Read, FileShare.Read);

            // Once to its end before anything is written.
            await BackupArchive.ReadAsync(archive, extractTo: null, cancellation);
            archive.Position = 0;
            Create(folder);
            await using var held = Hold(folder);
            if (Directory.EnumerateFileSystemEntries(folder).Any(path => Path.GetFileName(path) != Lock))
            {
                throw new CommandException($"{folder} is not empty: a backup is restored into a new data folder");
            }

            return await UnpackAsync(archive, folder, cancellation);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandException(e.Message);
        }
    }

    public static void Create(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            Directory.CreateDirectory(folder, OwnerOnly);
        }
    }

    private static async Task<int> UnpackAsync(FileStream archive, string folder, CancellationToken cancellation)
    {
        var isDone = false;
        try
        {
            var files = await BackupArchive.ReadAsync(archive, folder, cancellation);
            isDone = true;
            return files;
        }
        finally
        {
            if (!isDone)
            {
                Empty(folder);
            }
        }
    }

    private static void Empty(string folder)
    {
        foreach (var path in Directory.EnumerateFileSystemEntries(folder).Where(path => Path.GetFileName(path) != Lock).ToArray())
        {
            if (Directory.Exists(path))
            {
                Directory.Delete(path, recursive: true);
            }
            else
            {
                File.Delete(path);
            }
        }
    }

    private static FileStream Hold(string folder)
    {
        try
        {
            var options = PrivateFile.Options();
            options.Mode = FileMode.OpenOrCreate;
            return new FileStream(Path.Combine(folder, Lock), options);
        }
        catch (IOException)
        {
            throw new CommandException($"a server runs on {folder}: stop it first");
        }
    }
}
