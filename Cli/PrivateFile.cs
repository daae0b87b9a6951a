namespace Krewe.Cli;

/// <summary>Writes a file that its owner alone may read, because it holds credentials, and that is there whole or not at all.</summary>
internal static class PrivateFile
{
    /// <returns>How many bytes it has.</returns>
    public static async Task<long> WriteAsync(string path, Func<Stream, Task> write)
    {
        var unfinished = $"{path}.part";
        try
        {
            if (File.Exists(path))
            {
                throw new CommandException($"{path} is there already");
            }

            long bytes;
            await using (var file = new FileStream(unfinished, Options()))
            {
                await write(file);
                await file.FlushAsync();
                file.Flush(flushToDisk: true);
                bytes = file.Length;
            }

            File.Move(unfinished, path, overwrite: false);
            return bytes;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandException(e.Message);
        }
        finally
        {
            if (File.Exists(unfinished))
            {
                File.Delete(unfinished);
            }
        }
    }

    public static FileStreamOptions Options()
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.ReadWrite, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return options;
    }
}
