using System.Formats.Asn1;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;

namespace Krewe.Tests.Support;

/// <summary>A host's certificate with its chain and its key.</summary>
internal sealed record TestCertificate(string Chain, string Key, X509Certificate2 Leaf)
{
    /// <summary>As the API takes it.</summary>
    public string Body => new JsonObject { ["certificate"] = Chain, ["key"] = Key }.ToJsonString();

    public string Fingerprint => Leaf.GetCertHashString(HashAlgorithmName.SHA256);
}

/// <summary>Certificates for tests: an authority, one between, and what they sign.</summary>
internal sealed class TestAuthority : IDisposable
{
    public TestAuthority()
    {
        Root = Issue("CN=a root", ECDsa.Create(ECCurve.NamedCurves.nistP256), null, isAuthority: true);
        Intermediate = Issue("CN=an authority", ECDsa.Create(ECCurve.NamedCurves.nistP256), Root, isAuthority: true);
    }

    public X509Certificate2 Root { get; }

    public X509Certificate2 Intermediate { get; }

    public void Dispose()
    {
        Root.Dispose();
        Intermediate.Dispose();
    }

    public TestCertificate Issue(
        string[] names, AsymmetricAlgorithm? key = null, DateTimeOffset? from = null, DateTimeOffset? until = null, X509Extension? alternativeNames = null, string? purpose = null)
    {
        key ??= ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var leaf = Issue("CN=a host", key, Intermediate, isAuthority: false, alternativeNames ?? Dns(names), purpose, from, until);
        return new($"{leaf.ExportCertificatePem()}\n{Intermediate.ExportCertificatePem()}\n", key.ExportPkcs8PrivateKeyPem(), leaf);
    }

    public static X509Extension Dns(params string[] names)
    {
        var builder = new SubjectAlternativeNameBuilder();
        foreach (var name in names)
        {
            if (IPAddress.TryParse(name, out var address))
            {
                builder.AddIpAddress(address);
            }
            else
            {
                builder.AddDnsName(name);
            }
        }

        return builder.Build();
    }

    /// <summary>An alternative name of one other kind: id-on-xmppAddr, or id-on-dnsSRV.</summary>
    public static X509Extension Other(string kind, UniversalTagNumber type, string value)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        var tag = new Asn1Tag(TagClass.ContextSpecific, 0, isConstructed: true);
        using (writer.PushSequence())
        {
            using (writer.PushSequence(tag))
            {
                writer.WriteObjectIdentifier(kind);
                using (writer.PushSequence(tag))
                {
                    writer.WriteCharacterString(type, value);
                }
            }
        }

        return new X509Extension("2.5.29.17", writer.Encode(), critical: false);
    }

    private static X509Certificate2 Issue(
        string subject, AsymmetricAlgorithm key, X509Certificate2? issuer, bool isAuthority, X509Extension? names = null, string? purpose = null,
        DateTimeOffset? from = null, DateTimeOffset? until = null)
    {
        var algorithm = HashAlgorithmName.SHA256;
        var request = key is RSA rsa
            ? new CertificateRequest(subject, rsa, algorithm, RSASignaturePadding.Pkcs1)
            : new CertificateRequest(subject, (ECDsa)key, algorithm);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(isAuthority, false, 0, critical: true));
        if (names is not null)
        {
            request.CertificateExtensions.Add(names);
        }

        if (purpose is not null)
        {
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(purpose)], critical: false));
        }

        var now = DateTimeOffset.UtcNow;
        if (issuer is null)
        {
            return request.CreateSelfSigned(now.AddDays(-10), now.AddDays(400));
        }

        using var signer = issuer.GetECDsaPrivateKey()!;
        using var certificate = request.Create(
            issuer.SubjectName, X509SignatureGenerator.CreateForECDsa(signer), from ?? now.AddDays(isAuthority ? -9 : -1), until ?? now.AddDays(isAuthority ? 390 : 90),
            RandomNumberGenerator.GetBytes(8));
        return key is RSA of ? certificate.CopyWithPrivateKey(of) : certificate.CopyWithPrivateKey((ECDsa)key);
    }
}
