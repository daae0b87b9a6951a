using System.Text;
using System.Text.Unicode;
using Krewe.Contracts.Accounts;

namespace Krewe.Frontend.Sasl;

/// <summary>PLAIN (RFC 4616): <c>[authzid] NUL authcid NUL passwd</c>. Only offered under TLS, unless the host allows otherwise.</summary>
internal sealed class PlainMechanism(string host, SaslServices services) : ISaslMechanism
{
    public async ValueTask<SaslStep> StepAsync(ReadOnlyMemory<byte>? input, CancellationToken cancellationToken)
    {
        if (input is not { } message)
        {
            return new SaslStep.Challenge(default);
        }

        if (!TryParse(message.Span, out var authzid, out var authcid, out var password))
        {
            return new SaslStep.Failure(SaslCondition.MalformedRequest);
        }

        if (SaslIdentity.Resolve(authcid, host) is not { } jid)
        {
            return new SaslStep.Failure(SaslCondition.NotAuthorized);
        }

        if (!SaslIdentity.IsOwn(authzid, jid))
        {
            return new SaslStep.Failure(SaslCondition.InvalidAuthzid);
        }

        if (await services.GetAsync(jid, ScramHash.Sha1, CheapKeys, cancellationToken) is not { } account)
        {
            return new SaslStep.Failure(SaslCondition.TemporaryAuthFailure);
        }

        return await services.Passwords.VerifyAsync(password, account.Keys, cancellationToken) switch
        {
            PasswordVerdict.Right => account.IsEnabled ? new SaslStep.Success(jid, null) : new SaslStep.Failure(SaslCondition.AccountDisabled),
            PasswordVerdict.Overloaded => new SaslStep.Failure(SaslCondition.TemporaryAuthFailure),
            _ => new SaslStep.Failure(SaslCondition.NotAuthorized),
        };
    }

    /// <summary>SHA-1 or SHA-256, whichever the account has first; SHA-512 costs more and adds nothing to a password that was sent in the clear.</summary>
    private static ScramCredentials? CheapKeys(AccountCredentials account) =>
        account.Scram.FirstOrDefault(keys => keys.Hash != ScramHash.Sha512) ?? account.Scram.FirstOrDefault();

    private static bool TryParse(ReadOnlySpan<byte> message, out string authzid, out string authcid, out string password)
    {
        authzid = authcid = password = "";
        var first = message.IndexOf((byte)0);
        var second = first < 0 ? -1 : message[(first + 1)..].IndexOf((byte)0);
        if (second < 0 || !Utf8.IsValid(message))
        {
            return false;
        }

        authzid = Encoding.UTF8.GetString(message[..first]);
        authcid = Encoding.UTF8.GetString(message.Slice(first + 1, second));
        password = Encoding.UTF8.GetString(message[(first + second + 2)..]);
        return authcid.Length > 0 && password.Length > 0 && !password.Contains('\0');
    }
}
