using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;

namespace Krewe.Contracts.Hosts;

/// <summary>A public key that tokens may be signed for.</summary>
/// <param name="Algorithms">The algorithms (RFC 7518 §3.1) that this key may be used with: never one of another kind of key.</param>
/// <param name="KeyId">The <c>kid</c> that tokens name it by; null for a key without a name.</param>
/// <param name="SubjectPublicKeyInfo">The key itself (RFC 5280 §4.1.2.7).</param>
public sealed record JwtPublicKey(ImmutableArray<string> Algorithms, string? KeyId, ReadOnlyMemory<byte> SubjectPublicKeyInfo)
{
    public static readonly ImmutableArray<string> RsaAlgorithms = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"];

    public bool IsRsa => Algorithms.Any(static algorithm => algorithm[0] is 'R' or 'P');
}

/// <summary>The public keys of a host's tokens, as they stood in its document or in a file, and as they were read.</summary>
public sealed class JwtKeySet
{
    /// <summary>Whoever rotates keys has two or three.</summary>
    public const int KeysMax = 32;

    /// <summary>The largest file of keys.</summary>
    public const int JsonBytesMax = 256 * 1024;

    internal JwtKeySet(ImmutableArray<JwtPublicKey> keys, string json) => (Keys, Json) = (keys, json);

    public ImmutableArray<JwtPublicKey> Keys { get; }

    /// <summary>As a document has it.</summary>
    internal string Json { get; }

    /// <summary>Reads a JWKS document (RFC 7517 §5); null when it is none, or holds a key that must not be used.</summary>
    public static JwtKeySet? TryParse(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, HostDocumentReader.JsonOptions);
            return document.RootElement.ValueKind == JsonValueKind.Object
                && new JwtKeysSetting().TryRead(document.RootElement, JsonPaths.Root, new DocumentProblems(), out var keys) ? keys : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>RFC 7518 §3.3, §3.5: 2048 bits at least. Larger keys, and exponents, than anybody makes would only be work for the verifier.</summary>
    internal static string? Weakness(RSA rsa)
    {
        const int bitsMin = 2048;
        const int bitsMax = 8192;
        const int exponentBytesMax = 4;
        const uint exponentMin = 65_537;
        var exponent = rsa.ExportParameters(includePrivateParameters: false).Exponent.AsSpan().TrimStart((byte)0);
        var value = 0u;
        foreach (var octet in exponent.Length > exponentBytesMax ? default : exponent)
        {
            value = (value << 8) | octet;
        }

        return rsa.KeySize is < bitsMin or > bitsMax ? $"must be an RSA key of {bitsMin} to {bitsMax} bits"
            : value < exponentMin || value % 2 == 0 ? $"must be an RSA key with an odd exponent from {exponentMin} to {uint.MaxValue}"
            : null;
    }

    /// <summary>The one algorithm of a curve (RFC 7518 §3.4); null for curves that have none.</summary>
    internal static string? AlgorithmOf(ECParameters key) => (key.Curve.Oid.Value ?? "", key.Curve.Oid.FriendlyName ?? "") switch
    {
        ("1.2.840.10045.3.1.7", _) or (_, "nistP256" or "ECDSA_P256") => "ES256",
        ("1.3.132.0.34", _) or (_, "nistP384" or "ECDSA_P384") => "ES384",
        ("1.3.132.0.35", _) or (_, "nistP521" or "ECDSA_P521") => "ES512",
        _ => null,
    };
}
