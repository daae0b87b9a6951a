namespace Krewe.Grains.Storage;

/// <summary>
/// Holds a data folder for one process. The operating system lets go of the lock when the process dies, however it dies; the file itself stays.
/// </summary>
internal sealed class DataFolderLock : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly FileStream _file;

    private DataFolderLock(FileStream file) => _file = file;

    /// <summary>Makes the folder when there is none, and takes it.</summary>
    public static DataFolderLock Take(string folder)
    {
        try
        {
            CreateFolder(folder);
            return new(OpenPrivate(Path.Combine(folder, "krewe.lock"), FileShare.None));
        }
        catch (Exception failure) when (failure is UnauthorizedAccessException or DirectoryNotFoundException)
        {
            throw new StorageStartException($"The data folder '{folder}' cannot be written: {failure.Message}", failure);
        }
        catch (IOException failure)
        {
            throw new StorageStartException($"The data folder '{folder}' is in use by another process, or cannot be locked: {failure.Message}", failure);
        }
    }

    /// <summary>Opens or makes a file that its owner alone may read: it holds credentials.</summary>
    public static FileStream OpenPrivate(string path, FileShare share)
    {
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = share };
        if (OperatingSystem.IsWindows())
        {
            return new(path, options);
        }

        options.UnixCreateMode = OwnerOnly;
        var file = new FileStream(path, options);
        File.SetUnixFileMode(file.SafeFileHandle, OwnerOnly);
        return file;
    }

    public void Dispose() => _file.Dispose();

    private static void CreateFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            Directory.CreateDirectory(folder, OwnerOnly | UnixFileMode.UserExecute);
        }
    }
}
