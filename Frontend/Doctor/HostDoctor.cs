using Krewe.Contracts.Addressing;
using Krewe.Contracts.Doctor;
using Krewe.Contracts.Hosts;

namespace Krewe.Frontend.Doctor;

/// <summary>
/// Looks a host over, changes nothing, and says in words what is wrong: its settings, its certificate, its hooks, each of which is really called, its components and
/// its grants.
/// </summary>
internal sealed class HostDoctor(
    IGrainFactory grains, HookQuestions questions, AuthenticationExamination authentication, CertificateExamination certificate, ComponentExamination components,
    GrantExamination delegations)
{
    /// <param name="user">Whom to ask the hooks about.</param>
    /// <param name="room">What room of its service; null for one that the doctor picks.</param>
    /// <param name="withHooks">Whether hooks are called.</param>
    /// <returns>Null while another examination of the host is under way.</returns>
    public async Task<IReadOnlyList<DoctorItem>?> ExamineAsync(HostDocument document, HostSettings? host, Jid? user, Jid? room, bool withHooks)
    {
        if (host is null or { Fault: not null })
        {
            return DocumentExamination.OfUnreadable(document);
        }

        HooksExamined? hooks = null;
        var asked = await questions.MakeAsync(host, user, room);
        if (withHooks && HookQuestions.HasHooks(host) && (hooks = await grains.Doctor(host.Domain).ExamineAsync(asked)) is null)
        {
            return null;
        }

        List<DoctorItem> items =
        [
            .. DocumentExamination.Of(document, host), .. SettingsExamination.Of(host), .. EgressExamination.Of(host), .. await authentication.ExamineAsync(host),
            .. await certificate.ExamineAsync(host), .. HookSentences.Of(hooks, host, asked), .. await components.ExamineAsync(host), .. delegations.Examine(host),
        ];
        return items;
    }
}
