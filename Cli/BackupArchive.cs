using System.Formats.Tar;
using System.Security.Cryptography;

namespace Krewe.Cli;

/// <summary>
/// The tar that a backup is. Its last file lists the SHA-256 of every other one, so that what was cut off or changed on its way is not taken for a backup.
/// </summary>
internal static class BackupArchive
{
    /// <summary>Lines of a checksum in hex, two spaces and a path, as sha256sum writes them.</summary>
    public const string Checksums = "SHA256SUMS";

    /// <summary>More than any data folder has; a list of more is not one of ours.</summary>
    private const int ChecksumBytesMax = 16 * 1024 * 1024;

    /// <summary>Reads it to its end, and throws when it is not whole.</summary>
    /// <param name="extractTo">The folder to unpack it into; null to look at it only.</param>
    /// <returns>How many files it has.</returns>
    public static async Task<int> ReadAsync(Stream archive, string? extractTo, CancellationToken cancellation)
    {
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        var listed = "";
        try
        {
            await using var tar = new TarReader(archive, leaveOpen: true);
            while (await tar.GetNextEntryAsync(copyData: false, cancellation) is { } entry)
            {
                var name = entry.Name.StartsWith("./", StringComparison.Ordinal) ? entry.Name[2..] : entry.Name;
                if (entry.EntryType == TarEntryType.Directory)
                {
                    continue;
                }

                if (entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile) || !IsInside(name))
                {
                    throw NotWhole($"{Plain.Of(name)} is nothing that a backup has");
                }

                if (name == Checksums)
                {
                    listed = await ReadTextAsync(entry, cancellation);
                }
                else if (!found.TryAdd(name, await TakeAsync(entry, extractTo is null ? null : Path.Combine(extractTo, name), cancellation)))
                {
                    throw NotWhole($"{Plain.Of(name)} is there twice");
                }
            }
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or FormatException)
        {
            throw NotWhole(e.Message);
        }

        Compare(found, listed);
        return found.Count;
    }

    private static void Compare(Dictionary<string, string> found, string listed)
    {
        var expected = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in listed.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Split("  ", 2) is not [{ Length: 64 } sum, var name] || !expected.TryAdd(name, sum))
            {
                throw NotWhole($"its {Checksums} is no list of checksums");
            }
        }

        if (expected.Count == 0)
        {
            throw NotWhole($"it has no {Checksums}");
        }

        foreach (var name in expected.Keys.Union(found.Keys).Order(StringComparer.Ordinal))
        {
            if (!expected.TryGetValue(name, out var sum) || !found.TryGetValue(name, out var actual))
            {
                throw NotWhole($"{Plain.Of(name)} is {(found.ContainsKey(name) ? "not among the checksums" : "missing")}");
            }

            if (!string.Equals(sum, actual, StringComparison.OrdinalIgnoreCase))
            {
                throw NotWhole($"{Plain.Of(name)} is not what its checksum says");
            }
        }
    }

    /// <summary>The checksum of a file, which is written on the way when there is a place for it.</summary>
    private static async Task<string> TakeAsync(TarEntry entry, string? path, CancellationToken cancellation)
    {
        if (entry.DataStream is not { } data)
        {
            data = Stream.Null;
        }

        if (path is null)
        {
            return Convert.ToHexStringLower(await SHA256.HashDataAsync(data, cancellation));
        }

        DataFolder.Create(Path.GetDirectoryName(path)!);
        await using var file = new FileStream(path, PrivateFile.Options());
        await data.CopyToAsync(file, cancellation);
        file.Position = 0;
        var sum = Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellation));
        file.Flush(flushToDisk: true);
        return sum;
    }

    private static async Task<string> ReadTextAsync(TarEntry entry, CancellationToken cancellation)
    {
        if (entry.Length > ChecksumBytesMax)
        {
            throw NotWhole($"its {Checksums} is too long");
        }

        using var reader = new StreamReader(entry.DataStream ?? Stream.Null);
        return await reader.ReadToEndAsync(cancellation);
    }

    /// <summary>A path that stays where it is unpacked.</summary>
    private static bool IsInside(string name) =>
        name.Length > 0 && !name.Contains('\\') && !Path.IsPathRooted(name) && name.Split('/').All(part => part.Length > 0 && part is not ("." or ".."));

    private static CommandException NotWhole(string why) => new($"this is no whole backup: {why}");
}
