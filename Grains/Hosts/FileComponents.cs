using System.Collections.Immutable;
using System.Text;
using Krewe.Contracts.Hosts;

namespace Krewe.Grains.Hosts;

/// <summary>
/// Which component domains the files of the folder name: each file is looked through when it is new or another one, and read as a document only when it may name any.
/// A file that turned bad names what it named before.
/// </summary>
internal sealed class FileComponents
{
    private static readonly UTF8Encoding Utf8 = new(false, throwOnInvalidBytes: true);

    private Dictionary<string, FileStamp> _seen = new(StringComparer.Ordinal);
    private Dictionary<string, ImmutableArray<string>> _named = new(StringComparer.Ordinal);

    /// <summary>By host; only hosts that name any.</summary>
    public IReadOnlyDictionary<string, ImmutableArray<string>> Update(FileListing listing)
    {
        var seen = new Dictionary<string, FileStamp>(listing.Files.Count, StringComparer.Ordinal);
        var named = new Dictionary<string, ImmutableArray<string>>(StringComparer.Ordinal);
        foreach (var (host, stamp) in listing.Files)
        {
            seen.Add(host, stamp);
            var before = _named.GetValueOrDefault(host, []);
            var now = _seen.TryGetValue(host, out var known) && known == stamp ? before : Read(host, stamp) ?? before;
            if (!now.IsEmpty)
            {
                named.Add(host, now);
            }
        }

        (_seen, _named) = (seen, named);
        return named;
    }

    /// <summary>The text of a document file, whose encoding a byte order mark may name.</summary>
    public static string Decode(byte[] bytes)
    {
        using var reader = new StreamReader(new MemoryStream(bytes), Utf8, detectEncodingFromByteOrderMarks: true);
        return reader.ReadToEnd();
    }

    /// <summary>Null when the file cannot be read, or is no document.</summary>
    private static ImmutableArray<string>? Read(string host, FileStamp stamp)
    {
        if (stamp.Length > HostDocumentReader.DocumentBytesMax)
        {
            return null;
        }

        try
        {
            var bytes = File.ReadAllBytes(stamp.Path);
            return MayName(bytes) ? HostDocumentReader.Read(host, 0, Decode(bytes)).Settings?.Components.Keys.ToImmutableArray() : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or DecoderFallbackException)
        {
            return null;
        }
    }

    /// <summary>The key may be written with escapes, and in an encoding of two or four bytes.</summary>
    private static bool MayName(ReadOnlySpan<byte> bytes) => bytes.IndexOf("components"u8) >= 0 || bytes.IndexOfAny((byte)'\\', (byte)0) >= 0;
}
