using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Krewe.Contracts.Hosts;

/// <summary>
/// Public keys: one or more in PEM (RFC 7468 §13), or a JWKS document (RFC 7517 §5). Keys that are too weak, that this service cannot use, or that are
/// not for everybody's eyes, are refused, and never shown in what is said about them.
/// </summary>
internal sealed class JwtKeysSetting : SettingType<JwtKeySet>
{
    private const int PemCharactersMax = 65_536;

    private const string PublicKey = "PUBLIC KEY";

    private const string RsaPublicKey = "RSA PUBLIC KEY";

    internal override JsonObject Schema()
    {
        var pem = new JsonObject { ["type"] = "string", ["pattern"] = "-----BEGIN (RSA )?PUBLIC KEY-----", ["maxLength"] = PemCharactersMax };
        return new()
        {
            ["anyOf"] = new JsonArray(
                pem,
                new JsonObject { ["type"] = "array", ["items"] = pem.DeepClone(), ["minItems"] = 1, ["maxItems"] = JwtKeySet.KeysMax },
                new JsonObject
                {
                    ["type"] = "object",
                    ["properties"] = new JsonObject
                    {
                        ["keys"] = new JsonObject { ["type"] = "array", ["items"] = new JsonObject { ["type"] = "object" }, ["minItems"] = 1, ["maxItems"] = JwtKeySet.KeysMax },
                    },
                    ["required"] = new JsonArray("keys"),
                }),
        };
    }

    internal override bool TryRead(JsonElement value, string path, DocumentProblems problems, [MaybeNullWhen(false)] out JwtKeySet result)
    {
        var keys = new List<JwtPublicKey>();
        var isGood = value.ValueKind switch
        {
            JsonValueKind.String => TryReadPem(value.GetString()!, path, problems, keys),
            JsonValueKind.Array => TryReadList(value, path, problems, keys),
            JsonValueKind.Object => TryReadSet(value, path, problems, keys),
            _ => problems.Add(path, "must be a public key in PEM, a list of them, or a JWKS document"),
        };
        result = isGood ? new JwtKeySet([.. keys], value.GetRawText()) : null;
        return isGood;
    }

    private static bool TryReadList(JsonElement list, string path, DocumentProblems problems, List<JwtPublicKey> keys)
    {
        if (list.GetArrayLength() is 0 or > JwtKeySet.KeysMax)
        {
            return problems.Add(path, $"must have 1 to {JwtKeySet.KeysMax} keys");
        }

        var isGood = true;
        for (var i = 0; i < list.GetArrayLength(); i++)
        {
            var itemPath = JsonPaths.Item(path, i);
            isGood &= list[i].ValueKind == JsonValueKind.String
                ? TryReadPem(list[i].GetString()!, itemPath, problems, keys)
                : problems.Add(itemPath, "must be a public key in PEM");
        }

        return isGood && (keys.Count <= JwtKeySet.KeysMax || problems.Add(path, $"must have 1 to {JwtKeySet.KeysMax} keys"));
    }

    private static bool TryReadPem(string pem, string path, DocumentProblems problems, List<JwtPublicKey> keys)
    {
        var before = keys.Count;
        var rest = pem.Length <= PemCharactersMax ? pem.AsSpan() : default;
        while (PemEncoding.TryFind(rest, out var fields) && keys.Count - before < JwtKeySet.KeysMax)
        {
            var label = rest[fields.Label];
            if (label.Contains("PRIVATE", StringComparison.Ordinal))
            {
                return problems.Add(path, "must be a public key; the private one belongs to whoever signs, and should now be replaced");
            }

            if (!(label is PublicKey or RsaPublicKey))
            {
                return problems.Add(path, $"must be \"{PublicKey}\" in PEM");
            }

            if (!TryReadDer(Convert.FromBase64String(rest[fields.Base64Data].ToString()), label is RsaPublicKey, path, problems, keys))
            {
                return false;
            }

            rest = rest[fields.Location.End..];
        }

        return (keys.Count > before && rest.IsWhiteSpace()) || problems.Add(path, $"must be 1 to {JwtKeySet.KeysMax} public keys in PEM (RFC 7468), and nothing else");
    }

    private static bool TryReadDer(byte[] der, bool isPkcs1, string path, DocumentProblems problems, List<JwtPublicKey> keys)
    {
        try
        {
            if (isPkcs1)
            {
                using var pkcs1 = RSA.Create();
                pkcs1.ImportRSAPublicKey(der, out _);
                return TryAdd(pkcs1, null, null, path, problems, keys);
            }

            var key = System.Security.Cryptography.X509Certificates.PublicKey.CreateFromSubjectPublicKeyInfo(der, out _);
            using var rsa = key.GetRSAPublicKey();
            using var ec = rsa is null ? key.GetECDsaPublicKey() : null;
            return rsa is not null ? TryAdd(rsa, null, null, path, problems, keys)
                : ec is not null ? TryAdd(ec, null, null, path, problems, keys)
                : problems.Add(path, Unusable);
        }
        catch (CryptographicException)
        {
            return problems.Add(path, Unusable);
        }
    }

    private const string Unusable = "must be an RSA key, or an EC key of P-256, P-384 or P-521";

    private static bool TryReadSet(JsonElement set, string path, DocumentProblems problems, List<JwtPublicKey> keys)
    {
        var listPath = JsonPaths.Member(path, "keys");
        if (!set.TryGetProperty("keys", out var list) || list.ValueKind != JsonValueKind.Array || list.GetArrayLength() is 0 or > JwtKeySet.KeysMax)
        {
            return problems.Add(listPath, $"must be a list of 1 to {JwtKeySet.KeysMax} keys (RFC 7517 §5)");
        }

        var isGood = true;
        for (var i = 0; i < list.GetArrayLength(); i++)
        {
            isGood &= TryReadJwk(list[i], JsonPaths.Item(listPath, i), problems, keys);
        }

        return isGood && (keys.Count > 0 || problems.Add(listPath, "has no key that signatures can be verified with"));
    }

    /// <summary>RFC 7517 §5: keys that are for something else, or of a kind that is not known, are left out.</summary>
    private static bool TryReadJwk(JsonElement jwk, string path, DocumentProblems problems, List<JwtPublicKey> keys)
    {
        if (jwk.ValueKind != JsonValueKind.Object || Text(jwk, "kty") is not { } type)
        {
            return problems.Add(path, "must be a key (RFC 7517 §4)");
        }

        if (type == "oct" || jwk.TryGetProperty("d", out _) || jwk.TryGetProperty("p", out _) || jwk.TryGetProperty("k", out _))
        {
            return problems.Add(path, "must be a public key; a secret that both sides share belongs into \"jwt_secret\"");
        }

        if (Text(jwk, "use") is { } use && use != "sig")
        {
            return true;
        }

        try
        {
            return type switch
            {
                "RSA" => TryReadRsa(jwk, path, problems, keys),
                "EC" => TryReadEc(jwk, path, problems, keys),
                _ => true,
            };
        }
        catch (Exception e) when (e is CryptographicException or FormatException or PlatformNotSupportedException)
        {
            return problems.Add(path, Unusable);
        }
    }

    private static bool TryReadRsa(JsonElement jwk, string path, DocumentProblems problems, List<JwtPublicKey> keys)
    {
        using var rsa = RSA.Create(new RSAParameters { Modulus = Octets(jwk, "n"), Exponent = Octets(jwk, "e") });
        return TryAdd(rsa, Text(jwk, "kid"), Text(jwk, "alg"), path, problems, keys);
    }

    private static bool TryReadEc(JsonElement jwk, string path, DocumentProblems problems, List<JwtPublicKey> keys)
    {
        ECCurve? curve = Text(jwk, "crv") switch
        {
            "P-256" => ECCurve.NamedCurves.nistP256,
            "P-384" => ECCurve.NamedCurves.nistP384,
            "P-521" => ECCurve.NamedCurves.nistP521,
            _ => null,
        };
        if (curve is not { } known)
        {
            // Such as secp256k1, which others may use.
            return true;
        }

        using var ec = ECDsa.Create(new ECParameters { Curve = known, Q = new ECPoint { X = Octets(jwk, "x"), Y = Octets(jwk, "y") } });
        return TryAdd(ec, Text(jwk, "kid"), Text(jwk, "alg"), path, problems, keys);
    }

    private static bool TryAdd(RSA rsa, string? keyId, string? algorithm, string path, DocumentProblems problems, List<JwtPublicKey> keys)
    {
        if (JwtKeySet.Weakness(rsa) is { } weakness)
        {
            return problems.Add(path, weakness);
        }

        Add(JwtPublicKey.RsaAlgorithms, keyId, algorithm, rsa.ExportSubjectPublicKeyInfo(), keys);
        return true;
    }

    private static bool TryAdd(ECDsa ec, string? keyId, string? algorithm, string path, DocumentProblems problems, List<JwtPublicKey> keys)
    {
        if (JwtKeySet.AlgorithmOf(ec.ExportParameters(includePrivateParameters: false)) is not { } own)
        {
            return problems.Add(path, Unusable);
        }

        Add([own], keyId, algorithm, ec.ExportSubjectPublicKeyInfo(), keys);
        return true;
    }

    /// <param name="algorithm">The only one that the key is meant for (RFC 7517 §4.4); null for any that it can do.</param>
    private static void Add(ImmutableArray<string> algorithms, string? keyId, string? algorithm, byte[] key, List<JwtPublicKey> keys)
    {
        if (algorithm is null || algorithms.Contains(algorithm))
        {
            keys.Add(new JwtPublicKey(algorithm is null ? algorithms : [algorithm], keyId, key));
        }
    }

    private static string? Text(JsonElement jwk, string name) =>
        jwk.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static byte[] Octets(JsonElement jwk, string name) =>
        System.Buffers.Text.Base64Url.DecodeFromChars(Text(jwk, name)) is { Length: > 0 } octets ? octets : throw new FormatException(name);
}
