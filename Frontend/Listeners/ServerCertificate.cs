using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Krewe.Frontend.Listeners;

/// <summary>Where a certificate is from.</summary>
internal enum CertificateSource : byte
{
    SelfSigned = 0,
    File = 1,
    Api = 2,
}

/// <summary>A certificate ready for handshakes: its context is built once, and what binds SCRAM to it is computed beforehand (RFC 5929 §4.1).</summary>
internal sealed class ServerCertificate
{
    internal ServerCertificate(X509Certificate2 certificate, CertificateSource source, X509Certificate2Collection? intermediates = null)
    {
        (Certificate, Source) = (certificate, source);

        // Offline: a handshake never waits for a certificate authority's server.
        Context = SslStreamCertificateContext.Create(certificate, intermediates, offline: true);
        EndPointHash = HashForBinding(certificate);
    }

    internal X509Certificate2 Certificate { get; }

    internal CertificateSource Source { get; }

    internal SslStreamCertificateContext Context { get; }

    /// <summary>tls-server-end-point; empty where RFC 5929 §4.1 does not define it, and then no -PLUS mechanism may be offered.</summary>
    internal ReadOnlyMemory<byte> EndPointHash { get; }

    internal DateTimeOffset NotAfter => Certificate.NotAfter.ToUniversalTime();

    /// <summary>Whether a client that verifies <paramref name="domain"/> (prepared) would take it, trust aside.</summary>
    internal bool Covers(string domain) => SubjectNames.Of(Certificate).Cover(domain);

    internal bool IsValidAt(DateTimeOffset now) => Certificate.NotBefore.ToUniversalTime() <= now && NotAfter > now;

    /// <summary>
    /// The hash is that of the signature algorithm, with SHA-256 in place of MD5 and SHA-1. Ed25519 has none, and of RSASSA-PSS clients disagree which one counts.
    /// </summary>
    private static ReadOnlyMemory<byte> HashForBinding(X509Certificate2 certificate) => certificate.SignatureAlgorithm.Value switch
    {
        // md5, sha1 and sha256 with RSA; sha1 and sha256 with ECDSA; sha1 and sha256 with DSA
        "1.2.840.113549.1.1.4" or "1.2.840.113549.1.1.5" or "1.2.840.113549.1.1.11" or "1.2.840.10045.4.1" or "1.2.840.10045.4.3.2"
            or "1.2.840.10040.4.3" or "2.16.840.1.101.3.4.3.2" => SHA256.HashData(certificate.RawDataMemory.Span),
        "1.2.840.113549.1.1.12" or "1.2.840.10045.4.3.3" => SHA384.HashData(certificate.RawDataMemory.Span),
        "1.2.840.113549.1.1.13" or "1.2.840.10045.4.3.4" => SHA512.HashData(certificate.RawDataMemory.Span),
        _ => default,
    };
}
