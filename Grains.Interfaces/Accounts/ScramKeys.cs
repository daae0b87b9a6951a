using System.Collections.Immutable;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace Krewe.Contracts.Accounts;

/// <summary>How the stored keys of SCRAM are made of a password (RFC 5802 §3, RFC 7677 §3). Pure computation; PBKDF2 takes milliseconds.</summary>
public static class ScramKeys
{
    /// <summary>Stored keys made by others with fewer are not taken (RFC 7677 §4).</summary>
    public const int IterationsMin = 4096;

    /// <summary>RFC 7677 §4 asks for 4096 or more; clients pay this on every login, small devices too.</summary>
    public const int IterationsDefault = 10_000;

    /// <summary>A client would give up, and a PLAIN login would hold a core for a second.</summary>
    public const int IterationsMax = 1_000_000;

    public const int SaltBytes = 16;

    /// <summary>Every family, in the order in which <see cref="Create"/> makes them: the cheapest first.</summary>
    public static readonly ImmutableArray<ScramHash> Hashes = [ScramHash.Sha1, ScramHash.Sha256, ScramHash.Sha512];

    /// <summary>Stored keys of every family with salts of their own; empty for what cannot be a password (<see cref="SaslPrep"/>).</summary>
    public static ImmutableArray<ScramCredentials> Create(string password) =>
        SaslPrep.TryPrepare(password, out var prepared)
            ? [.. Hashes.Select(hash => Derive(prepared, hash, RandomNumberGenerator.GetBytes(SaltBytes), IterationsDefault))]
            : [];

    /// <summary>The stored keys of a prepared password.</summary>
    public static ScramCredentials Derive(string preparedPassword, ScramHash hash, ReadOnlyMemory<byte> salt, int iterations)
    {
        var saltedPassword = Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(preparedPassword), salt.Span, iterations, Algorithm(hash), HashBytes(hash));
        return new ScramCredentials(
            hash, salt, iterations, Hash(hash, Hmac(hash, saltedPassword, "Client Key"u8)), Hmac(hash, saltedPassword, "Server Key"u8));
    }

    public static byte[] Hash(ScramHash hash, ReadOnlySpan<byte> data) => CryptographicOperations.HashData(Algorithm(hash), data);

    public static byte[] Hmac(ScramHash hash, ReadOnlySpan<byte> key, ReadOnlySpan<byte> data) =>
        CryptographicOperations.HmacData(Algorithm(hash), key, data);

    public static int HashBytes(ScramHash hash) => hash switch
    {
        ScramHash.Sha1 => SHA1.HashSizeInBytes,
        ScramHash.Sha256 => SHA256.HashSizeInBytes,
        ScramHash.Sha512 => SHA512.HashSizeInBytes,
        _ => throw new UnreachableException(),
    };

    /// <summary>The registered name of the mechanism without channel binding.</summary>
    public static string MechanismName(ScramHash hash) => hash switch
    {
        ScramHash.Sha1 => "SCRAM-SHA-1",
        ScramHash.Sha256 => "SCRAM-SHA-256",
        ScramHash.Sha512 => "SCRAM-SHA-512",
        _ => throw new UnreachableException(),
    };

    /// <summary>The family of a mechanism without channel binding; names are case-sensitive (RFC 4422 §3.1).</summary>
    public static bool TryParseMechanismName([NotNullWhen(true)] string? name, out ScramHash hash)
    {
        foreach (var candidate in Hashes)
        {
            if (MechanismName(candidate) == name)
            {
                hash = candidate;
                return true;
            }
        }

        hash = default;
        return false;
    }

    private static HashAlgorithmName Algorithm(ScramHash hash) => hash switch
    {
        ScramHash.Sha1 => HashAlgorithmName.SHA1,
        ScramHash.Sha256 => HashAlgorithmName.SHA256,
        ScramHash.Sha512 => HashAlgorithmName.SHA512,
        _ => throw new UnreachableException(),
    };
}
