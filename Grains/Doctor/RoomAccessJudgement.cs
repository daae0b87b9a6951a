using Krewe.Contracts.Doctor;
using Krewe.Grains.Muc;
using Krewe.Grains.Outbound;

namespace Krewe.Grains.Doctor;

/// <summary>The answer of a service that decides about joins, as <see cref="MucAuthGrain"/> takes it.</summary>
internal static class RoomAccessJudgement
{
    public static HookExamination Of(HookResponse response, HookExamination about)
    {
        var answer = MucAuthAnswer.Read(response);
        about = about with { Skipped = answer.IgnoredCount };
        return answer.Kind switch
        {
            MucAnswerKind.Admitted => about,
            MucAnswerKind.Refused => about with { Finding = HookFinding.Refused },
            MucAnswerKind.Malformed => JsonFaults.AtMember(response.Body, "allowed"u8, about, HookExpectation.Allowed),
            _ when response.Outcome == HookOutcome.Ok => JsonFaults.OfObject(response.Body, about) ?? about with { Finding = HookFinding.NotJson, Expected = HookExpectation.JsonObject },
            _ => about with { Finding = HookFinding.Status },
        };
    }
}
