using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Krewe.Frontend.Http;

namespace Krewe.Frontend.Listeners;

/// <summary>
/// A chain and its private key out of PEM (RFC 7468), as somebody sent them. Whether they are of use to a host is <see cref="CertificateRules"/>' to say.
/// </summary>
internal sealed class CertificatePem
{
    public const string ChainPath = "$.certificate";

    public const string KeyPath = "$.key";

    /// <summary>An authority's chain has two to four.</summary>
    private const int CertificatesMax = 10;

    private const string CertificateLabel = "CERTIFICATE";
    private const string KeyLabel = "PRIVATE KEY";
    private const string EncryptedKeyLabel = "ENCRYPTED PRIVATE KEY";

    private const string Rsa = "1.2.840.113549.1.1.1";
    private const string EllipticCurve = "1.2.840.10045.2.1";

    private CertificatePem(X509Certificate2 leaf, X509Certificate2Collection intermediates) => (Leaf, Intermediates) = (leaf, intermediates);

    /// <summary>The first certificate, with its key.</summary>
    public X509Certificate2 Leaf { get; }

    public X509Certificate2Collection Intermediates { get; }

    /// <summary>The same in PEM, without whatever stood between the blocks.</summary>
    public (string Chain, string Key) Export()
    {
        using AsymmetricAlgorithm key = (AsymmetricAlgorithm?)Leaf.GetRSAPrivateKey() ?? Leaf.GetECDsaPrivateKey()!;
        return (string.Join('\n', Intermediates.Prepend(Leaf).Select(certificate => certificate.ExportCertificatePem())) + "\n", key.ExportPkcs8PrivateKeyPem() + "\n");
    }

    /// <summary>Null when something is wrong, which <paramref name="problems"/> then tells. No message repeats what was sent.</summary>
    public static CertificatePem? Read(string chain, string key, List<ProblemPlace> problems)
    {
        var certificates = ReadChain(chain, problems);
        using var privateKey = ReadKey(key, problems);
        if (certificates is null || privateKey is null)
        {
            return null;
        }

        var leaf = certificates[0];
        certificates.RemoveAt(0);
        return WithKey(leaf, privateKey, problems) is { } complete ? new CertificatePem(complete, certificates) : null;
    }

    private static X509Certificate2Collection? ReadChain(string pem, List<ProblemPlace> problems)
    {
        var blocks = Blocks(pem);
        var certificates = new X509Certificate2Collection();
        var before = problems.Count;
        if (blocks.Count is 0 or > CertificatesMax)
        {
            problems.Add(new ProblemPlace(ChainPath, $"must be 1 to {CertificatesMax} certificates in PEM (RFC 7468), the host's own first"));
            return null;
        }

        foreach (var (index, (label, bytes)) in blocks.Index())
        {
            if (label != CertificateLabel)
            {
                problems.Add(new ProblemPlace(ChainPath, $"must hold certificates only: block {index + 1} is something else"));
            }
            else if (Load(bytes) is { } certificate)
            {
                certificates.Add(certificate);
            }
            else
            {
                problems.Add(new ProblemPlace(ChainPath, $"certificate {index + 1} is not an X.509 certificate"));
            }
        }

        return problems.Count == before ? certificates : null;
    }

    private static X509Certificate2? Load(byte[] bytes)
    {
        try
        {
            return X509CertificateLoader.LoadCertificate(bytes);
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    private static AsymmetricAlgorithm? ReadKey(string pem, List<ProblemPlace> problems)
    {
        var keys = Blocks(pem).Where(block => block.Label.EndsWith(KeyLabel, StringComparison.Ordinal)).ToArray();
        if (keys is not [var key])
        {
            problems.Add(new ProblemPlace(KeyPath, "must be one private key in PEM (RFC 7468), not encrypted"));
            return null;
        }

        if (key.Label == EncryptedKeyLabel)
        {
            problems.Add(new ProblemPlace(KeyPath, "must not be encrypted"));
            return null;
        }

        var text = PemEncoding.WriteString(key.Label, key.Bytes);
        if (Import(RSA.Create(), text) is { } rsa)
        {
            if (rsa.KeySize <= CertificateRules.RsaBitsMax)
            {
                return rsa;
            }

            // Before it is tried: to sign once with one of twice the size takes as long as hundreds of handshakes.
            problems.Add(new ProblemPlace(KeyPath, $"must have {CertificateRules.RsaBitsMin} to {CertificateRules.RsaBitsMax} bits, and has {rsa.KeySize}"));
            rsa.Dispose();
            return null;
        }

        if (Import(ECDsa.Create(), text) is { } curve)
        {
            return curve;
        }

        problems.Add(new ProblemPlace(KeyPath, "must be an RSA or ECDSA key"));
        return null;
    }

    private static AsymmetricAlgorithm? Import(AsymmetricAlgorithm algorithm, string pem)
    {
        try
        {
            algorithm.ImportFromPem(pem);
            return algorithm;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            algorithm.Dispose();
            return null;
        }
    }

    private static X509Certificate2? WithKey(X509Certificate2 leaf, AsymmetricAlgorithm key, List<ProblemPlace> problems)
    {
        if (leaf.PublicKey.Oid.Value is not (Rsa or EllipticCurve))
        {
            problems.Add(new ProblemPlace(ChainPath, "must have an RSA or ECDSA key"));
            return null;
        }

        if (Combine(leaf, key) is { } complete)
        {
            return complete;
        }

        problems.Add(new ProblemPlace(KeyPath, "is not the key of the first certificate"));
        return null;
    }

    private static X509Certificate2? Combine(X509Certificate2 leaf, AsymmetricAlgorithm key)
    {
        try
        {
            var complete = (leaf.PublicKey.Oid.Value, key) switch
            {
                (Rsa, RSA rsa) => leaf.CopyWithPrivateKey(rsa),
                (EllipticCurve, ECDsa curve) => leaf.CopyWithPrivateKey(curve),
                _ => null,
            };
            return complete is not null && Signs(complete) ? complete : null;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            // Of another modulus or point, or one that signs nothing.
            return null;
        }
    }

    /// <summary>Whether the two halves belong together: a key whose secret half is damaged has the right public one.</summary>
    private static bool Signs(X509Certificate2 certificate)
    {
        ReadOnlySpan<byte> message = "a handshake"u8;
        using var rsa = certificate.GetRSAPrivateKey();
        if (rsa is not null)
        {
            using var publicKey = certificate.GetRSAPublicKey()!;
            return publicKey.VerifyData(message, rsa.SignData(message, HashAlgorithmName.SHA256, RSASignaturePadding.Pss), HashAlgorithmName.SHA256, RSASignaturePadding.Pss);
        }

        using var curve = certificate.GetECDsaPrivateKey()!;
        using var point = certificate.GetECDsaPublicKey()!;
        return point.VerifyData(message, curve.SignData(message, HashAlgorithmName.SHA256), HashAlgorithmName.SHA256);
    }

    private static List<(string Label, byte[] Bytes)> Blocks(string pem)
    {
        var blocks = new List<(string, byte[])>();
        var rest = pem.AsSpan();
        while (PemEncoding.TryFind(rest, out var fields))
        {
            blocks.Add((rest[fields.Label].ToString(), Convert.FromBase64String(rest[fields.Base64Data].ToString())));
            rest = rest[fields.Location.End..];
        }

        return blocks;
    }
}
