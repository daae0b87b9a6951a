namespace Krewe.Contracts.Stanzas;

/// <summary>RFC 6120 §8.3.2: what the sender may do about it.</summary>
public enum StanzaErrorType : byte
{
    Auth = 0,
    Cancel = 1,
    Continue = 2,
    Modify = 3,
    Wait = 4,
}

/// <summary>The defined conditions of RFC 6120 §8.3.3, in its order.</summary>
public enum StanzaErrorCondition : byte
{
    BadRequest = 0,
    Conflict = 1,
    FeatureNotImplemented = 2,
    Forbidden = 3,
    Gone = 4,
    InternalServerError = 5,
    ItemNotFound = 6,
    JidMalformed = 7,
    NotAcceptable = 8,
    NotAllowed = 9,
    NotAuthorized = 10,
    PolicyViolation = 11,
    RecipientUnavailable = 12,
    Redirect = 13,
    RegistrationRequired = 14,
    RemoteServerNotFound = 15,
    RemoteServerTimeout = 16,
    ResourceConstraint = 17,
    ServiceUnavailable = 18,
    SubscriptionRequired = 19,
    UndefinedCondition = 20,
    UnexpectedRequest = 21,
}

/// <summary>A refusal that a stanza's sender is told of (RFC 6120 §8.3): a value, not an exception.</summary>
[GenerateSerializer, Immutable, Alias("stanza-error")]
public sealed record StanzaError(
    [property: Id(0)] StanzaErrorType Type,
    [property: Id(1)] StanzaErrorCondition Condition,
    [property: Id(2)] string? Text = null)
{
    public static readonly StanzaError BadRequest = new(StanzaErrorType.Modify, StanzaErrorCondition.BadRequest);
    public static readonly StanzaError Conflict = new(StanzaErrorType.Cancel, StanzaErrorCondition.Conflict);
    public static readonly StanzaError FeatureNotImplemented = new(StanzaErrorType.Cancel, StanzaErrorCondition.FeatureNotImplemented);
    public static readonly StanzaError Forbidden = new(StanzaErrorType.Auth, StanzaErrorCondition.Forbidden);
    public static readonly StanzaError InternalServerError = new(StanzaErrorType.Cancel, StanzaErrorCondition.InternalServerError);

    /// <summary>Something that a later try may find mended, such as a tenant's service that did not answer.</summary>
    public static readonly StanzaError InternalServerErrorWait = new(StanzaErrorType.Wait, StanzaErrorCondition.InternalServerError);
    public static readonly StanzaError ItemNotFound = new(StanzaErrorType.Cancel, StanzaErrorCondition.ItemNotFound);
    public static readonly StanzaError JidMalformed = new(StanzaErrorType.Modify, StanzaErrorCondition.JidMalformed);
    public static readonly StanzaError NotAcceptable = new(StanzaErrorType.Modify, StanzaErrorCondition.NotAcceptable);
    public static readonly StanzaError NotAllowed = new(StanzaErrorType.Cancel, StanzaErrorCondition.NotAllowed);
    public static readonly StanzaError NotAuthorized = new(StanzaErrorType.Auth, StanzaErrorCondition.NotAuthorized);
    public static readonly StanzaError PolicyViolation = new(StanzaErrorType.Modify, StanzaErrorCondition.PolicyViolation);
    public static readonly StanzaError RegistrationRequired = new(StanzaErrorType.Auth, StanzaErrorCondition.RegistrationRequired);
    public static readonly StanzaError RemoteServerNotFound = new(StanzaErrorType.Cancel, StanzaErrorCondition.RemoteServerNotFound);
    public static readonly StanzaError RemoteServerTimeout = new(StanzaErrorType.Wait, StanzaErrorCondition.RemoteServerTimeout);
    public static readonly StanzaError ResourceConstraint = new(StanzaErrorType.Wait, StanzaErrorCondition.ResourceConstraint);
    public static readonly StanzaError ServiceUnavailable = new(StanzaErrorType.Cancel, StanzaErrorCondition.ServiceUnavailable);
}
