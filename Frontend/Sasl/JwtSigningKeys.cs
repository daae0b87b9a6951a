using System.Collections.Immutable;
using System.Security.Cryptography;
using Krewe.Contracts.Hosts;
using Microsoft.IdentityModel.Tokens;

namespace Krewe.Frontend.Sasl;

/// <summary>
/// The keys of one host's tokens, each with the algorithms that it may be used with. A key and an algorithm that do not belong together are never tried: a public key is
/// nobody's HMAC secret, and <c>none</c> belongs to no key (RFC 8725 §2.1).
/// </summary>
internal sealed class JwtSigningKeys
{
    /// <summary>RFC 7518 §3.2: the key is at least as long as the hash.</summary>
    private static readonly ImmutableArray<(string Algorithm, int BytesMin)> HmacAlgorithms = [("HS256", 32), ("HS384", 48), ("HS512", 64)];

    private readonly ImmutableArray<(SecurityKey Key, string? KeyId, ImmutableArray<string> Algorithms)> _keys;

    private JwtSigningKeys(ImmutableArray<(SecurityKey Key, string? KeyId, ImmutableArray<string> Algorithms)> keys) => _keys = keys;

    public static JwtSigningKeys Of(JwtKeySet keys) => new([.. keys.Keys.Select(static key => (Made(key), key.KeyId, key.Algorithms))]);

    public static JwtSigningKeys Of(ImmutableArray<ReadOnlyMemory<byte>> secrets) => new(
    [
        .. secrets.Select(static secret => (
            (SecurityKey)new SymmetricSecurityKey(secret.ToArray()), (string?)null, HmacAlgorithms.Where(hmac => secret.Length >= hmac.BytesMin).Select(hmac => hmac.Algorithm).ToImmutableArray())),
    ]);

    /// <summary>The keys that a token may have been signed with. One that names its key (RFC 7515 §4.1.4) is tried with that, or with keys that have no name.</summary>
    public IEnumerable<SecurityKey> For(string algorithm, string? keyId)
    {
        var isNamed = !string.IsNullOrEmpty(keyId) && _keys.Any(key => key.KeyId == keyId);
        return _keys.Where(key => key.Algorithms.Contains(algorithm) && (string.IsNullOrEmpty(keyId) || (isNamed ? key.KeyId == keyId : key.KeyId is null))).Select(key => key.Key);
    }

    public bool May(string algorithm, SecurityKey key) => _keys.Any(known => ReferenceEquals(known.Key, key) && known.Algorithms.Contains(algorithm));

    private static SecurityKey Made(JwtPublicKey key)
    {
        if (key.IsRsa)
        {
            using var rsa = RSA.Create();
            rsa.ImportSubjectPublicKeyInfo(key.SubjectPublicKeyInfo.Span, out _);
            return new RsaSecurityKey(rsa.ExportParameters(includePrivateParameters: false));
        }

        var ec = ECDsa.Create();
        ec.ImportSubjectPublicKeyInfo(key.SubjectPublicKeyInfo.Span, out _);
        return new ECDsaSecurityKey(ec);
    }
}
