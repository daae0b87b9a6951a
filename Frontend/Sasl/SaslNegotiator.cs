using Krewe.Contracts.Accounts;
using Krewe.Contracts.Addressing;

namespace Krewe.Frontend.Sasl;

/// <summary>What the stream writes next.</summary>
internal abstract record SaslReply
{
    /// <param name="Content">The text of <c>&lt;challenge/&gt;</c>.</param>
    internal sealed record Challenge(string Content) : SaslReply;

    /// <param name="Identity">The bare JID that the stream belongs to from now on.</param>
    /// <param name="Content">The text of <c>&lt;success/&gt;</c>; null for none.</param>
    /// <param name="Place">Given back when the stream is over; null for those who take none.</param>
    internal sealed record Success(Jid Identity, string Mechanism, string? Content, IDisposable? Place) : SaslReply;

    /// <param name="Mechanism">The one that was under way; null for none that was offered.</param>
    /// <param name="EndsStream">After this failure the stream is closed with <c>policy-violation</c> (RFC 6120 §6.4.5).</param>
    internal sealed record Failure(SaslCondition Condition, string? Mechanism, bool EndsStream) : SaslReply;
}

/// <summary>
/// The SASL negotiation of one stream (RFC 6120 §6.4): takes the contents of <c>&lt;auth/&gt;</c>, <c>&lt;response/&gt;</c> and <c>&lt;abort/&gt;</c> one at a time, and
/// counts failures. Knows neither XML nor sockets. Made anew after TLS, when the offer changes.
/// </summary>
/// <param name="origin">Where the stream comes from.</param>
internal sealed class SaslNegotiator(SaslOffer offer, SaslServices services, LoginOrigin origin = default)
{
    /// <summary>RFC 6120 §6.4.5: at least 2 and at most 5 retries. Counted are answers that could have been guesses.</summary>
    internal const int FailuresMax = 5;

    /// <summary>
    /// All failures, the harmless ones included. COMPAT: slixmpp 1.8 first tries every -PLUS mechanism with tls-unique, whatever types are offered (XEP-0440), and
    /// then every SCRAM without, before it gets to one that it can do.
    /// </summary>
    internal const int AttemptsMax = 10;

    /// <summary>Longer contents are refused undecoded; three addresses of full length in base 64 fit.</summary>
    internal const int ContentCharsMax = 16 * 1024;

    private ISaslMechanism? _mechanism;
    private string? _mechanismName;
    private int _failures;
    private int _attempts;

    /// <summary>What the stream features show.</summary>
    internal SaslOffer Offer => offer;

    /// <summary><c>&lt;auth mechanism='…'/&gt;</c>; an exchange under way is discarded.</summary>
    internal ValueTask<SaslReply> AuthAsync(string? mechanism, string content, CancellationToken cancellationToken = default)
    {
        _mechanism = null;
        _mechanismName = null;
        if (mechanism is null || !offer.Mechanisms.Contains(mechanism))
        {
            // RFC 6120 §6.5.4: the mechanism may be there once the stream is encrypted.
            return ValueTask.FromResult<SaslReply>(Fail(
                mechanism is null ? SaslCondition.MalformedRequest
                : !offer.IsEncrypted && offer.HasUnderTls(mechanism) ? SaslCondition.EncryptionRequired
                : SaslCondition.InvalidMechanism));
        }

        _mechanism = Make(mechanism);
        _mechanismName = mechanism;

        // RFC 6120 §6.4.2: no text is no initial response, an equals sign is an empty one.
        return content.Length == 0 ? StepAsync(null, cancellationToken) : DecodeAndStepAsync(content, cancellationToken);
    }

    /// <summary><c>&lt;response/&gt;</c>.</summary>
    internal ValueTask<SaslReply> ResponseAsync(string content, CancellationToken cancellationToken = default) =>
        _mechanism is null ? ValueTask.FromResult<SaslReply>(Fail(SaslCondition.MalformedRequest)) : DecodeAndStepAsync(content, cancellationToken);

    /// <summary><c>&lt;abort/&gt;</c>.</summary>
    internal SaslReply Abort() => Fail(SaslCondition.Aborted);

    private ValueTask<SaslReply> DecodeAndStepAsync(string content, CancellationToken cancellationToken)
    {
        if (content is "=" or "")
        {
            return StepAsync(ReadOnlyMemory<byte>.Empty, cancellationToken);
        }

        return content.Length > ContentCharsMax ? ValueTask.FromResult<SaslReply>(Fail(SaslCondition.MalformedRequest))
            : StrictBase64.TryDecode(content, out var message) ? StepAsync(message, cancellationToken)
            : ValueTask.FromResult<SaslReply>(Fail(SaslCondition.IncorrectEncoding));
    }

    private async ValueTask<SaslReply> StepAsync(ReadOnlyMemory<byte>? message, CancellationToken cancellationToken)
    {
        switch (await _mechanism!.StepAsync(message, cancellationToken))
        {
            case SaslStep.Challenge challenge:
                return new SaslReply.Challenge(Convert.ToBase64String(challenge.Data.Span));
            case SaslStep.Success success:
                _mechanism = null;
                return new SaslReply.Success(success.Identity, _mechanismName!, success.AdditionalData is { } data ? Encode(data) : null, success.Place);
            case SaslStep.Failure failure:
                return Fail(failure.Condition, failure.EndsStream);
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    /// <summary>RFC 6120 §6.4.6: empty data is an equals sign, as no text is no data.</summary>
    private static string Encode(ReadOnlyMemory<byte> data) => data.IsEmpty ? "=" : Convert.ToBase64String(data.Span);

    private SaslReply.Failure Fail(SaslCondition condition, bool endsStream = false)
    {
        _mechanism = null;
        _failures += condition is SaslCondition.MalformedRequest or SaslCondition.InvalidMechanism or SaslCondition.Aborted ? 0 : 1;
        return new SaslReply.Failure(condition, _mechanismName, endsStream || _failures >= FailuresMax || ++_attempts >= AttemptsMax);
    }

    private ISaslMechanism Make(string mechanism) => mechanism switch
    {
        SaslOffer.Plain => new PlainMechanism(offer, services, origin),
        SaslOffer.OAuthBearer => new OAuthBearerMechanism(offer, services, origin),
        SaslOffer.Anonymous => new AnonymousMechanism(offer, services, origin),
        _ => TryParseScram(mechanism, out var hash, out var isPlus)
            ? new ScramMechanism(hash, isPlus, offer, services, origin)
            : throw new System.Diagnostics.UnreachableException(),
    };

    private static bool TryParseScram(string mechanism, out ScramHash hash, out bool isPlus)
    {
        isPlus = mechanism.EndsWith(SaslOffer.PlusSuffix, StringComparison.Ordinal);
        return ScramKeys.TryParseMechanismName(isPlus ? mechanism[..^SaslOffer.PlusSuffix.Length] : mechanism, out hash);
    }
}
