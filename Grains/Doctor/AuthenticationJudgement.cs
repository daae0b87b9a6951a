using Krewe.Contracts.Accounts;
using Krewe.Contracts.Doctor;
using Krewe.Grains.Authentication;
using Krewe.Grains.Outbound;

namespace Krewe.Grains.Doctor;

/// <summary>The answer of a service that knows the host's users, as <see cref="HttpAuthClient"/> takes it.</summary>
internal static class AuthenticationJudgement
{
    public static HookExamination Of(HookResponse response, HookExamination about) => response.Outcome != HookOutcome.Ok
        ? about with { Finding = HookFinding.Status }
        : HttpAuthClient.Read(response) switch
        {
            HttpAuthAnswer.Yes => about,
            HttpAuthAnswer.No => about with { Finding = HookFinding.Refused },
            _ => about with { Finding = HookFinding.WrongShape, Expected = HookExpectation.Verdict },
        };

    /// <summary>Of a password that nobody has.</summary>
    public static HookExamination OfPassword(HookResponse response, HookExamination about) => Of(response, about) switch
    {
        { Finding: HookFinding.Good } yes => yes with { Finding = HookFinding.LetsAnybodyIn },
        { Finding: HookFinding.Refused } no => no with { Finding = HookFinding.Good },
        var other => other,
    };
}
