using Krewe.Contracts.Doctor;
using Krewe.Grains.Outbound;

namespace Krewe.Grains.Doctor;

/// <summary>One hook to call: how, and what to make of its answer.</summary>
/// <param name="Url">Where it leads; null when the setting makes none.</param>
internal sealed record HookProbe(HookKind Kind, string Key, Uri? Url, TimeSpan Deadline, int BodyBytesMax)
{
    public required Func<Task<HookResponse?>> CallAsync { get; init; }

    /// <summary>For an answer that came whole; the examination so far is filled in but for what it says.</summary>
    public required Func<HookResponse, HookExamination, HookExamination> Judge { get; init; }

    public HookExamination About(HookFinding finding) =>
        new(Kind, Key, Url is null ? "" : HookOrigin.Of(Url) ?? "", finding) { Deadline = Deadline, BodyBytesMax = BodyBytesMax };
}
