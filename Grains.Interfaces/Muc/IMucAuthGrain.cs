using Krewe.Contracts.Stanzas;
using Orleans.Concurrency;

namespace Krewe.Contracts.Muc;

/// <summary>
/// Whether one user may be in one room, as the tenant's service says (contract: "Room access"). Key: the room's bare JID, <c>/</c>, the user's bare JID. It remembers
/// the decision for the nickname that it was asked for, and asks once however many wait.
/// </summary>
[Alias("muc-auth")]
public interface IMucAuthGrain : IGrainWithStringKey
{
    /// <summary>The remembered decision, or a new one. Always answers by the hook's deadline, always with a value.</summary>
    /// <param name="isAfresh">Whether only an answer to a question asked from now on will do.</param>
    [Alias("decide"), AlwaysInterleave]
    Task<MucDecision> DecideAsync(string nickname, bool isAfresh);

    /// <summary>Forgets what is remembered, and lets no answer count that is under way; whether there was either.</summary>
    [Alias("forget"), AlwaysInterleave]
    Task<bool> ForgetAsync();
}

public enum MucVerdict : byte
{
    Admitted = 0,
    Refused = 1,

    /// <summary>The service gave no answer that counts, and <c>muc_http_auth_on_error</c> found none either.</summary>
    Failed = 2,
}

/// <param name="IsExplicit">The service said so in words that may remove somebody: <c>allowed: false</c>, or 403.</param>
/// <param name="Affiliation">The affiliation that the answer carries; null when it carries none.</param>
/// <param name="Role">As above.</param>
/// <param name="Reason">For the user's eyes.</param>
/// <param name="Condition">The condition that a refusal named in place of <c>not-authorized</c>.</param>
/// <param name="Until">How long it may be relied upon.</param>
/// <param name="IsFallback">Not the service's present word but what <c>muc_http_auth_on_error</c> put in its place.</param>
[GenerateSerializer, Immutable, Alias("muc-decision")]
public sealed record MucDecision(
    [property: Id(0)] MucVerdict Verdict,
    [property: Id(1)] DateTimeOffset Until,
    [property: Id(2)] bool IsExplicit = false,
    [property: Id(3)] MucAffiliation? Affiliation = null,
    [property: Id(4)] MucRole? Role = null,
    [property: Id(5)] string? Reason = null,
    [property: Id(6)] StanzaErrorCondition? Condition = null,
    [property: Id(7)] bool IsAnyNickname = false,
    [property: Id(8)] bool IsFallback = false);
