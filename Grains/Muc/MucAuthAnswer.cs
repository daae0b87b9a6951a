using System.Text.Json;
using Krewe.Contracts.Muc;
using Krewe.Contracts.Stanzas;
using Krewe.Grains.Outbound;

namespace Krewe.Grains.Muc;

internal enum MucAnswerKind
{
    /// <summary>Status 200 and an object whose <c>allowed</c> is true.</summary>
    Admitted,

    /// <summary>An object whose <c>allowed</c> is false, with any status; any 403; an admission as outcast.</summary>
    Refused,

    /// <summary>Status 200 and an object that says neither: admits nobody, removes nobody, is not remembered.</summary>
    Malformed,

    /// <summary>Everything else: no answer.</summary>
    Failed,
}

/// <summary>
/// What a tenant's service said about one user in one room (contract: "Room access"). Only the verdict can fail; a value beside it that is of no use is left out and counted.
/// </summary>
internal sealed record MucAuthAnswer(MucAnswerKind Kind)
{
    public static readonly TimeSpan ExpiresInMax = TimeSpan.FromDays(365);

    private const int Ok = 200;
    private const int Forbidden = 403;
    private static readonly MucAuthAnswer Failed = new(MucAnswerKind.Failed);

    public MucAffiliation? Affiliation { get; init; }

    public MucRole? Role { get; init; }

    /// <summary>How long it may be remembered; null when it does not say.</summary>
    public TimeSpan? ExpiresIn { get; init; }

    public bool IsAnyNickname { get; init; }

    /// <summary>For the user's eyes.</summary>
    public string? Reason { get; init; }

    /// <summary>Null for <c>not-authorized</c>.</summary>
    public StanzaErrorCondition? Condition { get; init; }

    /// <summary>For the log alone.</summary>
    public string? Error { get; init; }

    /// <summary>How many values were of no use.</summary>
    public int IgnoredCount { get; init; }

    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    public static MucAuthAnswer Read(HookResponse response)
    {
        // A response without a whole status line and header has no status; one whose body broke off is no answer even if it says 200.
        if (response.Outcome is not (HookOutcome.Ok or HookOutcome.Status))
        {
            return Failed;
        }

        var (allowed, said) = Parse(response.Body);
        var kind = (response.Status, allowed) switch
        {
            (Forbidden, _) or (_, MucAllowed.No) => MucAnswerKind.Refused,
            (Ok, MucAllowed.Yes) => said.Affiliation == MucAffiliation.Outcast ? MucAnswerKind.Refused : MucAnswerKind.Admitted,
            (Ok, MucAllowed.Unclear) => MucAnswerKind.Malformed,
            _ => MucAnswerKind.Failed,
        };
        return kind == MucAnswerKind.Failed ? Failed : said with { Kind = kind };
    }

    private static (MucAllowed Allowed, MucAuthAnswer Said) Parse(ReadOnlyMemory<byte> utf8)
    {
        if (utf8.Span.StartsWith(ByteOrderMark))
        {
            utf8 = utf8[ByteOrderMark.Length..];
        }

        try
        {
            using var document = JsonDocument.Parse(utf8, new JsonDocumentOptions { MaxDepth = HookBody.JsonDepthMax });
            return document.RootElement.ValueKind == JsonValueKind.Object ? MucAuthFields.Read(document.RootElement) : (MucAllowed.NoObject, Failed);
        }
        catch (JsonException)
        {
            return (MucAllowed.NoObject, Failed);
        }
    }
}
