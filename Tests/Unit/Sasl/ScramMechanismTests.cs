using System.Text;
using Krewe.Contracts.Accounts;
using Krewe.Contracts.Addressing;
using Krewe.Frontend.Sasl;

namespace Krewe.Tests.Unit.Sasl;

/// <summary>RFC 5802, RFC 7677 and XEP-0474.</summary>
public sealed class ScramMechanismTests
{
    private readonly SaslFixture _fixture = new();

    public static TheoryData<string> Mechanisms { get; } =
    [
        "SCRAM-SHA-1", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS", "SCRAM-SHA-512", "SCRAM-SHA-512-PLUS",
    ];

    [Theory]
    [InlineData(
        ScramHash.Sha1, "fyko+d2lbbFgONRv9qkxdawL", "3rfcNHYJY1ZVvWVs7j", "QSXCR+Q6sek8bf92",
        "v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=", "rmF9pqV8S7suAoZWja4dJRkFsKQ=")]
    [InlineData(
        ScramHash.Sha256, "rOprNGfwEbeRWgbNEkqO", "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0", "W22ZaJ0SNY7soEsUEjb6gQ==",
        "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=", "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=")]
    public async Task Exchange_OfTheRfcs_IsReproduced(ScramHash hash, string clientNonce, string serverNonce, string salt, string proof, string signature)
    {
        _fixture.Set("user@verona.example", new AccountCredentials(true, true, [ScramKeys.Derive("pencil", hash, Convert.FromBase64String(salt), 4096)]));
        var offer = SaslFixture.Offer(isBound: false) with { IsHashAnnounced = false };
        var mechanism = new ScramMechanism(hash, isPlus: false, offer, _fixture.Services, makeNonce: () => serverNonce);

        var challenge = Assert.IsType<SaslStep.Challenge>(await StepAsync(mechanism, $"n,,n=user,r={clientNonce}"));
        Assert.Equal($"r={clientNonce}{serverNonce},s={salt},i=4096", Encoding.UTF8.GetString(challenge.Data.Span));

        var success = Assert.IsType<SaslStep.Success>(await StepAsync(mechanism, $"c=biws,r={clientNonce}{serverNonce},p={proof}"));
        Assert.Equal($"v={signature}", Encoding.UTF8.GetString(success.AdditionalData!.Value.Span));
        Assert.Equal(Jid.Parse("user@verona.example"), success.Identity);
    }

    [Theory, MemberData(nameof(Mechanisms))]
    public async Task LogIn_WithTheRightPassword_Succeeds(string mechanism)
    {
        _fixture.Add("romeo@verona.example", "wherefore");
        var client = new ScramClient(mechanism, "Romeo", "wherefore");
        var success = Assert.IsType<SaslReply.Success>(await client.LogInAsync(_fixture.Negotiator()));
        Assert.Equal(Jid.Parse("romeo@verona.example"), success.Identity);
        Assert.Equal(mechanism, success.Mechanism);
        Assert.Equal($"v={client.ServerSignature}", SaslFixture.Decode(success.Content!));
    }

    [Theory, MemberData(nameof(Mechanisms))]
    public async Task LogIn_WithAnotherPassword_IsNotAuthorized(string mechanism)
    {
        _fixture.Add("romeo@verona.example", "wherefore");
        Assert.Equal(SaslCondition.NotAuthorized, Condition(await new ScramClient(mechanism, "romeo", "therefore").LogInAsync(_fixture.Negotiator())));
    }

    [Theory]
    [InlineData("")]
    [InlineData("n")]
    [InlineData("n,")]
    [InlineData("n,,")]
    [InlineData("n,,n=romeo")]
    [InlineData("n,,r=abc")]
    [InlineData("n,,r=abc,n=romeo")]
    [InlineData("n,,n=romeo,r=")]
    [InlineData("n,,n=,r=abc")]
    [InlineData("n,,n=romeo,r=a\u00E9")]
    [InlineData("n,,n=romeo,r=a b")]
    [InlineData("n,,m=x,n=romeo,r=abc")]
    [InlineData("n,,n=romeo,r=abc,m=x")]
    [InlineData("n,,n=romeo,r=abc,r=def")]
    [InlineData("n,,n=romeo,n=juliet,r=abc")]
    [InlineData("n,,n=romeo,r=abc,")]
    [InlineData("n,,n=romeo,r=abc,x")]
    [InlineData("n,,n=romeo,r=abc,x=")]
    [InlineData("n,,n=romeo,r=abc,1=x")]
    [InlineData("n,,n=ro=meo,r=abc")]
    [InlineData("n,,n=romeo=,r=abc")]
    [InlineData("n,,n=ro=2cmeo,r=abc")]
    [InlineData("n,,n=ro=41meo,r=abc")]
    [InlineData("n,,n=ro\0meo,r=abc")]
    [InlineData("n,a=,n=romeo,r=abc")]
    [InlineData("n,romeo,n=romeo,r=abc")]
    [InlineData("N,,n=romeo,r=abc")]
    [InlineData("nn,,n=romeo,r=abc")]
    [InlineData("p,,n=romeo,r=abc")]
    [InlineData("p=,,n=romeo,r=abc")]
    [InlineData("p=a b,,n=romeo,r=abc")]
    [InlineData(",,n=romeo,r=abc")]
    public async Task ClientFirst_Malformed_IsMalformedRequest(string message)
    {
        _fixture.Add("romeo@verona.example", "wherefore");
        var content = message.Length == 0 ? "=" : SaslFixture.Encode(message);
        Assert.Equal(SaslCondition.MalformedRequest, Condition(await _fixture.Negotiator().AuthAsync("SCRAM-SHA-1", content)));
        Assert.Empty(_fixture.Asked);
    }

    [Fact]
    public async Task ClientFirst_NotUtf8_IsMalformedRequest()
    {
        var content = Convert.ToBase64String([.. "n,,n=ro"u8, 0xFF, .. "meo,r=abc"u8]);
        Assert.Equal(SaslCondition.MalformedRequest, Condition(await _fixture.Negotiator().AuthAsync("SCRAM-SHA-1", content)));
    }

    [Theory]
    [InlineData("n,,n=romeo,r=abc,x=optional")]
    [InlineData("n,,n=romeo,r=abc,x=optional,Y=another=one")]
    [InlineData("n,a=romeo@verona.example,n=romeo,r=abc")]
    [InlineData("n,,n=romeo@verona.example,r=abc")]
    [InlineData("n,,n=romeo@Verona.Example,r=abc")]
    public async Task ClientFirst_WithOptionalParts_IsChallenged(string message) =>
        Assert.IsType<SaslReply.Challenge>(await _fixture.Negotiator().AuthAsync("SCRAM-SHA-1", SaslFixture.Encode(message)));

    [Theory]
    [InlineData("n,,n=romeo@mantua.example,r=abc", "not-authorized")]
    [InlineData("n,,n=romeo@,r=abc", "not-authorized")]
    [InlineData("n,,n=@verona.example,r=abc", "not-authorized")]
    [InlineData("n,,n=romeo@verona.example/orchard,r=abc", "not-authorized")]
    [InlineData("n,,n=ro=2Cmeo=3D/x,r=abc", "not-authorized")]
    [InlineData("n,a=juliet@verona.example,n=romeo,r=abc", "invalid-authzid")]
    [InlineData("n,a=romeo@verona.example/orchard,n=romeo,r=abc", "invalid-authzid")]
    [InlineData("n,a=romeo,n=romeo,r=abc", "invalid-authzid")]
    public async Task ClientFirst_OfSomebodyElse_IsRefused(string message, string condition) => Assert.Equal(
        condition, Condition(await _fixture.Negotiator().AuthAsync("SCRAM-SHA-1", SaslFixture.Encode(message))).ElementName());

    [Fact]
    public async Task Username_WithCommaAndEquals_IsUnescaped()
    {
        _fixture.Add("a,b=c@verona.example", "x");
        Assert.IsType<SaslReply.Success>(await new ScramClient("SCRAM-SHA-1", "a,b=c", "x").LogInAsync(_fixture.Negotiator()));
    }

    public static TheoryData<string, string?> BadFinals { get; } = new()
    {
        { "no c", "r={r},p={p}" },
        { "no r", "c=biws,p={p}" },
        { "no p", "c=biws,r={r}" },
        { "order", "r={r},c=biws,p={p}" },
        { "p not last", "c=biws,p={p},r={r}" },
        { "behind p", "c=biws,r={r},p={p},x=y" },
        { "p not base 64", "c=biws,r={r},p=%%" },
        { "p empty", "c=biws,r={r},p=" },
        { "p short", "c=biws,r={r},p=AAAA" },
        { "m", "c=biws,r={r},m=x,p={p}" },
        { "nonce cut", "c=biws,r=rOprNGfwEbeRWgbNEkqO,p={p}" },
        { "nonce longer", "c=biws,r={r}x,p={p}" },
        { "another header", "c=eSws,r={r},p={p}" },
        { "header not canonical", "c=biwt,r={r},p={p}" },
        { "empty", "" },
    };

    [Theory, MemberData(nameof(BadFinals))]
    public async Task ClientFinal_ThatIsNotTheOne_Fails(string what, string? template)
    {
        _fixture.Add("romeo@verona.example", "wherefore");
        var reply = await new ScramClient("SCRAM-SHA-1", "romeo", "wherefore").LogInAsync(_fixture.Negotiator(), final =>
        {
            var fields = final.Split(',');
            return template!.Replace("{r}", fields[1][2..]).Replace("{p}", fields[2][2..]);
        });
        Assert.True(Condition(reply) is SaslCondition.MalformedRequest or SaslCondition.NotAuthorized, what);
    }

    [Fact]
    public async Task ClientFinal_WithUnknownExtension_IsUnderItsProof()
    {
        _fixture.Add("romeo@verona.example", "wherefore");

        // The extension is part of what is proved, so one that somebody slips in breaks the proof.
        var reply = await new ScramClient("SCRAM-SHA-1", "romeo", "wherefore").LogInAsync(
            _fixture.Negotiator(), final => final.Replace(",p=", ",x=y,p=", StringComparison.Ordinal));
        Assert.Equal(SaslCondition.NotAuthorized, Condition(reply));
    }

    [Theory]
    [InlineData("n", "SCRAM-SHA-256", true, null)]
    [InlineData("y", "SCRAM-SHA-256", true, "not-authorized")]
    [InlineData("p=tls-server-end-point", "SCRAM-SHA-256", true, "malformed-request")]
    [InlineData("n", "SCRAM-SHA-256-PLUS", true, "malformed-request")]
    [InlineData("y", "SCRAM-SHA-256-PLUS", true, "malformed-request")]
    [InlineData("p=tls-server-end-point", "SCRAM-SHA-256-PLUS", true, null)]
    [InlineData("p=tls-unique", "SCRAM-SHA-256-PLUS", true, "malformed-request")]
    [InlineData("p=tls-exporter", "SCRAM-SHA-256-PLUS", true, "malformed-request")]
    [InlineData("n", "SCRAM-SHA-256", false, null)]
    [InlineData("y", "SCRAM-SHA-256", false, null)]
    [InlineData("p=tls-server-end-point", "SCRAM-SHA-256", false, "malformed-request")]
    [InlineData("p=tls-server-end-point", "SCRAM-SHA-256-PLUS", false, "invalid-mechanism")]
    public async Task Gs2Flag_AgainstTheOffer_IsAsInSection6(string flag, string mechanism, bool isBound, string? expected)
    {
        _fixture.Add("romeo@verona.example", "wherefore");
        var client = new ScramClient(mechanism, "romeo", "wherefore") { Gs2Header = flag + ",," };
        var reply = await client.LogInAsync(_fixture.Negotiator(SaslFixture.Offer(isBound: isBound)));
        Assert.Equal(expected, (reply as SaslReply.Failure)?.Condition.ElementName());
        Assert.Equal(expected is null, reply is SaslReply.Success);
    }

    [Fact]
    public async Task ChannelBinding_OfAnotherConnection_IsNotAuthorized()
    {
        _fixture.Add("romeo@verona.example", "wherefore");
        var client = new ScramClient("SCRAM-SHA-256-PLUS", "romeo", "wherefore") { BindingData = "the hash of another certificate"u8.ToArray() };
        Assert.Equal(SaslCondition.NotAuthorized, Condition(await client.LogInAsync(_fixture.Negotiator())));
    }

    [Fact]
    public async Task UnknownAccount_LooksLikeAWrongPassword()
    {
        var first = new ScramClient("SCRAM-SHA-256", "nobody", "x");
        var second = new ScramClient("SCRAM-SHA-256", "NOBODY", "x");
        var other = new ScramClient("SCRAM-SHA-256", "somebody", "x");
        Assert.Equal(SaslCondition.NotAuthorized, Condition(await first.LogInAsync(_fixture.Negotiator())));
        Assert.Equal(SaslCondition.NotAuthorized, Condition(await second.LogInAsync(new SaslFixture().Negotiator())));
        Assert.Equal(SaslCondition.NotAuthorized, Condition(await other.LogInAsync(_fixture.Negotiator())));

        // The same salt each time, also from another process, and the number of iterations that our own accounts have.
        Assert.Equal(first.ServerFirst.Split(',')[1], second.ServerFirst.Split(',')[1]);
        Assert.NotEqual(first.ServerFirst.Split(',')[1], other.ServerFirst.Split(',')[1]);
        Assert.Equal($"i={ScramKeys.IterationsDefault}", first.ServerFirst.Split(',')[2]);
        Assert.Equal(ScramKeys.SaltBytes, Convert.FromBase64String(first.ServerFirst.Split(',')[1][2..]).Length);
    }

    [Fact]
    public async Task Account_OfAnotherHost_IsAnotherAccount()
    {
        _fixture.Add("romeo@verona.example", "wherefore");
        _fixture.Add("romeo@mantua.example", "apothecary");
        var mantua = SaslFixture.Offer("mantua.example");
        Assert.Equal(SaslCondition.NotAuthorized, Condition(await new ScramClient("SCRAM-SHA-1", "romeo", "wherefore").LogInAsync(_fixture.Negotiator(mantua))));
        var success = Assert.IsType<SaslReply.Success>(await new ScramClient("SCRAM-SHA-1", "romeo", "apothecary").LogInAsync(_fixture.Negotiator(mantua)));
        Assert.Equal("romeo@mantua.example", success.Identity.Bare);
    }

    [Fact]
    public async Task DisabledAccount_IsToldOnlyToWhoKnowsThePassword()
    {
        _fixture.Add("romeo@verona.example", "wherefore", isEnabled: false);
        Assert.Equal(SaslCondition.AccountDisabled, Condition(await new ScramClient("SCRAM-SHA-1", "romeo", "wherefore").LogInAsync(_fixture.Negotiator())));
        Assert.Equal(SaslCondition.NotAuthorized, Condition(await new ScramClient("SCRAM-SHA-1", "romeo", "therefore").LogInAsync(_fixture.Negotiator())));
    }

    [Fact]
    public async Task AccountWithoutKeysOfTheHash_IsNotAuthorized()
    {
        _fixture.Add("romeo@verona.example", "wherefore", hashes: [ScramHash.Sha1]);
        Assert.Equal(SaslCondition.NotAuthorized, Condition(await new ScramClient("SCRAM-SHA-256", "romeo", "wherefore").LogInAsync(_fixture.Negotiator())));
        Assert.IsType<SaslReply.Success>(await new ScramClient("SCRAM-SHA-1", "romeo", "wherefore").LogInAsync(_fixture.Negotiator()));
    }

    [Fact]
    public async Task CredentialsThatCannotBeRead_AreATemporaryFailure()
    {
        _fixture.IsDown = true;
        Assert.Equal(SaslCondition.TemporaryAuthFailure, Condition(await new ScramClient("SCRAM-SHA-1", "romeo", "x").LogInAsync(_fixture.Negotiator())));
    }

    [Fact]
    public async Task ServerFirst_CarriesTheHashOfTheOffer()
    {
        var client = new ScramClient("SCRAM-SHA-1", "romeo", "x");
        await client.LogInAsync(_fixture.Negotiator());
        Assert.Equal($"h={Convert.ToBase64String(SaslFixture.Offer().Hash(ScramHash.Sha1))}", client.ServerFirst.Split(',')[3]);
    }

    private static async Task<SaslStep> StepAsync(ScramMechanism mechanism, string message) =>
        await mechanism.StepAsync(Encoding.UTF8.GetBytes(message), CancellationToken.None);

    private static SaslCondition Condition(SaslReply reply) => Assert.IsType<SaslReply.Failure>(reply).Condition;
}
