using Krewe.Contracts.Accounts;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;

namespace Krewe.Frontend.Sasl;

/// <summary>
/// Whether a host's authentications, one after the other, know a password (contract §3, <c>authentication</c>). The first that says yes lets the user in. One that cannot say
/// is not taken for a no: when none says yes, the client is told to come back. A disabled account is closed to all of them.
/// </summary>
internal sealed class PasswordLogin(SaslServices services)
{
    /// <param name="password">As the client sent it: a password, or a token in its place.</param>
    public async ValueTask<SaslStep> LogInAsync(HostSettings host, Jid account, string password, CancellationToken cancellationToken)
    {
        if (await services.GetAsync(account, ScramHash.Sha1, CheapKeys, cancellationToken) is not { } known)
        {
            return new SaslStep.Failure(SaslCondition.TemporaryAuthFailure);
        }

        var outcome = PasswordVerdict.Wrong;
        foreach (var authentication in host.Authentication)
        {
            var verdict = authentication switch
            {
                HostAuthentication.InternalHashed => await services.Passwords.VerifyAsync(host.Domain, password, known.Keys, cancellationToken),
                HostAuthentication.Http => await AskAsync(account, password, cancellationToken),
                HostAuthentication.Jwt => await VerifyAsync(host, account, password),
                _ => PasswordVerdict.Wrong,
            };
            if (verdict == PasswordVerdict.Right)
            {
                return await LetInAsync(known, cancellationToken);
            }

            outcome = verdict > outcome ? verdict : outcome;
        }

        return new SaslStep.Failure(outcome switch
        {
            PasswordVerdict.Unknown => SaslCondition.TemporaryAuthFailure,
            PasswordVerdict.Expired => SaslCondition.CredentialsExpired,
            _ => SaslCondition.NotAuthorized,
        });
    }

    /// <summary>Somebody has shown to be the user: what is left is whether the account is open.</summary>
    public async ValueTask<SaslStep> LetInAsync(SaslAccount account, CancellationToken cancellationToken)
    {
        if (!account.IsEnabled)
        {
            // Only who knows the password learns that the account is disabled.
            return new SaslStep.Failure(SaslCondition.AccountDisabled);
        }

        // From its first login on, the host knows a user whom others authenticate: who can be disabled, written to while away, and deleted.
        return account.Exists || await services.Accounts.KnowAsync(account.Jid, cancellationToken)
            ? new SaslStep.Success(account.Jid, null)
            : new SaslStep.Failure(SaslCondition.TemporaryAuthFailure);
    }

    private async ValueTask<PasswordVerdict> AskAsync(Jid account, string password, CancellationToken cancellationToken) =>
        !SaslPrep.TryPrepare(password, out var prepared)
            ? PasswordVerdict.Wrong
            : await services.Http.CheckPasswordAsync(account, prepared, cancellationToken) switch
            {
                HttpAuthAnswer.Yes => PasswordVerdict.Right,
                HttpAuthAnswer.No => PasswordVerdict.Wrong,
                _ => PasswordVerdict.Unknown,
            };

    private async ValueTask<PasswordVerdict> VerifyAsync(HostSettings host, Jid account, string token)
    {
        var (outcome, user) = host.Jwt is { } jwt ? await services.Jwt.VerifyAsync(host.Domain, jwt, token) : new(JwtOutcome.NoKeys);
        return outcome switch
        {
            JwtOutcome.Valid => account.Equals(SaslIdentity.Resolve(user!, host)) ? PasswordVerdict.Right : PasswordVerdict.Wrong,
            JwtOutcome.Expired => PasswordVerdict.Expired,
            JwtOutcome.NoKeys => PasswordVerdict.Unknown,
            _ => PasswordVerdict.Wrong,
        };
    }

    /// <summary>SHA-1 or SHA-256, whichever the account has first; SHA-512 costs more and adds nothing to a password that was sent in the clear.</summary>
    private static ScramCredentials? CheapKeys(AccountCredentials account) =>
        account.Scram.FirstOrDefault(keys => keys.Hash != ScramHash.Sha512) ?? account.Scram.FirstOrDefault();
}
