using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Krewe.Frontend.Http;

namespace Krewe.Frontend.Listeners;

/// <summary>What a certificate must be to be taken for a host: in its time, of a sound key and signature, for servers, and naming the host. Whom clients trust is theirs to say.</summary>
internal static class CertificateRules
{
    /// <summary>NIST SP 800-131A; what public authorities sign.</summary>
    internal const int RsaBitsMin = 2048;

    /// <summary>A longer one makes each handshake cost milliseconds that others wait for.</summary>
    internal const int RsaBitsMax = 8192;

    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string AnyPurpose = "2.5.29.37.0";

    /// <summary>P-256, P-384 and P-521.</summary>
    private static readonly string[] Curves = ["1.2.840.10045.3.1.7", "1.3.132.0.34", "1.3.132.0.35"];

    /// <summary>MD5 and SHA-1, with RSA and with ECDSA.</summary>
    private static readonly string[] WeakSignatures = ["1.2.840.113549.1.1.4", "1.2.840.113549.1.1.5", "1.2.840.10045.4.1"];

    public static void Check(CertificatePem pem, string domain, DateTimeOffset now, List<ProblemPlace> problems)
    {
        var leaf = pem.Leaf;
        Require(leaf.NotBefore.ToUniversalTime() <= now, $"is not valid before {leaf.NotBefore.ToUniversalTime():u}");
        Require(leaf.NotAfter.ToUniversalTime() > now, $"was valid until {leaf.NotAfter.ToUniversalTime():u}");
        Require(SubjectNames.Of(leaf).Cover(domain), $"does not name {domain} among its subject's alternative names (RFC 6120 §13.7.1.2)");
        Require(IsForServers(leaf), "is not for servers: its extended key usage lacks serverAuth (RFC 5280 §4.2.1.12)");
        Require(!WeakSignatures.Contains(leaf.SignatureAlgorithm.Value), "is signed with SHA-1 or MD5, which clients refuse");
        CheckKey(leaf, problems);

        // A root's own signature is read by nobody.
        foreach (var (index, authority) in pem.Intermediates.Index().Where(authority => authority.Item.Subject != authority.Item.Issuer))
        {
            Require(authority.NotAfter.ToUniversalTime() > now, $"certificate {index + 2} was valid until {authority.NotAfter.ToUniversalTime():u}");
            Require(!WeakSignatures.Contains(authority.SignatureAlgorithm.Value), $"certificate {index + 2} is signed with SHA-1 or MD5, which clients refuse");
        }

        void Require(bool isMet, string message)
        {
            if (!isMet)
            {
                problems.Add(new ProblemPlace(CertificatePem.ChainPath, message));
            }
        }
    }

    private static void CheckKey(X509Certificate2 leaf, List<ProblemPlace> problems)
    {
        using var rsa = leaf.GetRSAPublicKey();
        if (rsa?.KeySize is < RsaBitsMin or > RsaBitsMax)
        {
            problems.Add(new ProblemPlace(CertificatePem.KeyPath, $"must have {RsaBitsMin} to {RsaBitsMax} bits, and has {rsa.KeySize}"));
        }

        using var curve = leaf.GetECDsaPublicKey();
        if (curve is not null && !Curves.Contains(curve.ExportParameters(includePrivateParameters: false).Curve.Oid?.Value))
        {
            problems.Add(new ProblemPlace(CertificatePem.KeyPath, "must be of the curve P-256, P-384 or P-521"));
        }
    }

    /// <summary>Without the extension it is for everything.</summary>
    private static bool IsForServers(X509Certificate2 leaf) =>
        leaf.Extensions.OfType<X509EnhancedKeyUsageExtension>().FirstOrDefault() is not { } usage
        || usage.EnhancedKeyUsages.Cast<Oid>().Any(purpose => purpose.Value is ServerAuthentication or AnyPurpose);
}
