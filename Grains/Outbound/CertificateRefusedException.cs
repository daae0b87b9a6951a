using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Krewe.Grains.Outbound;

/// <summary>A service's certificate did not hold, and why. Thrown through <see cref="SslStream"/>, which itself says only that it did not.</summary>
internal sealed class CertificateRefusedException(HookCause cause) : AuthenticationException("certificate refused")
{
    public HookCause Cause { get; } = cause;

    /// <summary>What <see cref="SslStream"/> found stands; this only gives the reason a name.</summary>
    public static bool Judge(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors) =>
        errors == SslPolicyErrors.None ? true : throw new CertificateRefusedException(WhyNot(chain, errors));

    private static HookCause WhyNot(X509Chain? chain, SslPolicyErrors errors)
    {
        // The leaf alone: what is wrong above it, its issuer is to mend.
        var leaf = chain?.ChainElements is { Count: > 0 } elements ? elements[0] : null;
        if (leaf?.ChainElementStatus.Any(status => status.Status.HasFlag(X509ChainStatusFlags.NotTimeValid)) == true)
        {
            return leaf.Certificate.NotAfter.ToUniversalTime() < chain!.ChainPolicy.VerificationTime.ToUniversalTime() ? HookCause.CertificateExpired : HookCause.CertificateNotYetValid;
        }

        return errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch) ? HookCause.CertificateOfAnotherName
            : errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors) ? HookCause.CertificateNotTrusted
            : HookCause.Unknown;
    }
}
