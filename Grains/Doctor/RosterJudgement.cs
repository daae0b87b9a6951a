using Krewe.Contracts.Addressing;
using Krewe.Contracts.Doctor;
using Krewe.Contracts.Rosters;
using Krewe.Grains.Outbound;
using Krewe.Grains.Rosters;

namespace Krewe.Grains.Doctor;

/// <summary>A roster hook's answer, as <see cref="RosterGrain"/> would take it for somebody whose roster it does not know yet.</summary>
internal static class RosterJudgement
{
    public static HookExamination Of(HookResponse response, HookExamination about, Jid user, int itemsMax)
    {
        if (response.Outcome != HookOutcome.Ok)
        {
            return about with { Finding = HookFinding.Status };
        }

        if (RosterDocument.Parse(response.Body.Span, user, itemsMax, RosterSnapshot.Empty) is not { } document)
        {
            return JsonFaults.OfObject(response.Body, about) ?? about with { Finding = HookFinding.NotJson, Expected = HookExpectation.JsonObject };
        }

        return about with
        {
            Entries = document.Items.Length,
            Skipped = document.SkippedCount,
            SkippedFor = [.. document.Skipped.Select(skipped => skipped.Reason).Distinct(StringComparer.Ordinal)],
        };
    }
}
