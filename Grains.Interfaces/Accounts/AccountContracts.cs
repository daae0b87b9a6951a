using System.Collections.Immutable;

namespace Krewe.Contracts.Accounts;

/// <summary>The hash of a SCRAM family (RFC 5802, RFC 7677; SHA-512 as registered by draft-melnikov-scram-sha-512).</summary>
public enum ScramHash : byte
{
    Sha1 = 0,
    Sha256 = 1,
    Sha512 = 2,
}

/// <summary>What a server stores of a password for one SCRAM family (RFC 5802 §3); never the password.</summary>
[GenerateSerializer, Immutable, Alias("scram-credentials")]
public sealed record ScramCredentials(
    [property: Id(0)] ScramHash Hash,
    [property: Id(1)] ReadOnlyMemory<byte> Salt,
    [property: Id(2)] int Iterations,
    [property: Id(3)] ReadOnlyMemory<byte> StoredKey,
    [property: Id(4)] ReadOnlyMemory<byte> ServerKey);

/// <summary>What a login needs to know of an account.</summary>
/// <param name="Exists">False for an account that was never made or was deleted.</param>
/// <param name="IsEnabled">False ends streams and refuses logins with <c>account-disabled</c>.</param>
/// <param name="Scram">The stored keys; empty for an account without a password.</param>
/// <param name="MayHaveMail">Messages may wait for the user (XEP-0160); false when certainly none do.</param>
[GenerateSerializer, Immutable, Alias("account-credentials")]
public sealed record AccountCredentials(
    [property: Id(0)] bool Exists,
    [property: Id(1)] bool IsEnabled,
    [property: Id(2)] ImmutableArray<ScramCredentials> Scram,
    [property: Id(3)] bool MayHaveMail = false);
