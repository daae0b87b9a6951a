using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Krewe.Grains.Storage;

/// <summary>
/// Complete, consistent copies of a database beside its file, made while others write: <c>VACUUM INTO</c> reads one snapshot, and leaves behind what was deleted and
/// only not yet overwritten. A copy in the making has a name of its own; what a dead process left under such a name is cleared away at the next start.
/// </summary>
internal static class SqliteCopies
{
    private const string Unfinished = ".unfinished";

    /// <summary>A file that its owner alone may read.</summary>
    public static string Make(SqliteConnection connection, string path)
    {
        var copy = $"{path}.{Guid.NewGuid():N}{Unfinished}";
        DataFolderLock.OpenPrivate(copy, FileShare.None).Dispose();
        try
        {
            using var command = connection.CreateCommand();
            command.CommandText = "VACUUM INTO $copy";
            command.CommandTimeout = 0;
            command.Parameters.AddWithValue("$copy", copy);
            command.ExecuteNonQuery();
            return copy;
        }
        catch
        {
            File.Delete(copy);
            throw;
        }
    }

    /// <summary>
    /// Keeps a copy as it was before a migration, <c>krewe-v1-20261121T181451Z.db</c>. Earlier ones of the same version are of attempts that came to nothing, else the file
    /// would not be of that version still: they go, so that a start that fails again and again fills no disk.
    /// </summary>
    public static void KeepOf(SqliteConnection connection, string path, long version, TimeProvider time)
    {
        var made = Make(connection, path);
        var (folder, name, extension) = (Path.GetDirectoryName(path)!, Path.GetFileNameWithoutExtension(path), Path.GetExtension(path));
        var kept = string.Create(CultureInfo.InvariantCulture, $"{name}-v{version}-{time.GetUtcNow():yyyyMMdd'T'HHmmss'Z'}{extension}");
        foreach (var earlier in Directory.GetFiles(folder, string.Create(CultureInfo.InvariantCulture, $"{name}-v{version}-*{extension}")))
        {
            File.Delete(earlier);
        }

        File.Move(made, Path.Combine(folder, kept));
    }

    /// <summary>For whoever holds the folder.</summary>
    public static void ClearUnfinished(string folder)
    {
        foreach (var left in Directory.GetFiles(folder, $"*{Unfinished}*"))
        {
            File.Delete(left);
        }
    }
}
