using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Krewe.Cli;

/// <summary>
/// A backup as <c>GET /api/v1/backup</c> gives it: a tar archive with <c>krewe-backup.json</c> at its beginning and the sums of everything in <c>SHA256SUMS</c> at its end, without which it
/// is not whole. To restore is to unpack it into an empty data folder, while no Krewe runs there.
/// </summary>
internal static class BackupArchive
{
    private const string DescriptionName = "krewe-backup.json";

    private const string SumsName = "SHA256SUMS";

    private const string Version = "1";

    /// <summary>Of the two files that are read into memory.</summary>
    private const int TextBytesMax = 16 * 1024 * 1024;

    private const UnixFileMode FolderMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode FileMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Reads an archive to its end; throws a <see cref="BackupException"/> for one that is not whole, or no backup.</summary>
    /// <returns>How many files it has.</returns>
    public static Task<int> CheckAsync(Stream archive, CancellationToken cancellationToken = default) => ReadAsync(archive, _ => null, cancellationToken);

    /// <summary>Makes a data folder of a backup. The folder must not exist, or be empty; where the archive is not whole, it is afterwards as it was before.</summary>
    public static async Task RestoreAsync(Stream archive, string folder, CancellationToken cancellationToken = default)
    {
        var target = Path.GetFullPath(folder);
        if (File.Exists(target) || (Directory.Exists(target) && Directory.EnumerateFileSystemEntries(target).Any()))
        {
            throw new BackupException($"{target} is not empty: a backup is restored into an empty folder only");
        }

        // Beside its place, so that a folder with everything in it appears at once, or none.
        var aside = $"{target.TrimEnd(Path.DirectorySeparatorChar)}.restoring-{Guid.NewGuid():N}";
        CreateFolder(aside);
        try
        {
            await ReadAsync(archive, name => Create(aside, name), cancellationToken);
            File.Delete(Path.Combine(aside, DescriptionName));
            if (Directory.Exists(target))
            {
                Directory.Delete(target);
            }

            Directory.Move(aside, target);
        }
        catch
        {
            Directory.Delete(aside, recursive: true);
            throw;
        }
    }

    /// <param name="create">Where a file's content goes; null for nowhere.</param>
    private static async Task<int> ReadAsync(Stream archive, Func<string, Stream?> create, CancellationToken cancellationToken)
    {
        try
        {
            var sums = new StringBuilder();
            var files = 0;
            await using var reader = new TarReader(archive, leaveOpen: true);
            while (await reader.GetNextEntryAsync(copyData: false, cancellationToken) is { } entry)
            {
                if (entry.EntryType is not TarEntryType.RegularFile || !IsPlain(entry.Name))
                {
                    throw new BackupException($"it is no backup of Krewe's: it holds '{entry.Name}'");
                }

                if (entry.Name == SumsName)
                {
                    return await TextAsync(entry, cancellationToken) == sums.ToString() ? files : throw new BackupException("it is damaged: its files are not those that were backed up");
                }

                if (files++ == 0)
                {
                    Identify(entry.Name, entry.Name == DescriptionName ? await TextAsync(entry, cancellationToken, create, sums) : "");
                    continue;
                }

                await using var output = create(entry.Name) ?? Stream.Null;
                sums.Append(await CopyAsync(entry.DataStream ?? Stream.Null, output, cancellationToken)).Append("  ").Append(entry.Name).Append('\n');
            }
        }
        catch (Exception e) when (e is EndOfStreamException or InvalidDataException or FormatException)
        {
            throw new BackupException($"it is no backup, or it was cut off: {e.Message}");
        }

        throw new BackupException("it is not whole: it was cut off");
    }

    private static void Identify(string name, string text)
    {
        var description = name == DescriptionName ? Parse(text) : null;
        if (description?["format"]?.ToJsonString() != "\"krewe-backup\"")
        {
            throw new BackupException("it is no backup of Krewe's");
        }

        if (description["version"]?.ToJsonString() is var version && version != Version)
        {
            throw new BackupException($"it is of version {version}, and this tool knows version {Version}");
        }
    }

    private static JsonObject? Parse(string text)
    {
        try
        {
            return JsonNode.Parse(text) as JsonObject;
        }
        catch (System.Text.Json.JsonException)
        {
            return null;
        }
    }

    /// <summary>A file of the folder, or of one in it: nothing that leads out of it.</summary>
    private static bool IsPlain(string name) =>
        name.Split('/') is { Length: <= 2 } parts && parts.All(part => part.Length > 0 && part is not ("." or "..") && part.IndexOfAny(['\\', ':', '\0']) < 0);

    private static async Task<string> TextAsync(TarEntry entry, CancellationToken cancellationToken, Func<string, Stream?>? create = null, StringBuilder? sums = null)
    {
        if (entry.Length > TextBytesMax)
        {
            throw new BackupException($"it is no backup of Krewe's: '{entry.Name}' has {entry.Length} bytes");
        }

        var text = new MemoryStream();
        var sum = await CopyAsync(entry.DataStream ?? Stream.Null, text, cancellationToken);
        sums?.Append(sum).Append("  ").Append(entry.Name).Append('\n');
        await using var output = create?.Invoke(entry.Name) ?? Stream.Null;
        await output.WriteAsync(text.GetBuffer().AsMemory(0, (int)text.Length), cancellationToken);
        return Encoding.UTF8.GetString(text.GetBuffer(), 0, (int)text.Length);
    }

    private static async Task<string> CopyAsync(Stream input, Stream output, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[128 * 1024];
        int read;
        while ((read = await input.ReadAsync(buffer, cancellationToken)) > 0)
        {
            hash.AppendData(buffer, 0, read);
            await output.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
        }

        if (output is FileStream file)
        {
            file.Flush(flushToDisk: true);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static FileStream Create(string folder, string name)
    {
        var path = Path.Combine(folder, name);
        CreateFolder(Path.GetDirectoryName(path)!);
        var options = new FileStreamOptions { Mode = System.IO.FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = FileMode;
        }

        return new FileStream(path, options);
    }

    private static void CreateFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            Directory.CreateDirectory(folder, FolderMode);
        }
    }
}

/// <summary>A backup is of no use; the message says why, for people.</summary>
internal sealed class BackupException(string message) : Exception(message);
