using Krewe.Contracts.Doctor;
using Krewe.Contracts.Hosts;
using Krewe.Frontend.Delegation;

namespace Krewe.Frontend.Doctor;

/// <summary>Says what calling the hooks came to, for those who wrote the applications behind them. Of a URL the origin is told, of an answer where it is wrong.</summary>
internal static class HookSentences
{
    /// <summary>What is the same of several questions to one service is said once.</summary>
    public static IEnumerable<DoctorItem> Of(HooksExamined? examined, HostSettings host, ExaminationRequest asked) => All(examined, host, asked).Distinct();

    private static IEnumerable<DoctorItem> All(HooksExamined? examined, HostSettings host, ExaminationRequest asked)
    {
        foreach (var hook in examined?.Hooks ?? [])
        {
            var words = HookWords.Of(hook, host, asked);
            yield return Of(hook, words);
            if (hook.Finding is HookFinding.Good or HookFinding.Refused or HookFinding.ErrorReply or HookFinding.Status && hook.Elapsed > hook.Deadline / 2)
            {
                yield return DoctorItem.Note(words.Path, $"{hook.Origin} took {HookWords.Seconds(hook.Elapsed)} s, over half of the {HookWords.Seconds(hook.Deadline)} s that {words.DeadlineSetting} allows: under load it will fail.");
            }
        }

        if (examined is { LeftOut: > 0 })
        {
            yield return DoctorItem.Note("hooks", $"{examined.LeftOut} more hooks were not called: one examination calls {IHostDoctorGrain.HooksMax}.");
        }
    }

    private static DoctorItem Of(HookExamination hook, HookWords words) => hook.Finding switch
    {
        HookFinding.Good => Good(hook, words),
        HookFinding.Refused => DoctorItem.Ok(words.Path, $"{Answered(hook, words)}: no.{AfterNo(hook, words)}"),
        HookFinding.ErrorReply => hook.Xml.IsEmpty
            ? DoctorItem.Note(words.Path, $"{Answered(hook, words)} with an error without xml: who asks gets service-unavailable.")
            : OfXml(hook, words, "with an error, which is passed on"),
        HookFinding.Status => OfStatus(hook, words),
        HookFinding.LetsAnybodyIn => DoctorItem.Bad(words.Path, $"{Answered(hook, words)}: yes. It lets in whoever asks, under any name."),
        _ => DoctorItem.Bad(words.Path, $"{FailureSentences.Of(hook, words)} {words.Consequence}"),
    };

    private static DoctorItem Good(HookExamination hook, HookWords words) => hook.Kind switch
    {
        HookKind.Roster => OfRoster(hook, words),
        HookKind.Password => DoctorItem.Ok(words.Path, $"{Answered(hook, words)}: no, as it should."),
        HookKind.Namespace when !hook.Xml.IsEmpty => OfXml(hook, words, "with a result"),
        HookKind.Namespace => DoctorItem.Ok(words.Path, $"{Answered(hook, words)} with an empty result."),
        _ when hook.Skipped > 0 => DoctorItem.Note(words.Path, $"{Answered(hook, words)}: yes. Values beside that which are of no use, and are ignored: {hook.Skipped}."),
        _ => DoctorItem.Ok(words.Path, $"{Answered(hook, words)}: yes."),
    };

    private static DoctorItem OfRoster(HookExamination hook, HookWords words)
    {
        var contacts = $"{Answered(hook, words)}: {hook.Entries} {(hook.Entries == 1 ? "contact" : "contacts")}";
        if (hook.Skipped == 0)
        {
            return DoctorItem.Ok(words.Path, $"{contacts}.");
        }

        var skipped = $"{contacts}, and {hook.Skipped} that {(hook.Skipped == 1 ? "is" : "are")} skipped: {string.Join(", ", hook.SkippedFor)}. A refresh of the roster names them.";
        return new DoctorItem(hook.Entries == 0 ? DoctorLevel.Bad : DoctorLevel.Note, words.Path, skipped);
    }

    private static DoctorItem OfXml(HookExamination hook, HookWords words, string how) =>
        DelegatedPayload.IsProper(hook.Xml.Span, hook.Finding == HookFinding.ErrorReply)
            ? DoctorItem.Ok(words.Path, $"{Answered(hook, words)} {how}.")
            : DoctorItem.Bad(
                words.Path,
                $"{Answered(hook, words)} {how}, but its xml is not what may stand in an IQ: one well-formed element that declares its namespace, or the <error/>. Requests get service-unavailable.");

    private static DoctorItem OfStatus(HookExamination hook, HookWords words) => (hook.Status, hook.Kind) switch
    {
        (404, HookKind.Roster) => DoctorItem.Note(
            words.Path, $"{Answered(hook, words)} with 404: an unknown user, whose roster is empty as long as no contacts are known. Ask about one whom the application knows."),
        (410, HookKind.Roster) => DoctorItem.Note(words.Path, $"{Answered(hook, words)} with 410: the user is gone, and the roster is emptied."),
        _ => DoctorItem.Bad(words.Path, $"{FailureSentences.OfStatus(hook, words)} {words.Consequence}"),
    };

    private static string AfterNo(HookExamination hook, HookWords words) => (hook.Status, hook.Kind) switch
    {
        // Any 403 is a refusal, also that of something in front of the application.
        (403, HookKind.RoomAccess) => $" It said so with status 403, as it also would to a wrong Authorization; {words.Authorization} is {(words.HasAuthorization ? "set" : "not set")}.",
        _ => "",
    };

    private static string Answered(HookExamination hook, HookWords words) => $"{hook.Origin} was asked {words.About} and answered in {HookWords.Milliseconds(hook.Elapsed)} ms";
}
