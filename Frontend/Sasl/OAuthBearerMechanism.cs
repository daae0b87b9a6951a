using System.Diagnostics;
using Krewe.Contracts.Accounts;
using Krewe.Contracts.Addressing;

namespace Krewe.Frontend.Sasl;

/// <summary>
/// OAUTHBEARER (RFC 7628) with a token that the host can verify itself (RFC 9068). The user is who the token says it is. A token that does not count is answered with a challenge
/// that says so in JSON, and the failure follows when the client has seen it.
/// </summary>
internal sealed class OAuthBearerMechanism(SaslOffer offer, SaslServices services, LoginOrigin origin) : ISaslMechanism
{
    private SaslStep.Failure? _failure;

    /// <summary>RFC 7628 §3.2.2: the code of RFC 6750 §3.1 for tokens that are expired, malformed, or invalid for other reasons.</summary>
    private static ReadOnlySpan<byte> InvalidToken => """{"status":"invalid_token"}"""u8;

    public async ValueTask<SaslStep> StepAsync(ReadOnlyMemory<byte>? input, CancellationToken cancellationToken)
    {
        if (_failure is not null)
        {
            return _failure;
        }

        if (input is not { } octets)
        {
            return new SaslStep.Challenge(default);
        }

        if (OAuthBearerMessage.Parse(octets.Span) is not { } message)
        {
            return new SaslStep.Failure(SaslCondition.MalformedRequest);
        }

        // Whom it claims to be for, so that guesses count against somebody before it is known whom the token names.
        Jid? claimed = null;
        if (message.Authzid is { } authzid && (!Jid.TryParse(authzid, out claimed) || claimed.Domainpart != offer.Host || claimed is not { IsBare: true, HasLocalpart: true }))
        {
            return new SaslStep.Failure(SaslCondition.InvalidAuthzid);
        }

        using var attempt = await services.Throttle.BeginAsync(offer.Host, claimed, origin, cancellationToken);
        if (attempt is null)
        {
            return SaslStep.TooMany;
        }

        var step = await JudgeAsync(message, claimed, cancellationToken);
        attempt.Judge(step);
        if (step is SaslStep.Failure { Condition: SaslCondition.NotAuthorized or SaslCondition.CredentialsExpired } failure)
        {
            _failure = failure;
            return new SaslStep.Challenge(InvalidToken.ToArray());
        }

        return step;
    }

    private async ValueTask<SaslStep> JudgeAsync(OAuthBearerMessage message, Jid? claimed, CancellationToken cancellationToken)
    {
        var (outcome, user) = offer.Settings.Jwt is { } jwt ? await services.Jwt.VerifyAsync(offer.Settings.Domain, jwt, message.Token) : new(JwtOutcome.NoKeys);
        switch (outcome)
        {
            case JwtOutcome.NoKeys:
                return new SaslStep.Failure(SaslCondition.TemporaryAuthFailure);
            case JwtOutcome.Expired:
                return new SaslStep.Failure(SaslCondition.CredentialsExpired);
            case JwtOutcome.Invalid:
                return new SaslStep.Failure(SaslCondition.NotAuthorized);
            case JwtOutcome.Valid:
                break;
            default:
                throw new UnreachableException();
        }

        if (SaslIdentity.Resolve(user!, offer.Settings) is not { } jid)
        {
            return new SaslStep.Failure(SaslCondition.NotAuthorized);
        }

        if (claimed is not null && !claimed.Equals(jid))
        {
            return new SaslStep.Failure(SaslCondition.InvalidAuthzid);
        }

        return await services.GetAsync(jid, ScramHash.Sha1, static _ => null, cancellationToken) is { } account
            ? await new PasswordLogin(services).LetInAsync(account, cancellationToken)
            : new SaslStep.Failure(SaslCondition.TemporaryAuthFailure);
    }
}
