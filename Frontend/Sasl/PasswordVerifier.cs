using System.Security.Cryptography;
using Krewe.Contracts.Accounts;
using Krewe.Contracts.Hosting;

namespace Krewe.Frontend.Sasl;

/// <summary>What is said of a password; of several words the last in this order is what the client is told.</summary>
internal enum PasswordVerdict : byte
{
    Right,
    Wrong,

    /// <summary>A token that would be right, had its time not passed.</summary>
    Expired,

    /// <summary>It cannot be told at present: too many logins wait already, or whoever knows does not answer.</summary>
    Unknown,
}

/// <summary>
/// Checks a password against stored keys (RFC 5802 §3). PBKDF2 runs on the thread pool, one for each processor at a time: a caller's thread serves
/// streams and must not be held for milliseconds. Hosts take turns, so that a storm of logins at one of them makes nobody else wait.
/// </summary>
/// <param name="derivationsMax">How many derivations run at a time; 0 for the number of processors, negative for none.</param>
/// <param name="waitingMax">How many of one host may wait.</param>
internal sealed class PasswordVerifier(DerivedKeyCache cache, int derivationsMax = 0, int waitingMax = PasswordVerifier.WaitingMax)
{
    /// <summary>At 4 ms each and two processors the last of these waits 8 s, about as long as clients do.</summary>
    internal const int WaitingMax = 4096;

    private readonly HostTurns _turns = new(derivationsMax == 0 ? Environment.ProcessorCount : derivationsMax);

    /// <param name="host">The account's.</param>
    /// <param name="password">As the client sent it.</param>
    internal async ValueTask<PasswordVerdict> VerifyAsync(string host, string password, ScramCredentials credentials, CancellationToken cancellationToken)
    {
        if (!SaslPrep.TryPrepare(password, out var prepared))
        {
            return PasswordVerdict.Wrong;
        }

        if (cache.TryGet(prepared, credentials, out var storedKey))
        {
            return IsRight(storedKey, credentials) ? PasswordVerdict.Right : PasswordVerdict.Wrong;
        }

        storedKey = await DeriveAsync(host, prepared, credentials, cancellationToken);
        if (storedKey is null)
        {
            return PasswordVerdict.Unknown;
        }

        // Only what was right is remembered: guesses cannot fill the cache, and a guess for an account that exists never gets cheaper than one for another.
        if (!IsRight(storedKey, credentials))
        {
            return PasswordVerdict.Wrong;
        }

        cache.Add(prepared, credentials, storedKey);
        return PasswordVerdict.Right;
    }

    private static bool IsRight(byte[] storedKey, ScramCredentials credentials) =>
        CryptographicOperations.FixedTimeEquals(storedKey, credentials.StoredKey.Span);

    private async ValueTask<byte[]?> DeriveAsync(string host, string prepared, ScramCredentials credentials, CancellationToken cancellationToken)
    {
        if (!await _turns.TryEnterAsync(host, waitingMax, cancellationToken))
        {
            return null;
        }

        try
        {
            return await Task.Run(
                () => ScramKeys.Derive(prepared, credentials.Hash, credentials.Salt, credentials.Iterations).StoredKey.ToArray(), cancellationToken);
        }
        finally
        {
            _turns.Leave();
        }
    }
}
