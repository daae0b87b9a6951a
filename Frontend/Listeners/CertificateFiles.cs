using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Krewe.Frontend.Listeners;

/// <summary>When a pair of files was last written; a change means reading them again.</summary>
internal readonly record struct CertificateStamp(DateTime Certificate, long CertificateBytes, DateTime Key, long KeyBytes);

/// <summary>The operator's folder of <c>&lt;domain&gt;.crt</c> (the chain, leaf first) and <c>&lt;domain&gt;.key</c>, both PEM.</summary>
internal sealed class CertificateFiles(string? folder)
{
    /// <summary>A chain of a few certificates has a few thousand octets.</summary>
    private const int FileBytesMax = 256 * 1024;

    /// <summary>Null when the pair is not there (yet): an operator's tool may write one file a moment after the other.</summary>
    internal CertificateStamp? Stamp(string name)
    {
        if (folder is null)
        {
            return null;
        }

        FileInfo certificate = new(PathOf(name, ".crt")), key = new(PathOf(name, ".key"));
        return certificate.Exists && key.Exists ? new(certificate.LastWriteTimeUtc, certificate.Length, key.LastWriteTimeUtc, key.Length) : null;
    }

    /// <summary>Throws <see cref="CryptographicException"/> or <see cref="IOException"/> for files that are no certificate with its key.</summary>
    internal async Task<ServerCertificate> ReadAsync(string name)
    {
        var pem = await ReadTextAsync(PathOf(name, ".crt"));
        var keyPem = await ReadTextAsync(PathOf(name, ".key"));
        var chain = new X509Certificate2Collection();
        chain.ImportFromPem(pem);
        var leaf = X509Certificate2.CreateFromPem(pem, keyPem);
        if (chain.Count > 0)
        {
            chain.RemoveAt(0);
        }

        return new ServerCertificate(leaf, CertificateSource.File, chain);
    }

    private static async Task<string> ReadTextAsync(string path) => new FileInfo(path).Length <= FileBytesMax
        ? await File.ReadAllTextAsync(path)
        : throw new IOException($"a PEM file has more than {FileBytesMax} octets");

    private string PathOf(string name, string extension) => Path.Combine(folder!, name + extension);
}
