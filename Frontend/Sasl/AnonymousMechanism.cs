using System.Text;
using System.Text.Unicode;
using Krewe.Contracts.Accounts;

namespace Krewe.Frontend.Sasl;

/// <summary>ANONYMOUS (RFC 4505): whoever comes gets a name that nobody had before, for this one stream. What the client sends to be traced by is not kept.</summary>
internal sealed class AnonymousMechanism(SaslOffer offer, SaslServices services, LoginOrigin origin) : ISaslMechanism
{
    /// <summary>RFC 4505 §2.</summary>
    private const int TraceCharactersMax = 255;

    public ValueTask<SaslStep> StepAsync(ReadOnlyMemory<byte>? input, CancellationToken cancellationToken) => ValueTask.FromResult<SaslStep>(
        input is not { } trace ? new SaslStep.Challenge(default)
        : !Utf8.IsValid(trace.Span) || Encoding.UTF8.GetCharCount(trace.Span) > TraceCharactersMax ? new SaslStep.Failure(SaslCondition.MalformedRequest)
        : services.Anonymous.TryEnter(offer.Settings, origin) is { } place ? new SaslStep.Success(AnonymousUsers.New(offer.Host), null, place)
        : new SaslStep.Failure(SaslCondition.TemporaryAuthFailure));
}
