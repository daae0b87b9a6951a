using Krewe.Contracts.Muc;

namespace Krewe.Grains.Muc;

/// <summary>A decision as it is remembered.</summary>
/// <param name="Nickname">That it was asked for.</param>
/// <param name="Source">Whose word it is; see <see cref="MucAuthClient.SourceOf"/>.</param>
/// <param name="KeptUntil">How long it is there for <c>muc_http_auth_on_error</c> <c>stale</c>; else as long as the decision itself.</param>
internal sealed record MucMemo(string Nickname, MucDecision Decision, string Source, DateTimeOffset KeptUntil)
{
    public bool IsAbout(string nickname, string source) => (Decision.IsAnyNickname || Nickname == nickname) && Source == source;
}
