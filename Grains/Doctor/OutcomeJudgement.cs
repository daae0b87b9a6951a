using Krewe.Contracts.Doctor;
using Krewe.Grains.Outbound;

namespace Krewe.Grains.Doctor;

/// <summary>What keeps an answer from coming, whatever hook it is.</summary>
internal static class OutcomeJudgement
{
    /// <summary>Null when there is an answer to look at.</summary>
    public static HookFinding? Of(HookResponse response) => response.Outcome switch
    {
        HookOutcome.Timeout => HookFinding.Timeout,
        HookOutcome.EgressRefused => HookFinding.EgressRefused,
        HookOutcome.ConnectFailed or HookOutcome.TlsFailed => OfCause(response),
        HookOutcome.Closed => HookFinding.Closed,
        HookOutcome.Truncated => HookFinding.Truncated,
        HookOutcome.TooLarge => HookFinding.TooLarge,
        HookOutcome.Malformed => HookFinding.NotHttp,
        HookOutcome.Encoded => HookFinding.Encoded,
        HookOutcome.BreakerOpen => HookFinding.BreakerOpen,
        HookOutcome.Overloaded => HookFinding.Overloaded,
        _ => null,
    };

    private static HookFinding OfCause(HookResponse response) => response.Cause switch
    {
        HookCause.NameNotResolved => HookFinding.NameNotResolved,
        HookCause.ConnectionRefused => HookFinding.ConnectionRefused,
        HookCause.ConnectTimeout => HookFinding.ConnectTimeout,
        HookCause.CertificateExpired => HookFinding.CertificateExpired,
        HookCause.CertificateNotYetValid => HookFinding.CertificateNotYetValid,
        HookCause.CertificateOfAnotherName => HookFinding.CertificateOfAnotherName,
        HookCause.CertificateNotTrusted => HookFinding.CertificateNotTrusted,
        _ => response.Outcome == HookOutcome.TlsFailed ? HookFinding.TlsFailed : HookFinding.Unreachable,
    };
}
