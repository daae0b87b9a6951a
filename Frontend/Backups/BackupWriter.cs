using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Krewe.Contracts.Hosting;
using Krewe.Contracts.Storage;

namespace Krewe.Frontend.Backups;

/// <summary>
/// A backup as a tar archive: what a data folder must hold to go on from, and at its end <c>SHA256SUMS</c>, as sha256sum(1) reads it, without which it is not whole. Unpacked into an
/// empty folder it is a data folder again.
/// </summary>
/// <remarks>
/// The provider's token is left out: whoever finds a copy of the backup could rule the service with it, and a service that is restored makes another. The demo's keys are left out likewise.
/// </remarks>
internal sealed class BackupWriter(KreweOptions options, IStoreBackup store, TimeProvider time)
{
    public const string DescriptionName = "krewe-backup.json";

    public const string SumsName = "SHA256SUMS";

    /// <summary>Of the archive's layout; a reader refuses one that it does not know.</summary>
    public const int Version = 1;

    /// <summary>Self-signed certificates, which clients' users have accepted once.</summary>
    private const string Certificates = "certificates";

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public async Task WriteAsync(Stream output, CancellationToken cancellationToken)
    {
        await using var database = await store.CopyAsync(cancellationToken);
        await using var archive = new TarWriter(output, TarEntryFormat.Pax, leaveOpen: true);
        var sums = new StringBuilder();
        var description = new JsonObject { ["format"] = "krewe-backup", ["version"] = Version, ["created_at"] = time.GetUtcNow() };
        await AddAsync(archive, DescriptionName, new MemoryStream(Encoding.UTF8.GetBytes(description.ToJsonString())), sums, cancellationToken);
        await AddAsync(archive, store.FileName, database, sums, cancellationToken);
        foreach (var path in CertificateFiles())
        {
            await using var file = File.OpenRead(path);
            await AddAsync(archive, $"{Certificates}/{Path.GetFileName(path)}", file, sums, cancellationToken);
        }

        await AddAsync(archive, SumsName, new MemoryStream(Encoding.UTF8.GetBytes(sums.ToString())), sums, cancellationToken);
    }

    private IEnumerable<string> CertificateFiles()
    {
        var folder = Path.Combine(options.Data, Certificates);
        return Directory.Exists(folder) ? Directory.GetFiles(folder, "*.pem").Order(StringComparer.Ordinal) : [];
    }

    /// <summary>The sum is that of what was read while it was written, not of another look at the file.</summary>
    private async Task AddAsync(TarWriter archive, string name, Stream content, StringBuilder sums, CancellationToken cancellationToken)
    {
        await using var hashed = new HashedStream(content);
        await archive.WriteEntryAsync(
            new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = hashed, Mode = OwnerOnly, ModificationTime = time.GetUtcNow() }, cancellationToken);
        sums.Append(hashed.Sum()).Append("  ").Append(name).Append('\n');
    }
}
