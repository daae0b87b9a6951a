using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Krewe.Contracts.Hosts;
using Krewe.Tests.Support;

namespace Krewe.Tests.Unit.Hosts;

/// <summary>Contract §3: who may show to be whom. What belongs together, and keys that are refused when they are saved rather than when somebody logs in.</summary>
public sealed class AuthenticationKeysTests
{
    private const string Domain = "verona.localhost";

    private static readonly RSA Rsa = RSA.Create(2048);
    private static readonly ECDsa P256 = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    /// <summary>JSON of a key that is taken.</summary>
    internal static string GoodPem { get; } = JsonValue.Create(Rsa.ExportSubjectPublicKeyInfoPem()).ToJsonString();

    public static TheoryData<string, string> Combinations => new()
    {
        { """{ "authentication": "http" }""", "$.http_auth_url" },
        { """{ "authentication": ["internal_hashed", "http"], "http_auth_method": "POST" }""", "$.http_auth_url" },
        { """{ "authentication": "http", "http_auth_url": "nowhere" }""", "$.http_auth_url" },
        { """{ "authentication": "http", "http_auth_url": "http://a.example/" }""", "" },
        { """{ "http_auth_url": "http://a.example/", "jwt_issuer": "x" }""", "" },
        { """{ "authentication": "jwt" }""", "$.jwt_keys" },
        { """{ "authentication": ["anonymous", "jwt"], "jwt_audience": "x" }""", "$.jwt_keys" },
        { """{ "authentication": "jwt", "jwt_keys": [] }""", "$.jwt_keys" },
        { """{ "authentication": "jwt", "jwt_secret": "short" }""", "$.jwt_secret" },
        { """{ "authentication": "jwt", "jwt_secret": ["short"] }""", "$.jwt_secret[0]" },
        { $$"""{ "authentication": "jwt", "jwt_secret": "{{Tokens.Secret}}" }""", "" },
        { """{ "authentication": "jwt", "jwt_keys_file": "verona.json" }""", "" },
        { $$"""{ "authentication": "jwt", "jwt_keys": {{GoodPem}} }""", "" },
        { $$"""{ "jwt_keys": {{GoodPem}}, "jwt_secret": "{{Tokens.Secret}}" }""", "$.jwt_secret" },
        { $$"""{ "jwt_secret": "{{Tokens.Secret}}", "jwt_keys_file": "a" }""", "$.jwt_secret" },
        { $$"""{ "jwt_keys_file": "a", "jwt_keys": {{GoodPem}} }""", "$.jwt_keys_file" },
    };

    [Theory]
    [MemberData(nameof(Combinations))]
    public void Keys_ThatNeedOrExcludeEachOther_AreToldByPath(string json, string paths) =>
        Assert.Equal(paths, string.Join(' ', HostDocumentReader.Read(Domain, 1, json).Problems.Select(problem => problem.Path)));

    [Fact]
    public void Document_WithAllOfIt_ComesToSettings()
    {
        var settings = Read($$"""
            { "authentication": ["jwt", "http", "internal_hashed", "anonymous"], "http_auth_url": "http://a.example/auth", "http_auth_credentials": "krewe:pw", "http_auth_method": "POST",
              "http_auth_timeout": 2, "jwt_secret": ["{{Tokens.Secret}}", "next {{Tokens.Secret}}"], "jwt_issuer": "me", "jwt_audience": ["a", "b"], "jwt_user_claim": "name", "jwt_clock_skew": 5,
              "limits": { "anonymous_sessions": 7, "anonymous_sessions_per_address": 2 } }
            """);

        Assert.Equal<HostAuthentication>([HostAuthentication.Jwt, HostAuthentication.Http, HostAuthentication.InternalHashed, HostAuthentication.Anonymous], settings.Authentication);
        Assert.Equal(new HttpAuthSettings { Url = "http://a.example/auth", Credentials = "krewe:pw", IsPost = true, Timeout = TimeSpan.FromSeconds(2) }, settings.HttpAuth);
        Assert.Equal(("me", "name", TimeSpan.FromSeconds(5), 2), (settings.Jwt!.Issuer, settings.Jwt.UserClaim, settings.Jwt.ClockSkew, settings.Jwt.Secrets.Length));
        Assert.Equal<string>(["a", "b"], settings.Jwt.Audiences);
        Assert.Equal((7, 2), (settings.Limits.AnonymousSessions, settings.Limits.AnonymousSessionsPerAddress));
        Assert.DoesNotContain("pw", $"{settings.HttpAuth} {settings.Jwt} {settings}", StringComparison.Ordinal);
    }

    [Fact]
    public void Secrets_AreShownAsMarkers_AndKept()
    {
        var stored = $$"""{ "authentication": "jwt", "jwt_secret": "{{Tokens.Secret}}", "http_auth_credentials": "krewe:pw" }""";
        var shown = HostSecrets.Redact(Domain, stored).ToJsonString();
        Assert.Equal("""{"authentication":"jwt","jwt_secret":{"secret":"set"},"http_auth_credentials":{"secret":"set"}}""", shown);
        var merged = HostDocumentMerge.Merge(Domain, 2, shown, stored, isProvider: false);
        Assert.Equal("krewe:pw", (string?)JsonNode.Parse(merged.Json!)!["http_auth_credentials"]);
        Assert.False(merged.Settings!.Jwt!.Secrets.IsEmpty);
    }

    [Fact]
    public void KeysFile_IsTheProvidersToName()
    {
        const string json = """{ "authentication": "jwt", "jwt_keys_file": "verona.json" }""";
        Assert.Equal("$.jwt_keys_file", Assert.Single(HostDocumentMerge.Merge(Domain, 2, json, "{}", isProvider: false).Touched).Path);
        Assert.Empty(HostDocumentMerge.Merge(Domain, 2, json, "{}", isProvider: true).Touched);
    }

    [Fact]
    public void PublicKeys_InEveryForm_AreTaken()
    {
        using var p384 = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        using var p521 = ECDsa.Create(ECCurve.NamedCurves.nistP521);
        var pem = Rsa.ExportSubjectPublicKeyInfoPem();
        Assert.Equal(["RS256 RS384 RS512 PS256 PS384 PS512"], Algorithms(pem));
        Assert.Equal(["RS256 RS384 RS512 PS256 PS384 PS512"], Algorithms(Rsa.ExportRSAPublicKeyPem()));
        Assert.Equal(["ES256"], Algorithms(P256.ExportSubjectPublicKeyInfoPem()));
        Assert.Equal(["RS256 RS384 RS512 PS256 PS384 PS512", "ES256"], Algorithms($"{pem}\r\n\n{P256.ExportSubjectPublicKeyInfoPem()}\n"));
        Assert.Equal(["ES384", "ES512"], Algorithms(new JsonArray(p384.ExportSubjectPublicKeyInfoPem(), p521.ExportSubjectPublicKeyInfoPem())));
        Assert.Equal(["RS256 RS384 RS512 PS256 PS384 PS512", "ES256", "ES512"], Algorithms(Tokens.Jwks(Tokens.Jwk(Rsa), Tokens.Jwk(P256, "k"), Tokens.Jwk(p521))));
    }

    [Fact]
    public void KeysForSomethingElse_InAJwks_AreLeftOut()
    {
        var encryption = With(Tokens.Jwk(Rsa), "use", "enc");
        var foreign = new JsonObject { ["kty"] = "OKP", ["crv"] = "Ed25519", ["x"] = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" };
        var otherCurve = With(Tokens.Jwk(P256), "crv", "secp256k1");
        var otherAlgorithm = With(Tokens.Jwk(Rsa), "alg", "RSA-OAEP");
        var confused = With(Tokens.Jwk(Rsa), "alg", "HS256");
        Assert.Equal(
            ["PS256", "ES256"],
            Algorithms(Tokens.Jwks(encryption, foreign, otherCurve, otherAlgorithm, confused, With(Tokens.Jwk(Rsa), "alg", "PS256"), With(Tokens.Jwk(P256), "use", "sig"))));
        Assert.Equal("$.jwt_keys.keys", Problem(Tokens.Jwks(encryption.DeepClone(), confused.DeepClone())).Path);
    }

    [Fact]
    public void WeakKeys_AreRefused()
    {
        using var small = RSA.Create(1024);
        using var oddCurve = ECDsa.Create(ECCurve.NamedCurves.brainpoolP256r1);
        Assert.Contains("2048", Problem(small.ExportSubjectPublicKeyInfoPem()).Message, StringComparison.Ordinal);
        Assert.Equal("$.jwt_keys.keys[1]", Problem(Tokens.Jwks(Tokens.Jwk(Rsa), Tokens.Jwk(small))).Path);
        Assert.Contains("P-256", Problem(oddCurve.ExportSubjectPublicKeyInfoPem()).Message, StringComparison.Ordinal);
        Assert.Contains("exponent", Problem(Tokens.Jwks(With(Tokens.Jwk(Rsa), "e", "Aw"))).Message, StringComparison.Ordinal);
        Assert.Contains("exponent", Problem(Tokens.Jwks(With(Tokens.Jwk(Rsa), "e", "AQAAAAE"))).Message, StringComparison.Ordinal);
        var offCurve = Tokens.Jwk(P256);
        offCurve["y"] = (string)offCurve["x"]!;
        Assert.Equal("$.jwt_keys.keys[0]", Problem(Tokens.Jwks(offCurve)).Path);
    }

    [Fact]
    public void Ed25519Key_WhichCannotBeUsedHere_IsRefused() => Assert.Contains(
        "P-256", Problem("-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----").Message, StringComparison.Ordinal);

    [Fact]
    public void PrivateKeysAndSharedSecrets_AreRefused_WithoutBeingQuoted()
    {
        var parameters = P256.ExportParameters(includePrivateParameters: true);
        var secret = System.Buffers.Text.Base64Url.EncodeToString(parameters.D);
        JsonNode[] documents =
        [
            Rsa.ExportPkcs8PrivateKeyPem(), Rsa.ExportRSAPrivateKeyPem(), P256.ExportECPrivateKeyPem(), Rsa.ExportSubjectPublicKeyInfoPem() + "\n" + P256.ExportPkcs8PrivateKeyPem(),
            Tokens.Jwks(With(Tokens.Jwk(P256), "d", secret)), Tokens.Jwks(new JsonObject { ["kty"] = "oct", ["k"] = secret }), Tokens.Jwks(With(Tokens.Jwk(Rsa), "k", secret)),
        ];
        foreach (var document in documents)
        {
            var problem = Problem(document);
            Assert.Contains("public key", problem.Message, StringComparison.Ordinal);
            Assert.DoesNotContain(secret[..8], problem.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----")]
    [InlineData("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----")]
    [InlineData("-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----")]
    [InlineData("-----BEGIN RSA PUBLIC KEY-----\nAAAA\n-----END RSA PUBLIC KEY-----")]
    [InlineData("-----BEGIN PUBLIC KEY-----")]
    public void Pem_OfSomethingElse_IsRefused(string pem) => Assert.Equal("$.jwt_keys", Problem(pem).Path);

    [Theory]
    [InlineData("n")]
    [InlineData("e")]
    [InlineData("x")]
    [InlineData("y")]
    public void Jwk_WithoutOctets_IsRefused(string member) =>
        Assert.Equal("$.jwt_keys.keys[0]", Problem(Tokens.Jwks(With(member is "n" or "e" ? Tokens.Jwk(Rsa) : Tokens.Jwk(P256), member, ""))).Path);

    [Fact]
    public void Pem_WithTextAroundIt_IsRefused() => Assert.Equal("$.jwt_keys", Problem($"{Rsa.ExportSubjectPublicKeyInfoPem()} and so on").Path);

    [Fact]
    public void TooManyKeys_AreRefused()
    {
        var keys = Enumerable.Range(0, JwtKeySet.KeysMax + 1).Select(_ => (JsonNode)Tokens.Jwk(P256)).ToArray();
        Assert.Equal("$.jwt_keys.keys", Problem(Tokens.Jwks(keys)).Path);
        var pem = string.Join('\n', keys.Select(_ => P256.ExportSubjectPublicKeyInfoPem()));
        Assert.Equal("$.jwt_keys", Problem(pem).Path);
        Assert.Equal("$.jwt_keys", Problem(new JsonArray(pem[..(pem.Length / 2)].Trim(), P256.ExportSubjectPublicKeyInfoPem())).Path[..10]);
    }

    [Fact]
    public void KeySet_ThatIsNoDocumentOfGoodKeys_IsNone()
    {
        Assert.NotNull(JwtKeySet.TryParse(Tokens.Jwks(Tokens.Jwk(P256)).ToJsonString()));
        Assert.All((string[])["", "[]", "{}", "\"x\"", GoodPem, """{"keys":[{"kty":"oct","k":"AAAA"}]}"""], json => Assert.Null(JwtKeySet.TryParse(json)));
    }

    [Fact]
    public void Certificate_IsNoKey()
    {
        var request = new CertificateRequest("CN=x", P256, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(1));
        Assert.Contains("PUBLIC KEY", Problem(certificate.ExportCertificatePem()).Message, StringComparison.Ordinal);
    }

    private static JsonObject With(JsonObject jwk, string name, string value)
    {
        jwk[name] = value;
        return jwk;
    }

    private static string[] Algorithms(JsonNode keys) =>
        [.. Read(new JsonObject { ["jwt_keys"] = keys }.ToJsonString()).Jwt!.Keys!.Keys.Select(key => string.Join(' ', key.Algorithms))];

    private static DocumentProblem Problem(JsonNode keys) => Assert.Single(HostDocumentReader.Read(Domain, 1, new JsonObject { ["jwt_keys"] = keys }.ToJsonString()).Problems);

    private static HostSettings Read(string json)
    {
        var reading = HostDocumentReader.Read(Domain, 1, json);
        Assert.Empty(reading.Problems);
        return reading.Settings!;
    }
}
