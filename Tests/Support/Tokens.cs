using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Krewe.Tests.Support;

/// <summary>Makes JSON Web Tokens (RFC 7519) by hand, right ones and wrong ones.</summary>
internal static class Tokens
{
    /// <summary>Long enough for every HMAC.</summary>
    public const string Secret = "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ !?";

    public static JsonObject Payload(string user, DateTimeOffset? expires = null) =>
        new() { ["sub"] = user, ["exp"] = (expires ?? DateTimeOffset.UtcNow.AddHours(1)).ToUnixTimeSeconds() };

    public static string Hmac(JsonObject payload, string algorithm = "HS256", byte[]? key = null, JsonObject? header = null)
    {
        key ??= Encoding.UTF8.GetBytes(Secret);
        return Sign(payload, Header(algorithm, header), input => CryptographicOperations.HmacData(HashOf(algorithm), key, input));
    }

    public static string Rsa(JsonObject payload, RSA key, string algorithm = "RS256", JsonObject? header = null) => Sign(payload, Header(algorithm, header), input =>
        key.SignData(input, HashOf(algorithm), algorithm[0] == 'P' ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1));

    public static string Ec(JsonObject payload, ECDsa key, string algorithm = "ES256", JsonObject? header = null) =>
        Sign(payload, Header(algorithm, header), input => key.SignData(input, HashOf(algorithm)));

    /// <summary>With any header and any signature.</summary>
    public static string Sign(JsonObject payload, JsonObject header, Func<byte[], byte[]> sign)
    {
        var input = $"{Encode(header)}.{Encode(payload)}";
        return $"{input}.{Base64Url.EncodeToString(sign(Encoding.ASCII.GetBytes(input)))}";
    }

    public static JsonObject Header(string algorithm, JsonObject? with = null)
    {
        var header = new JsonObject { ["alg"] = algorithm, ["typ"] = "JWT" };
        foreach (var (name, value) in with ?? [])
        {
            header[name] = value?.DeepClone();
        }

        return header;
    }

    /// <summary>A public key as JWKS has it (RFC 7518 §6).</summary>
    public static JsonObject Jwk(RSA key, string? keyId = null)
    {
        var parameters = key.ExportParameters(includePrivateParameters: false);
        return Named(new JsonObject { ["kty"] = "RSA", ["n"] = Base64Url.EncodeToString(parameters.Modulus), ["e"] = Base64Url.EncodeToString(parameters.Exponent) }, keyId);
    }

    public static JsonObject Jwk(ECDsa key, string? keyId = null)
    {
        var point = key.ExportParameters(includePrivateParameters: false).Q;
        return Named(
            new JsonObject { ["kty"] = "EC", ["crv"] = $"P-{key.KeySize}", ["x"] = Base64Url.EncodeToString(point.X), ["y"] = Base64Url.EncodeToString(point.Y) }, keyId);
    }

    public static JsonObject Jwks(params JsonNode[] keys) => new() { ["keys"] = new JsonArray(keys) };

    private static JsonObject Named(JsonObject jwk, string? keyId)
    {
        if (keyId is not null)
        {
            jwk["kid"] = keyId;
        }

        return jwk;
    }

    private static string Encode(JsonObject json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json.ToJsonString()));

    private static HashAlgorithmName HashOf(string algorithm) => new($"SHA{algorithm[2..]}");
}
