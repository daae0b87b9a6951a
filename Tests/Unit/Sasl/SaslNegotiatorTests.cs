using System.Text;
using Krewe.Contracts.Accounts;
using Krewe.Contracts.Hosts;
using Krewe.Frontend.Sasl;

namespace Krewe.Tests.Unit.Sasl;

/// <summary>RFC 6120 §6.3 to §6.5: the offer, the encoding, the failures and their number; RFC 4616.</summary>
public sealed class SaslNegotiatorTests
{
    private readonly SaslFixture _fixture = new();

    [Fact]
    public void Offer_UnderTls_IsStrongestFirst()
    {
        var offer = SaslFixture.Offer();
        Assert.Equal(
            "SCRAM-SHA-512-PLUS SCRAM-SHA-256-PLUS SCRAM-SHA-1-PLUS SCRAM-SHA-512 SCRAM-SHA-256 SCRAM-SHA-1 PLAIN", string.Join(' ', offer.Mechanisms));
        Assert.Equal("tls-server-end-point", Assert.Single(offer.ChannelBindingTypes));
    }

    [Fact]
    public void Offer_WithoutBinding_HasNoPlus()
    {
        foreach (var offer in (SaslOffer[])[SaslFixture.Offer(isBound: false), SaslOffer.For(SaslFixture.Settings(), true, new ChannelBinding(default))])
        {
            Assert.Equal("SCRAM-SHA-512 SCRAM-SHA-256 SCRAM-SHA-1 PLAIN", string.Join(' ', offer.Mechanisms));
            Assert.Empty(offer.ChannelBindingTypes);
        }
    }

    [Theory]
    [InlineData(true, false, "")]
    [InlineData(true, true, "")]
    [InlineData(false, false, "SCRAM-SHA-512 SCRAM-SHA-256 SCRAM-SHA-1")]
    [InlineData(false, true, "SCRAM-SHA-512 SCRAM-SHA-256 SCRAM-SHA-1 PLAIN")]
    public void Offer_WithoutTls_IsWhatTheHostAllows(bool requireEncryption, bool allowPlain, string expected)
    {
        var settings = SaslFixture.Settings() with { C2SRequireEncryption = requireEncryption, AllowUnencryptedPlainAuth = allowPlain };
        Assert.Equal(expected, string.Join(' ', SaslOffer.For(settings, isEncrypted: false, binding: null).Mechanisms));
    }

    [Fact]
    public void Offer_OfHostWithoutStoredKeys_BindsNoChannel()
    {
        var offer = SaslOffer.For(SaslFixture.Settings() with { Authentication = [HostAuthentication.Anonymous] }, true, SaslFixture.Binding);
        Assert.Equal("ANONYMOUS", Assert.Single(offer.Mechanisms));
        Assert.Empty(offer.ChannelBindingTypes);
    }

    [Fact]
    public void OfferHash_OfTheXepsExample_IsTheXeps()
    {
        // XEP-0474's example has tls-exporter too; its hash is over the list, so the list is checked by hash of the text.
        var hash = ScramKeys.Hash(ScramHash.Sha1, "SCRAM-SHA-1\u001ESCRAM-SHA-1-PLUS\u001Ftls-exporter\u001Etls-server-end-point"u8);
        Assert.Equal("G6k/rBLDqgOhRRaCuuatSDFkJ08=", Convert.ToBase64String(hash));

        var offer = SaslFixture.Offer() with { Mechanisms = ["SCRAM-SHA-1-PLUS", "SCRAM-SHA-1"] };
        Assert.Equal(ScramKeys.Hash(ScramHash.Sha1, "SCRAM-SHA-1\u001ESCRAM-SHA-1-PLUS\u001Ftls-server-end-point"u8), offer.Hash(ScramHash.Sha1));
        Assert.Equal(ScramKeys.Hash(ScramHash.Sha256, "SCRAM-SHA-1\u001ESCRAM-SHA-1-PLUS"u8), (offer with { Binding = null }).Hash(ScramHash.Sha256));
    }

    [Theory]
    [InlineData("\0romeo\0wherefore", null)]
    [InlineData("romeo@verona.example\0romeo\0wherefore", null)]
    [InlineData("\0ROMEO@Verona.example.\0wherefore", null)]
    [InlineData("\0romeo\0therefore", "not-authorized")]
    [InlineData("\0nobody\0wherefore", "not-authorized")]
    [InlineData("\0romeo@mantua.example\0wherefore", "not-authorized")]
    [InlineData("\0romeo\0wherefore\t", "not-authorized")]
    [InlineData("\0ro meo\0wherefore", "not-authorized")]
    [InlineData("juliet@verona.example\0romeo\0wherefore", "invalid-authzid")]
    [InlineData("romeo@verona.example/orchard\0romeo\0wherefore", "invalid-authzid")]
    [InlineData("romeo\0romeo\0wherefore", "invalid-authzid")]
    [InlineData("romeo\0wherefore", "malformed-request")]
    [InlineData("wherefore", "malformed-request")]
    [InlineData("\0\0wherefore", "malformed-request")]
    [InlineData("\0romeo\0", "malformed-request")]
    [InlineData("\0romeo\0where\0fore", "malformed-request")]
    public async Task Plain_IsJudgedAsRfc4616Says(string message, string? expected)
    {
        _fixture.Add("romeo@verona.example", "wherefore");
        var reply = await PlainAsync(_fixture.Negotiator(), message);
        Assert.Equal(expected, (reply as SaslReply.Failure)?.Condition.ElementName());
        if (expected is null)
        {
            var success = Assert.IsType<SaslReply.Success>(reply);
            Assert.Equal("romeo@verona.example", success.Identity.Bare);
            Assert.Null(success.Content);
        }
    }

    [Fact]
    public async Task Plain_NotUtf8_IsMalformedRequest() => Assert.Equal(
        SaslCondition.MalformedRequest,
        Condition(await _fixture.Negotiator().AuthAsync("PLAIN", Convert.ToBase64String([0, (byte)'a', 0, 0xFF]))));

    [Fact]
    public async Task Plain_WithoutInitialResponse_IsAskedForIt()
    {
        _fixture.Add("romeo@verona.example", "wherefore");
        var negotiator = _fixture.Negotiator();
        Assert.Equal("", Assert.IsType<SaslReply.Challenge>(await negotiator.AuthAsync("PLAIN", "")).Content);
        Assert.IsType<SaslReply.Success>(await negotiator.ResponseAsync(SaslFixture.Encode("\0romeo\0wherefore")));
    }

    [Fact]
    public async Task Scram_WithoutInitialResponse_IsAskedForIt()
    {
        _fixture.Add("romeo@verona.example", "wherefore");
        var negotiator = _fixture.Negotiator();
        var client = new ScramClient("SCRAM-SHA-256", "romeo", "wherefore");
        Assert.Equal("", Assert.IsType<SaslReply.Challenge>(await negotiator.AuthAsync("SCRAM-SHA-256", "")).Content);
        var challenge = Assert.IsType<SaslReply.Challenge>(await negotiator.ResponseAsync(SaslFixture.Encode(client.First())));
        Assert.IsType<SaslReply.Success>(await negotiator.ResponseAsync(SaslFixture.Encode(client.Final(SaslFixture.Decode(challenge.Content)))));
    }

    [Theory]
    [InlineData("\u00E9", "e\u0301")]
    [InlineData("a\u00A0b", "a b")]
    [InlineData("\uFF21\u00AA", "Aa")]
    [InlineData("soft\u00ADhyphen", "softhyphen")]
    [InlineData("\uD83D\uDD11", "\uD83D\uDD11")]
    public async Task Password_InAnotherForm_IsTheSame(string stored, string sent)
    {
        _fixture.Add("romeo@verona.example", stored);
        Assert.IsType<SaslReply.Success>(await PlainAsync(_fixture.Negotiator(), $"\0romeo\0{sent}"));
        Assert.IsType<SaslReply.Success>(await PlainAsync(_fixture.Negotiator(), $"\0romeo\0{stored}"));
        Assert.True(SaslPrep.TryPrepare(sent, out var prepared));
        Assert.IsType<SaslReply.Success>(await new ScramClient("SCRAM-SHA-256", "romeo", prepared).LogInAsync(_fixture.Negotiator()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a\u0001")]
    [InlineData("\u0085")]
    [InlineData("\u00AD")]
    [InlineData("a\uE000")]
    [InlineData("a\uFFFD")]
    [InlineData("a\u200E")]
    [InlineData("a\u0378")]
    public void SaslPrep_OfProhibitedText_IsFalse(string password)
    {
        Assert.False(SaslPrep.TryPrepare(password, out _));
        Assert.Empty(ScramKeys.Create(password));
    }

    [Fact]
    public void SaslPrep_OfLoneSurrogateOrTooLong_IsFalse()
    {
        Assert.False(SaslPrep.TryPrepare("a\uD800", out _));
        Assert.True(SaslPrep.TryPrepare(new string('a', SaslPrep.PasswordCharsMax), out _));
        Assert.False(SaslPrep.TryPrepare(new string('a', SaslPrep.PasswordCharsMax + 1), out _));
    }

    [Fact]
    public void ScramKeys_OfPassword_AreOfEachHashWithSaltsOfTheirOwn()
    {
        var keys = ScramKeys.Create("wherefore");
        Assert.Equal(ScramKeys.Hashes, keys.Select(key => key.Hash));
        Assert.Equal(3, keys.Select(key => Convert.ToHexString(key.Salt.Span)).Distinct().Count());
        Assert.All(keys, key => Assert.Equal((16, 10_000), (key.Salt.Length, key.Iterations)));
        Assert.All(keys, key => Assert.Equal(ScramKeys.Derive("wherefore", key.Hash, key.Salt, key.Iterations).StoredKey.ToArray(), key.StoredKey.ToArray()));
    }

    [Theory]
    [InlineData("A")]
    [InlineData("A===")]
    [InlineData("AA=")]
    [InlineData("AAA")]
    [InlineData("AA==AAAA")]
    [InlineData("AAAA ")]
    [InlineData("AA AA===")]
    [InlineData("AAA\nAAA=")]
    [InlineData("AB==")]
    [InlineData("AA-_")]
    [InlineData("====")]
    [InlineData(" = ")]
    [InlineData("\u00E9AAA")]
    public async Task Content_NotBase64_IsIncorrectEncoding(string content)
    {
        Assert.Equal(SaslCondition.IncorrectEncoding, Condition(await _fixture.Negotiator().AuthAsync("PLAIN", content)));
        var negotiator = _fixture.Negotiator();
        await negotiator.AuthAsync("PLAIN", "");
        Assert.Equal(SaslCondition.IncorrectEncoding, Condition(await negotiator.ResponseAsync(content)));
    }

    [Fact]
    public async Task Content_OfEqualsSign_IsAnEmptyMessage() =>
        Assert.Equal(SaslCondition.MalformedRequest, Condition(await _fixture.Negotiator().AuthAsync("PLAIN", "=")));

    [Fact]
    public async Task Content_TooLong_IsMalformedRequest() => Assert.Equal(
        SaslCondition.MalformedRequest, Condition(await _fixture.Negotiator().AuthAsync("PLAIN", new string('A', SaslNegotiator.ContentCharsMax + 4))));

    [Theory]
    [InlineData("EXTERNAL", true, "invalid-mechanism")]
    [InlineData("plain", true, "invalid-mechanism")]
    [InlineData("", true, "invalid-mechanism")]
    [InlineData(null, true, "malformed-request")]
    [InlineData("PLAIN", false, "encryption-required")]
    [InlineData("SCRAM-SHA-256-PLUS", false, "encryption-required")]
    [InlineData("EXTERNAL", false, "invalid-mechanism")]
    public async Task Mechanism_ThatIsNotOffered_IsRefused(string? mechanism, bool isEncrypted, string condition) => Assert.Equal(
        condition, Condition(await _fixture.Negotiator(SaslFixture.Offer(isEncrypted: isEncrypted)).AuthAsync(mechanism, "AAAA")).ElementName());

    [Fact]
    public async Task Response_WithoutExchange_IsMalformedRequest()
    {
        var negotiator = _fixture.Negotiator();
        Assert.Equal(SaslCondition.MalformedRequest, Condition(await negotiator.ResponseAsync("AAAA")));
        await negotiator.AuthAsync("PLAIN", "");
        Assert.Equal(SaslCondition.Aborted, Condition(negotiator.Abort()));
        Assert.Equal(SaslCondition.MalformedRequest, Condition(await negotiator.ResponseAsync("AAAA")));
    }

    [Fact]
    public async Task Auth_DuringAnExchange_DiscardsTheOldOne()
    {
        _fixture.Add("romeo@verona.example", "wherefore");
        var negotiator = _fixture.Negotiator();
        var old = new ScramClient("SCRAM-SHA-1", "romeo", "wherefore");
        var challenge = Assert.IsType<SaslReply.Challenge>(await negotiator.AuthAsync("SCRAM-SHA-1", SaslFixture.Encode(old.First())));
        Assert.IsType<SaslReply.Challenge>(await negotiator.AuthAsync("SCRAM-SHA-1", SaslFixture.Encode(old.First())));
        var final = old.Final(SaslFixture.Decode(challenge.Content));
        Assert.Equal(SaslCondition.NotAuthorized, Condition(await negotiator.ResponseAsync(SaslFixture.Encode(final))));
        Assert.IsType<SaslReply.Success>(await new ScramClient("SCRAM-SHA-1", "romeo", "wherefore").LogInAsync(negotiator));
    }

    [Fact]
    public async Task Failures_ThatMayBeGuesses_EndTheStreamAtTheFifth()
    {
        _fixture.Add("romeo@verona.example", "wherefore");
        var negotiator = _fixture.Negotiator();
        Func<Task<SaslReply>>[] guesses =
        [
            async () => await PlainAsync(negotiator, "\0romeo\0therefore"),
            () => new ScramClient("SCRAM-SHA-1", "romeo", "therefore").LogInAsync(negotiator),
            async () => await negotiator.AuthAsync("PLAIN", "A"),
            async () => await PlainAsync(negotiator, "\0nobody\0therefore"),
            async () => await PlainAsync(negotiator, "juliet@verona.example\0romeo\0wherefore"),
        ];
        for (var i = 0; i < guesses.Length; i++)
        {
            Assert.Equal(i == SaslNegotiator.FailuresMax - 1, Assert.IsType<SaslReply.Failure>(await guesses[i]()).EndsStream);
        }
    }

    /// <summary>A client that tries mechanisms that it cannot do must get to one that it can; but not for ever.</summary>
    [Fact]
    public async Task Failures_ThatGuessNothing_EndTheStreamAtTheTenth()
    {
        var negotiator = _fixture.Negotiator();
        for (var i = 1; i <= SaslNegotiator.AttemptsMax; i++)
        {
            var failure = Assert.IsType<SaslReply.Failure>(i % 2 == 0 ? negotiator.Abort() : await negotiator.AuthAsync("EXTERNAL", "="));
            Assert.Equal(i == SaslNegotiator.AttemptsMax, failure.EndsStream);
        }
    }

    [Fact]
    public async Task LogIn_AfterFourFailures_StillSucceeds()
    {
        _fixture.Add("romeo@verona.example", "wherefore");
        var negotiator = _fixture.Negotiator();
        for (var i = 0; i < SaslNegotiator.FailuresMax - 1; i++)
        {
            await PlainAsync(negotiator, "\0romeo\0therefore");
        }

        Assert.IsType<SaslReply.Success>(await PlainAsync(negotiator, "\0romeo\0wherefore"));
    }

    [Fact]
    public async Task DisabledAccount_WithPlain_IsToldOnlyToWhoKnowsThePassword()
    {
        _fixture.Add("romeo@verona.example", "wherefore", isEnabled: false);
        Assert.Equal(SaslCondition.AccountDisabled, Condition(await PlainAsync(_fixture.Negotiator(), "\0romeo\0wherefore")));
        Assert.Equal(SaslCondition.NotAuthorized, Condition(await PlainAsync(_fixture.Negotiator(), "\0romeo\0therefore")));
    }

    [Fact]
    public async Task CredentialsThatCannotBeRead_AreATemporaryFailure()
    {
        _fixture.IsDown = true;
        Assert.Equal(SaslCondition.TemporaryAuthFailure, Condition(await PlainAsync(_fixture.Negotiator(), "\0romeo\0wherefore")));
    }

    [Fact]
    public void Conditions_HaveTheRfcsNames() => Assert.Equal(
        "aborted account-disabled credentials-expired encryption-required incorrect-encoding invalid-authzid invalid-mechanism malformed-request "
        + "mechanism-too-weak not-authorized temporary-auth-failure",
        string.Join(' ', Enum.GetValues<SaslCondition>().Select(condition => condition.ElementName())));

    private static async Task<SaslReply> PlainAsync(SaslNegotiator negotiator, string message) =>
        await negotiator.AuthAsync("PLAIN", Convert.ToBase64String(Encoding.UTF8.GetBytes(message)));

    private static SaslCondition Condition(SaslReply reply) => Assert.IsType<SaslReply.Failure>(reply).Condition;
}
