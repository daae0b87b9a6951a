using System.Security.Cryptography;
using System.Text;
using Krewe.Contracts.Accounts;

namespace Krewe.Frontend.Sasl;

/// <summary>
/// SCRAM (RFC 5802; RFC 7677 for SHA-256) with and without channel binding, server side. The server's signature goes with success (RFC 6120 §6.3.10).
/// </summary>
/// <param name="isPlus">Whether the client chose the mechanism with channel binding.</param>
/// <param name="makeNonce">The server's part of the nonce; fixed only where the RFCs' examples are checked.</param>
internal sealed class ScramMechanism(ScramHash hash, bool isPlus, SaslOffer offer, SaslServices services, LoginOrigin origin = default, Func<string>? makeNonce = null) : ISaslMechanism
{
    private const int NonceBytes = 18;

    private ScramClientFirst? _first;
    private SaslAccount? _account;
    private string _serverFirst = "";
    private string _nonce = "";

    public ValueTask<SaslStep> StepAsync(ReadOnlyMemory<byte>? input, CancellationToken cancellationToken) => input switch
    {
        null => ValueTask.FromResult<SaslStep>(new SaslStep.Challenge(default)),
        { } message when _account is null => FirstAsync(message, cancellationToken),
        { } message => FinalAsync(message, _account, cancellationToken),
    };

    private async ValueTask<SaslStep> FirstAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
    {
        if (ScramClientFirst.Parse(message.Span) is not { } first)
        {
            return new SaslStep.Failure(SaslCondition.MalformedRequest);
        }

        if (CheckBinding(first) is { } refused)
        {
            return new SaslStep.Failure(refused);
        }

        if (SaslIdentity.Resolve(first.Username, offer.Settings) is not { } jid)
        {
            using var attempt = await services.Throttle.BeginAsync(offer.Host, null, origin, cancellationToken);
            return attempt is null ? SaslStep.TooMany : attempt.Judge(new SaslStep.Failure(SaslCondition.NotAuthorized));
        }

        if (!SaslIdentity.IsOwn(first.Authzid, jid))
        {
            return new SaslStep.Failure(SaslCondition.InvalidAuthzid);
        }

        _account = await services.GetAsync(jid, hash, account => account.Scram.FirstOrDefault(keys => keys.Hash == hash), cancellationToken);
        if (_account is null)
        {
            return new SaslStep.Failure(SaslCondition.TemporaryAuthFailure);
        }

        _first = first;
        _nonce = first.Nonce + (makeNonce?.Invoke() ?? Convert.ToBase64String(RandomNumberGenerator.GetBytes(NonceBytes)));
        _serverFirst = $"r={_nonce},s={Convert.ToBase64String(_account.Keys.Salt.Span)},i={_account.Keys.Iterations}";
        if (offer.IsHashAnnounced)
        {
            _serverFirst += $",h={Convert.ToBase64String(offer.Hash(hash))}";
        }

        return new SaslStep.Challenge(Encoding.UTF8.GetBytes(_serverFirst));
    }

    /// <summary>RFC 5802 §6. A client that says <c>y</c> has seen no -PLUS mechanism: where one was offered, somebody took it out of the list.</summary>
    private SaslCondition? CheckBinding(ScramClientFirst first) => (first.Flag, isPlus) switch
    {
        ('p', true) => first.BindingName == ChannelBinding.TlsServerEndPointName ? null : SaslCondition.MalformedRequest,
        ('n', false) => null,
        ('y', false) => offer.Binding is null ? null : SaslCondition.NotAuthorized,
        _ => SaslCondition.MalformedRequest,
    };

    /// <summary>What came before showed nobody anything: it is here that a password is guessed.</summary>
    private async ValueTask<SaslStep> FinalAsync(ReadOnlyMemory<byte> message, SaslAccount account, CancellationToken cancellationToken)
    {
        using var attempt = await services.Throttle.BeginAsync(offer.Host, account.Jid, origin, cancellationToken);
        return attempt is null ? SaslStep.TooMany : attempt.Judge(Final(message.Span, account, _first!));
    }

    private SaslStep Final(ReadOnlySpan<byte> message, SaslAccount account, ScramClientFirst first)
    {
        if (ScramClientFinal.Parse(message) is not { } final)
        {
            return new SaslStep.Failure(SaslCondition.MalformedRequest);
        }

        var authMessage = Encoding.UTF8.GetBytes($"{first.Bare},{_serverFirst},{final.WithoutProof}");
        if (final.Nonce != _nonce || final.Binding != ExpectedBinding(first) || !IsProved(final.Proof, account.Keys, authMessage))
        {
            return new SaslStep.Failure(SaslCondition.NotAuthorized);
        }

        // Only who knows the password learns that the account is disabled.
        return account.IsEnabled
            ? new SaslStep.Success(
                account.Jid,
                Encoding.UTF8.GetBytes($"v={Convert.ToBase64String(ScramKeys.Hmac(hash, account.Keys.ServerKey.Span, authMessage))}"))
            : new SaslStep.Failure(SaslCondition.AccountDisabled);
    }

    /// <summary>RFC 5802 §7, <c>cbind-input</c>: the gs2 header as it was sent, and behind it what binds this connection.</summary>
    private string ExpectedBinding(ScramClientFirst first)
    {
        byte[] header = Encoding.UTF8.GetBytes(first.Gs2Header);
        return Convert.ToBase64String(isPlus ? [.. header, .. offer.Binding!.TlsServerEndPoint.Span] : header);
    }

    /// <summary>RFC 5802 §3: the proof and the signature give the client's key, whose hash is stored.</summary>
    private bool IsProved(byte[] proof, ScramCredentials keys, byte[] authMessage)
    {
        var clientKey = ScramKeys.Hmac(hash, keys.StoredKey.Span, authMessage);
        if (proof.Length != clientKey.Length)
        {
            return false;
        }

        for (var i = 0; i < clientKey.Length; i++)
        {
            clientKey[i] ^= proof[i];
        }

        return CryptographicOperations.FixedTimeEquals(ScramKeys.Hash(hash, clientKey), keys.StoredKey.Span);
    }
}
