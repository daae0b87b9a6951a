using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Krewe.Contracts.Hosting;
using Krewe.Contracts.Hosts;
using Krewe.Frontend.Sasl;
using Krewe.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Krewe.Tests.Unit.Sasl;

/// <summary>RFC 7519 §7.2 and RFC 8725: which tokens count.</summary>
public sealed class JwtVerifierTests : IDisposable
{
    private static readonly RSA Rsa = RSA.Create(2048);
    private static readonly RSA OtherRsa = RSA.Create(2048);
    private static readonly ECDsa P256 = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private static readonly ECDsa P384 = ECDsa.Create(ECCurve.NamedCurves.nistP384);
    private static readonly ECDsa P521 = ECDsa.Create(ECCurve.NamedCurves.nistP521);

    private static readonly JwtSettings Shared = new() { Secrets = [Encoding.UTF8.GetBytes(Tokens.Secret)] };

    private readonly string _data = Directory.CreateTempSubdirectory("krewe-test-").FullName;
    private readonly FakeTimeProvider _time = new();
    private readonly JwtVerifier _verifier;

    public JwtVerifierTests() =>
        _verifier = new(new JwtKeyFiles(new KreweOptions { Data = _data, AdminToken = "" }, _time, NullLogger<JwtKeyFiles>.Instance), _time);

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Theory]
    [InlineData("HS256")]
    [InlineData("HS384")]
    [InlineData("HS512")]
    public async Task Token_SignedWithTheSecret_IsItsUsers(string algorithm) =>
        Assert.Equal(new(JwtOutcome.Valid, "romeo"), await VerifyAsync(Shared, Tokens.Hmac(Payload(), algorithm)));

    [Theory]
    [InlineData("RS256")]
    [InlineData("RS384")]
    [InlineData("RS512")]
    [InlineData("PS256")]
    [InlineData("PS384")]
    [InlineData("PS512")]
    public async Task Token_SignedForAnRsaKey_IsItsUsers(string algorithm)
    {
        Assert.Equal(new(JwtOutcome.Valid, "romeo"), await VerifyAsync(Keys(Tokens.Jwk(Rsa)), Tokens.Rsa(Payload(), Rsa, algorithm)));
        Assert.Equal(JwtOutcome.Invalid, (await VerifyAsync(Keys(Tokens.Jwk(OtherRsa)), Tokens.Rsa(Payload(), Rsa, algorithm))).Outcome);
    }

    [Fact]
    public async Task Token_SignedForAnEcKey_IsItsUsers()
    {
        foreach (var (key, algorithm) in new[] { (P256, "ES256"), (P384, "ES384"), (P521, "ES512") })
        {
            Assert.Equal(new(JwtOutcome.Valid, "romeo"), await VerifyAsync(Keys(Tokens.Jwk(key)), Tokens.Ec(Payload(), key, algorithm)));
        }
    }

    /// <summary>Where a login comes in, other tenants' stanzas do too; a host may have 32 keys, each half a millisecond to try.</summary>
    [Fact]
    public async Task Token_IsNotVerifiedOnTheThreadThatServesStreams()
    {
        var time = new ThreadNotingTime();
        var verifier = new JwtVerifier(new JwtKeyFiles(new KreweOptions { Data = _data, AdminToken = "" }, time, NullLogger<JwtKeyFiles>.Instance), time);
        var token = Tokens.Rsa(Payload(), Rsa);
        var verdict = new TaskCompletionSource<Task<JwtVerdict>>();
        var thread = new Thread(() => verdict.SetResult(verifier.VerifyAsync("h.example", Keys(Tokens.Jwk(Rsa)), token).AsTask())) { IsBackground = true };
        thread.Start();

        await (await verdict.Task).WaitAsync(Timeouts.Test);

        Assert.NotEmpty(time.IsOfPool);
        Assert.All(time.IsOfPool, Assert.True);
    }

    /// <summary>RFC 8725 §2.1: what a verifier lets through that believes the token's header.</summary>
    [Fact]
    public async Task Algorithm_OfAnotherKindOfKey_IsNeverTried()
    {
        var keys = Keys(Tokens.Jwk(Rsa), Tokens.Jwk(P256));
        var spki = Rsa.ExportSubjectPublicKeyInfo();
        byte[][] publicForms =
        [
            spki, Encoding.ASCII.GetBytes(Rsa.ExportSubjectPublicKeyInfoPem()), Encoding.ASCII.GetBytes(Rsa.ExportSubjectPublicKeyInfoPem() + "\n"), Rsa.ExportRSAPublicKey(),
            Rsa.ExportParameters(false).Modulus!, P256.ExportSubjectPublicKeyInfo(), [],
        ];
        foreach (var form in publicForms)
        {
            Assert.Equal(JwtOutcome.Invalid, (await VerifyAsync(keys, Tokens.Hmac(Payload(), "HS256", form))).Outcome);
        }

        Assert.Equal(JwtOutcome.Invalid, (await VerifyAsync(Shared, Tokens.Rsa(Payload(), Rsa))).Outcome);
        Assert.Equal(JwtOutcome.Invalid, (await VerifyAsync(keys, Tokens.Ec(Payload(), P256, "ES256", new JsonObject { ["alg"] = "RS256" }))).Outcome);

        // The curve's own algorithm is the only one that it has.
        Assert.Equal(JwtOutcome.Invalid, (await VerifyAsync(keys, Tokens.Ec(Payload(), P256, "ES512"))).Outcome);
    }

    [Theory]
    [InlineData("none")]
    [InlineData("None")]
    [InlineData("NONE")]
    [InlineData("")]
    [InlineData("hs256")]
    [InlineData("HS1")]
    [InlineData("http://www.w3.org/2001/04/xmldsig-more#hmac-sha256")]
    [InlineData("A256KW")]
    public async Task Algorithm_ThatIsNone_OrSpeltOtherwise_IsRefused(string algorithm)
    {
        foreach (var settings in new[] { Shared, Keys(Tokens.Jwk(Rsa)) })
        {
            var header = Tokens.Header(algorithm);
            Assert.Equal(JwtOutcome.Invalid, (await VerifyAsync(settings, Tokens.Sign(Payload(), header, _ => []))).Outcome);
            Assert.Equal(JwtOutcome.Invalid, (await VerifyAsync(settings, Tokens.Sign(Payload(), header, input => HMACSHA256.HashData(Encoding.UTF8.GetBytes(Tokens.Secret), input)))).Outcome);
        }
    }

    [Fact]
    public async Task Hmac_LongerThanTheSecret_IsRefused()
    {
        var secret = Encoding.UTF8.GetBytes(Tokens.Secret)[..47];
        var settings = new JwtSettings { Secrets = [secret] };
        Assert.Equal(JwtOutcome.Valid, (await VerifyAsync(settings, Tokens.Hmac(Payload(), "HS256", secret))).Outcome);
        Assert.Equal(JwtOutcome.Invalid, (await VerifyAsync(settings, Tokens.Hmac(Payload(), "HS384", secret))).Outcome);
        Assert.Equal(JwtOutcome.Invalid, (await VerifyAsync(settings, Tokens.Hmac(Payload(), "HS512", secret))).Outcome);
    }

    [Fact]
    public async Task EitherOfTwoSecrets_Counts()
    {
        var next = Encoding.UTF8.GetBytes($"next {Tokens.Secret}");
        var settings = Shared with { Secrets = [next, .. Shared.Secrets] };
        Assert.Equal(JwtOutcome.Valid, (await VerifyAsync(settings, Tokens.Hmac(Payload()))).Outcome);
        Assert.Equal(JwtOutcome.Valid, (await VerifyAsync(settings, Tokens.Hmac(Payload(), "HS256", next))).Outcome);
        Assert.Equal(JwtOutcome.Invalid, (await VerifyAsync(settings, Tokens.Hmac(Payload(), "HS256", [.. next, 0]))).Outcome);
    }

    [Theory]
    [InlineData("a", "a", JwtOutcome.Valid)]
    [InlineData("b", "a", JwtOutcome.Invalid)]
    [InlineData("c", "a", JwtOutcome.Invalid)]
    [InlineData(null, "a", JwtOutcome.Valid)]
    [InlineData("c", null, JwtOutcome.Valid)]
    internal async Task KeyId_ThatATokenNames_IsTheOneThatIsTried(string? named, string? of, JwtOutcome expected)
    {
        var header = named is null ? null : new JsonObject { ["kid"] = named };
        Assert.Equal(expected, (await VerifyAsync(Keys(Tokens.Jwk(Rsa, of), Tokens.Jwk(OtherRsa, "b")), Tokens.Rsa(Payload(), Rsa, "RS256", header))).Outcome);
    }

    [Fact]
    public async Task KeyWithAnAlgorithmOfItsOwn_IsUsedWithNoOther()
    {
        var jwk = Tokens.Jwk(Rsa);
        jwk["alg"] = "PS256";
        Assert.Equal(JwtOutcome.Valid, (await VerifyAsync(Keys(jwk), Tokens.Rsa(Payload(), Rsa, "PS256"))).Outcome);
        Assert.Equal(JwtOutcome.Invalid, (await VerifyAsync(Keys(jwk.DeepClone()), Tokens.Rsa(Payload(), Rsa, "RS256"))).Outcome);
    }

    /// <summary>RFC 8725 §3.10: nothing in a token is followed or believed but its claims.</summary>
    [Fact]
    public async Task KeysThatATokenBringsAlong_AreNotLookedAt()
    {
        using var own = RSA.Create(2048);
        foreach (var header in new[] { new JsonObject { ["jwk"] = Tokens.Jwk(own) }, new JsonObject { ["jku"] = "http://127.0.0.1:1/keys" }, new JsonObject { ["x5u"] = "http://127.0.0.1:1/" } })
        {
            Assert.Equal(JwtOutcome.Invalid, (await VerifyAsync(Keys(Tokens.Jwk(Rsa)), Tokens.Rsa(Payload(), own, "RS256", header))).Outcome);
        }
    }

    [Fact]
    public async Task CriticalHeader_IsRefused()
    {
        Assert.Equal(JwtOutcome.Invalid, (await VerifyAsync(Shared, Tokens.Hmac(Payload(), header: new JsonObject { ["crit"] = new JsonArray("b64"), ["b64"] = true }))).Outcome);
        Assert.Equal(JwtOutcome.Valid, (await VerifyAsync(Shared, Tokens.Hmac(Payload(), header: new JsonObject { ["b64"] = true }))).Outcome);
    }

    [Theory]
    [InlineData(-61, JwtOutcome.Expired)]
    [InlineData(-60, JwtOutcome.Expired)]
    [InlineData(-59, JwtOutcome.Valid)]
    [InlineData(3600, JwtOutcome.Valid)]
    internal async Task Expiry_IsJudgedWithTheSkew(int seconds, JwtOutcome expected) =>
        Assert.Equal(expected, (await VerifyAsync(Shared, Tokens.Hmac(Payload(seconds)))).Outcome);

    [Theory]
    [InlineData(61, JwtOutcome.Invalid)]
    [InlineData(60, JwtOutcome.Valid)]
    [InlineData(-3600, JwtOutcome.Valid)]
    internal async Task NotBefore_IsJudgedWithTheSkew(int seconds, JwtOutcome expected)
    {
        var payload = Payload();
        payload["nbf"] = _time.GetUtcNow().AddSeconds(seconds).ToUnixTimeSeconds();
        Assert.Equal(expected, (await VerifyAsync(Shared, Tokens.Hmac(payload))).Outcome);
    }

    [Fact]
    public async Task Token_WithoutAnEnd_IsRefused()
    {
        var payload = Payload();
        payload.Remove("exp");
        Assert.Equal(JwtOutcome.Invalid, (await VerifyAsync(Shared, Tokens.Hmac(payload))).Outcome);
    }

    [Theory]
    [InlineData("\"tomorrow\"")]
    [InlineData("1e300")]
    [InlineData("-1e300")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("-9223372036854775808")]
    [InlineData("99999999999999999999999999")]
    public async Task Expiry_ThatIsNoTime_IsNoAnswerButAnAnswer(string json)
    {
        var payload = Payload();
        payload["exp"] = JsonNode.Parse(json);
        var outcome = (await VerifyAsync(Shared, Tokens.Hmac(payload))).Outcome;
        Assert.True(outcome != JwtOutcome.Valid || json is "1e300" or "99999999999999999999999999", $"{json}: {outcome}");
    }

    [Fact]
    public async Task ExpiredToken_ThatWouldNotHaveCountedEither_IsInvalid()
    {
        Assert.Equal(JwtOutcome.Invalid, (await VerifyAsync(Shared, Tokens.Hmac(Payload(-3600), "HS256", new byte[32]))).Outcome);
        Assert.Equal(JwtOutcome.Invalid, (await VerifyAsync(Shared with { Audiences = ["krewe"] }, Tokens.Hmac(Payload(-3600)))).Outcome);
    }

    [Theory]
    [InlineData(null, JwtOutcome.Invalid)]
    [InlineData("\"https://id.example\"", JwtOutcome.Valid)]
    [InlineData("\"https://id.example/\"", JwtOutcome.Invalid)]
    [InlineData("[\"https://id.example\"]", JwtOutcome.Invalid)]
    internal async Task Issuer_WhereOneIsSet_MustBeTheTokens(string? issuer, JwtOutcome expected)
    {
        var payload = Payload();
        payload["iss"] = issuer is null ? null : JsonNode.Parse(issuer);
        Assert.Equal(expected, (await VerifyAsync(Shared with { Issuer = "https://id.example" }, Tokens.Hmac(payload))).Outcome);
    }

    [Theory]
    [InlineData(null, JwtOutcome.Invalid)]
    [InlineData("\"krewe\"", JwtOutcome.Valid)]
    [InlineData("[\"mail\",\"krewe\"]", JwtOutcome.Valid)]
    [InlineData("[\"chat\"]", JwtOutcome.Valid)]
    [InlineData("\"mail\"", JwtOutcome.Invalid)]
    [InlineData("\"KREWE\"", JwtOutcome.Invalid)]
    [InlineData("[]", JwtOutcome.Invalid)]
    internal async Task Audience_WhereOneIsSet_MustBeAmongTheTokens(string? audience, JwtOutcome expected)
    {
        var payload = Payload();
        payload["aud"] = audience is null ? null : JsonNode.Parse(audience);
        Assert.Equal(expected, (await VerifyAsync(Shared with { Audiences = ["krewe", "chat"] }, Tokens.Hmac(payload))).Outcome);
    }

    [Theory]
    [InlineData("preferred_username", "\"juliet\"", "juliet")]
    [InlineData("preferred_username", "42", null)]
    [InlineData("preferred_username", "[\"juliet\"]", null)]
    [InlineData("preferred_username", "\"\"", null)]
    [InlineData("email", "\"juliet\"", null)]
    public async Task UserClaim_IsTheOneThatIsSet(string claim, string value, string? user)
    {
        var payload = Payload();
        payload[claim] = JsonNode.Parse(value);
        var verdict = await VerifyAsync(Shared with { UserClaim = "preferred_username" }, Tokens.Hmac(payload));
        Assert.Equal(user is null ? new(JwtOutcome.Invalid) : new(JwtOutcome.Valid, user), verdict);
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("....")]
    [InlineData("a.b.c")]
    [InlineData("e30.e30.")]
    [InlineData("e30.e30.e30")]
    [InlineData("eyJhbGciOiJIUzI1NiJ9.bm90IGpzb24.AAAA")]
    [InlineData("eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4Q0JDLUhTMjU2In0..AAAA.AAAA.AAAA")]
    [InlineData("eyJhbGciOjd9.e30.AAAA")]
    internal async Task Text_ThatIsNoSignedToken_IsInvalid(string token) => Assert.Equal(JwtOutcome.Invalid, (await VerifyAsync(Shared, token)).Outcome);

    [Fact]
    public async Task Token_ThatWasTamperedWith_IsInvalid()
    {
        var parts = Tokens.Hmac(Payload()).Split('.');
        var other = Tokens.Hmac(Tokens.Payload("juliet", _time.GetUtcNow().AddHours(1))).Split('.');
        Assert.Equal(JwtOutcome.Invalid, (await VerifyAsync(Shared, $"{parts[0]}.{other[1]}.{parts[2]}")).Outcome);
        Assert.Equal(JwtOutcome.Invalid, (await VerifyAsync(Shared, $"{parts[0]}.{parts[1]}.")).Outcome);
        Assert.Equal(JwtOutcome.Invalid, (await VerifyAsync(Shared, $"{parts[0]}.{parts[1]}.{parts[2][..^4]}")).Outcome);
    }

    [Fact]
    public async Task KeysFile_IsReadWhenItComes_AndWhenItChanges_AndOutlivesADefect()
    {
        var settings = new JwtSettings { KeysFile = "verona.json" };
        var (old, young) = (Tokens.Rsa(Payload(), Rsa), Tokens.Rsa(Payload(), OtherRsa));
        Assert.Equal(JwtOutcome.NoKeys, (await VerifyAsync(settings, old)).Outcome);

        Directory.CreateDirectory(Path.Combine(_data, "jwks"));
        Write(Tokens.Jwks(Tokens.Jwk(Rsa)).ToJsonString());
        Assert.Equal(JwtOutcome.Valid, (await VerifyAsync(settings, old)).Outcome);

        Write(Tokens.Jwks(Tokens.Jwk(OtherRsa)).ToJsonString() + " ");
        Assert.Equal(JwtOutcome.Valid, (await VerifyAsync(settings, young)).Outcome);
        Assert.Equal(JwtOutcome.Invalid, (await VerifyAsync(settings, old)).Outcome);

        Write("not JSON at all");
        Assert.Equal(JwtOutcome.Valid, (await VerifyAsync(settings, young)).Outcome);
        File.Delete(Path.Combine(_data, "jwks", "verona.json"));
        _time.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(JwtOutcome.Valid, (await VerifyAsync(settings, young)).Outcome);

        void Write(string text)
        {
            File.WriteAllText(Path.Combine(_data, "jwks", "verona.json"), text);
            _time.Advance(TimeSpan.FromSeconds(3));
        }
    }

    private JsonObject Payload(int expiresIn = 3600) => Tokens.Payload("romeo", _time.GetUtcNow().AddSeconds(expiresIn));

    private static JwtSettings Keys(params JsonNode[] keys) => new() { Keys = JwtKeySet.TryParse(Tokens.Jwks(keys).ToJsonString())! };

    private ValueTask<JwtVerdict> VerifyAsync(JwtSettings settings, string token) => _verifier.VerifyAsync("h.example", settings, token);

    /// <summary>Notes on which threads it is asked.</summary>
    private sealed class ThreadNotingTime : TimeProvider
    {
        public ConcurrentQueue<bool> IsOfPool { get; } = new();

        public override DateTimeOffset GetUtcNow()
        {
            IsOfPool.Enqueue(Thread.CurrentThread.IsThreadPoolThread);
            return base.GetUtcNow();
        }
    }
}
