using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Krewe.Contracts.Addressing;

namespace Krewe.Frontend.Listeners;

/// <summary>
/// Certificates of our own making for domains without one: ECDSA P-256, kept in the data folder so that a client's user who accepted one once is not asked again.
/// </summary>
internal sealed class SelfSignedCertificates(string folder, TimeProvider time)
{
    internal static readonly TimeSpan ValidFor = TimeSpan.FromDays(730);

    /// <summary>One that ends sooner than this is made anew.</summary>
    internal static readonly TimeSpan RenewBefore = TimeSpan.FromDays(30);

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private const int FileNameCharsMax = 200;

    internal bool IsEnding(X509Certificate2 certificate) => certificate.NotAfter.ToUniversalTime() - time.GetUtcNow() < RenewBefore;

    /// <summary>The certificate that was made before.</summary>
    /// <returns>Null when there is none, or none that will still do.</returns>
    internal async Task<ServerCertificate?> ReadAsync(string domain)
    {
        var path = PathOf(domain);
        if (!File.Exists(path))
        {
            return null;
        }

        var pem = await File.ReadAllTextAsync(path);
        try
        {
            var certificate = X509Certificate2.CreateFromPem(pem, pem);
            return IsEnding(certificate) ? null : new ServerCertificate(certificate, CertificateSource.SelfSigned);
        }
        catch (CryptographicException)
        {
            // Cut off or overwritten: nothing is lost by making another.
            return null;
        }
    }

    internal async Task<ServerCertificate> CreateAsync(string domain)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var made = Request(domain, key).CreateSelfSigned(time.GetUtcNow().AddDays(-1), time.GetUtcNow() + ValidFor);
        var pem = $"{made.ExportCertificatePem()}\n{key.ExportPkcs8PrivateKeyPem()}\n";
        await WriteAsync(PathOf(domain), pem);
        return new ServerCertificate(X509Certificate2.CreateFromPem(pem, pem), CertificateSource.SelfSigned);
    }

    private static CertificateRequest Request(string domain, ECDsa key)
    {
        var name = JidEnforcement.DomainToAscii(domain);
        var alternative = new SubjectAlternativeNameBuilder();
        if (IPAddress.TryParse(domain.Trim('[', ']'), out var address))
        {
            alternative.AddIpAddress(address);
        }
        else
        {
            alternative.AddDnsName(name ?? domain);
        }

        // The common name is a label for people; verifiers read the alternative name (RFC 6125 §6.4.4), which has no limit of 64 letters.
        var request = new CertificateRequest(new X500DistinguishedName("CN=Krewe self-signed"), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(alternative.Build(critical: true));
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], critical: false));
        return request;
    }

    /// <summary>Written aside and moved into place, readable by its owner only from the first octet on.</summary>
    private static async Task WriteAsync(string path, string pem)
    {
        var aside = $"{path}.{Guid.NewGuid():N}.new";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Options = FileOptions.Asynchronous };
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        }
        else
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!, OwnerOnly | UnixFileMode.UserExecute);
            options.UnixCreateMode = OwnerOnly;
        }

        await using (var file = new FileStream(aside, options))
        {
            await file.WriteAsync(Encoding.ASCII.GetBytes(pem));
        }

        File.Move(aside, path, overwrite: true);
    }

    private string PathOf(string domain)
    {
        var name = JidEnforcement.DomainToAscii(domain) ?? domain;
        name = name.Length <= FileNameCharsMax ? name.Replace(':', '_') : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)));
        return Path.Combine(folder, name + ".pem");
    }
}
