using System.Diagnostics;

namespace Krewe.Frontend.Sasl;

/// <summary>The defined conditions of a SASL failure (RFC 6120 §6.5), in the RFC's order.</summary>
internal enum SaslCondition : byte
{
    Aborted,
    AccountDisabled,
    CredentialsExpired,
    EncryptionRequired,
    IncorrectEncoding,
    InvalidAuthzid,
    InvalidMechanism,
    MalformedRequest,
    MechanismTooWeak,
    NotAuthorized,
    TemporaryAuthFailure,
}

internal static class SaslConditions
{
    /// <summary>The name of the element.</summary>
    internal static string ElementName(this SaslCondition condition) => condition switch
    {
        SaslCondition.Aborted => "aborted",
        SaslCondition.AccountDisabled => "account-disabled",
        SaslCondition.CredentialsExpired => "credentials-expired",
        SaslCondition.EncryptionRequired => "encryption-required",
        SaslCondition.IncorrectEncoding => "incorrect-encoding",
        SaslCondition.InvalidAuthzid => "invalid-authzid",
        SaslCondition.InvalidMechanism => "invalid-mechanism",
        SaslCondition.MalformedRequest => "malformed-request",
        SaslCondition.MechanismTooWeak => "mechanism-too-weak",
        SaslCondition.NotAuthorized => "not-authorized",
        SaslCondition.TemporaryAuthFailure => "temporary-auth-failure",
        _ => throw new UnreachableException(),
    };
}
