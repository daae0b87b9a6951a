using Krewe.Contracts.Muc;
using Krewe.Contracts.Stanzas;

namespace Krewe.Frontend.Muc;

/// <summary>What the user is told of a decision of the tenant's service (contract §5 "Room access", §6).</summary>
internal static class MucDecisions
{
    /// <summary>Null for an admission.</summary>
    public static StanzaError? RefusalOf(MucDecision decision) => decision.Verdict switch
    {
        MucVerdict.Admitted => null,
        MucVerdict.Refused => Refusal(decision.Condition) with { Text = decision.Reason },
        _ => StanzaError.RemoteServerTimeout,
    };

    private static StanzaError Refusal(StanzaErrorCondition? condition) => condition switch
    {
        StanzaErrorCondition.Forbidden => StanzaError.Forbidden,
        StanzaErrorCondition.RegistrationRequired => new StanzaError(StanzaErrorType.Auth, StanzaErrorCondition.RegistrationRequired),
        StanzaErrorCondition.ItemNotFound => StanzaError.ItemNotFound,
        StanzaErrorCondition.ServiceUnavailable => new StanzaError(StanzaErrorType.Wait, StanzaErrorCondition.ServiceUnavailable),
        _ => new StanzaError(StanzaErrorType.Auth, StanzaErrorCondition.NotAuthorized),
    };
}
