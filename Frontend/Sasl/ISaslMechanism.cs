using Krewe.Contracts.Addressing;

namespace Krewe.Frontend.Sasl;

/// <summary>One exchange of one SASL mechanism (RFC 4422 §3), server side, without encoding and without XML.</summary>
internal interface ISaslMechanism
{
    /// <summary>Takes the client's next message.</summary>
    /// <param name="input">Null when the client sent no initial response; an empty one is a message.</param>
    ValueTask<SaslStep> StepAsync(ReadOnlyMemory<byte>? input, CancellationToken cancellationToken);
}

/// <summary>What a mechanism answers.</summary>
internal abstract record SaslStep
{
    internal sealed record Challenge(ReadOnlyMemory<byte> Data) : SaslStep;

    /// <param name="Identity">The bare JID that the client has proved to be.</param>
    /// <param name="AdditionalData">Data with success (RFC 6120 §6.3.10); null for none.</param>
    /// <param name="Place">Given back when the stream is over; null for those who take none.</param>
    internal sealed record Success(Jid Identity, ReadOnlyMemory<byte>? AdditionalData, IDisposable? Place = null) : SaslStep;

    /// <param name="EndsStream">No further attempt is listened to.</param>
    internal sealed record Failure(SaslCondition Condition, bool EndsStream = false) : SaslStep;

    /// <summary>So many attempts have failed, or wait, that this one is not looked at: which says nothing about whether it would have been right.</summary>
    internal static Failure TooMany { get; } = new(SaslCondition.TemporaryAuthFailure, EndsStream: true);
}
