using System.Diagnostics;
using Krewe.Contracts.Doctor;

namespace Krewe.Frontend.Doctor;

/// <summary>Why a hook gave no answer that is one, and what to look at.</summary>
internal static class FailureSentences
{
    public static string Of(HookExamination hook, HookWords words)
    {
        var at = hook.Origin;
        return hook.Finding switch
        {
            HookFinding.NameNotResolved => $"The name in {at} is not known to DNS: check how it is spelled, and whether it is known outside of your own network.",
            HookFinding.EgressRefused =>
                $"{at} is at an address that hooks may not reach (egress-refused): addresses that are loopback, private or link-local need the provider's leave by Krewe:Egress:Allow, and Krewe's own listeners are never called.",
            HookFinding.ConnectionRefused => $"Nothing listens at {at}: the connection was refused.",
            HookFinding.Unreachable => $"No connection to {at} can be made.",
            HookFinding.ConnectTimeout => $"{at} did not take the connection in time: something on the way drops packets, as a firewall does.",
            HookFinding.CertificateExpired => $"The certificate of {at} has expired.",
            HookFinding.CertificateNotYetValid => $"The certificate of {at} is not valid yet: check its dates, and the clocks.",
            HookFinding.CertificateOfAnotherName => $"The certificate of {at} is for another name.",
            HookFinding.CertificateNotTrusted =>
                $"The certificate of {at} is from nobody who is trusted here: it is self-signed or from an authority of your own, or the server does not send the certificates between.",
            HookFinding.TlsFailed => $"TLS with {at} failed: most often there is plain HTTP at that port, or no version of TLS in common.",
            HookFinding.Timeout => $"{at} did not answer within {HookWords.Seconds(hook.Deadline)} s ({words.DeadlineSetting}), the last byte of its answer included.",
            HookFinding.NotFinished =>
                $"{at} did not answer within {HookWords.Seconds(hook.Elapsed)} s, which is as long as an examination waits; {words.DeadlineSetting} allows it {HookWords.Seconds(hook.Deadline)} s.",
            HookFinding.Closed => $"{at} closed the connection before it answered.",
            HookFinding.Truncated => $"{at} broke off within its answer.",
            HookFinding.TooLarge => $"The answer of {at} is too large: its body may have {hook.BodyBytesMax} bytes, its header 16384.",
            HookFinding.NotHttp => $"What {at} answers is not HTTP/1.1.",
            HookFinding.Encoded => $"{at} answered with a compressed body (Content-Encoding), which was not asked for and is not read.",
            HookFinding.BreakerOpen => $"{at} was not asked: nearly all of its last calls failed, so that it is left alone for a second at a time. Look at why those failed (GET …/hooks), and ask again.",
            HookFinding.Overloaded => $"{at} was not asked: as many calls are under way or waiting as limits.hook_calls_per_second and limits.hook_concurrency allow.",
            HookFinding.NoUrl => "The setting makes no URL.",
            HookFinding.NotJson when hook.BodyBytes == 0 => $"{at} answered 200 without a body, where {Expected(hook.Expected)} is expected.",
            HookFinding.NotJson => $"{at} answered 200 with what is not JSON{Place(hook)}; {Expected(hook.Expected)} is expected.",
            HookFinding.WrongShape => $"{at} answered 200, but not as it should{Place(hook)}: {Expected(hook.Expected)} is expected.",
            _ => throw new UnreachableException(),
        };
    }

    public static string OfStatus(HookExamination hook, HookWords words)
    {
        var (at, status) = (hook.Origin, hook.Status);
        return status switch
        {
            401 or 403 when words.Authorization is { } setting =>
                $"{at} answered {status}: it wants another Authorization than it got. {setting} is {(words.HasAuthorization ? "set, but not to what it wants" : "not set")}.",
            401 or 403 => $"{at} answered {status}: it wants an Authorization, which these calls do not have. They are signed with hook_secret instead.",
            304 => $"{at} answered 304 to a request without If-None-Match: there is nothing that could be unchanged.",
            >= 300 and < 400 =>
                $"{at} answered {status}, a redirect{(hook.Redirect is { } place ? $" to {place}" : "")}. Redirects are not followed: put the URL that it leads to into {words.Path}.",
            404 => $"{at} answered 404: there is nothing at the path of the URL.",
            405 => $"{at} answered 405: it does not take {(hook.Kind == HookKind.Namespace ? "POST" : "GET")} at that URL.",
            429 => $"{at} answered 429: it is called more often than it likes.",
            >= 500 => $"{at} answered {status}: it failed by itself, and its own log says why.",
            _ => $"{at} answered {status}, which is no answer.",
        };
    }

    private static string Place(HookExamination hook) => hook.Line > 0 ? $" (line {hook.Line}, byte {hook.Byte})" : "";

    private static string Expected(HookExpectation expected) => expected switch
    {
        HookExpectation.JsonObject => "a JSON object",
        HookExpectation.Allowed => "one \"allowed\" that is true or false",
        HookExpectation.ReplyType => "a \"type\" that is \"result\" or \"error\"",
        HookExpectation.ReplyXml => "an \"xml\" that is a string, and each member once",
        HookExpectation.Verdict => "true or false",
        _ => "an answer of the contract",
    };
}
