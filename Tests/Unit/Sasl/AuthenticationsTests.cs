using System.Net;
using System.Text;
using Krewe.Contracts.Accounts;
using Krewe.Contracts.Hosts;
using Krewe.Frontend.Sasl;
using Krewe.Tests.Support;

namespace Krewe.Tests.Unit.Sasl;

/// <summary>Contract §3, <c>authentication</c>: what each way offers, and what several in order come to.</summary>
public sealed class AuthenticationsTests
{
    private const HostAuthentication Own = HostAuthentication.InternalHashed;
    private const HostAuthentication Http = HostAuthentication.Http;
    private const HostAuthentication Jwt = HostAuthentication.Jwt;
    private const HostAuthentication Anonymous = HostAuthentication.Anonymous;
    private const string Scram = "SCRAM-SHA-512 SCRAM-SHA-256 SCRAM-SHA-1";
    private const string Plus = "SCRAM-SHA-512-PLUS SCRAM-SHA-256-PLUS SCRAM-SHA-1-PLUS";

    private static readonly string Token = Tokens.Hmac(Tokens.Payload("romeo"));
    private static readonly string Expired = Tokens.Hmac(Tokens.Payload("romeo", DateTimeOffset.UtcNow.AddDays(-1)));

    private readonly SaslFixture _fixture = new();

    public static TheoryData<HostAuthentication[], bool, string> Offers => new()
    {
        { [Own], true, $"{Plus} {Scram} PLAIN" },
        { [Http], true, "PLAIN" },
        { [Jwt], true, "OAUTHBEARER PLAIN" },
        { [Anonymous], true, "ANONYMOUS" },
        { [Http, Jwt], true, "OAUTHBEARER PLAIN" },
        { [Http, Own, Anonymous], true, $"{Plus} {Scram} PLAIN ANONYMOUS" },
        { [Own], false, Scram },
        { [Http], false, "" },
        { [Jwt], false, "" },
        { [Anonymous, Own], false, $"{Scram} ANONYMOUS" },
    };

    [Theory]
    [MemberData(nameof(Offers))]
    internal void Offer_IsWhatTheHostsAuthenticationsCanDo(HostAuthentication[] authentications, bool isEncrypted, string mechanisms)
    {
        var settings = Settings(authentications) with { C2SRequireEncryption = false };
        Assert.Equal(mechanisms, string.Join(' ', SaslOffer.For(settings, isEncrypted, isEncrypted ? SaslFixture.Binding : null).Mechanisms));
        Assert.Empty(SaslOffer.For(Settings(authentications), isEncrypted: false, null).Mechanisms);
    }

    [Fact]
    public async Task Http_ThatKnowsThePassword_LetsIn_AndTheHostKnowsTheUser()
    {
        _fixture.Http = (account, password) => account.Bare == "romeo@verona.example" && password == "wherefore" ? HttpAuthAnswer.Yes : HttpAuthAnswer.No;
        Assert.Equal("romeo@verona.example", Identity(await PlainAsync("ROMEO", "wherefore", Http)));
        Assert.Equal("romeo@verona.example", Assert.Single(_fixture.Known).Bare);
        Assert.Equal(SaslCondition.NotAuthorized, Condition(await PlainAsync("romeo", "therefore", Http)));
        Assert.Equal(SaslCondition.NotAuthorized, Condition(await PlainAsync("juliet", "wherefore", Http)));
        Assert.Single(_fixture.Known);
    }

    [Fact]
    public async Task Http_IsAskedForThePreparedPassword_AndForNoneThatCannotBe()
    {
        _fixture.Http = (_, _) => HttpAuthAnswer.Yes;
        await PlainAsync("romeo", "e\u0301", Http);
        Assert.Equal("\u00E9", Assert.Single(_fixture.HttpAsked));
        Assert.Equal(SaslCondition.NotAuthorized, Condition(await PlainAsync("romeo", "a\u0001", Http)));
        Assert.Equal(SaslCondition.NotAuthorized, Condition(await PlainAsync("romeo", new string('a', SaslPrep.PasswordCharsMax + 1), Http)));
        Assert.Single(_fixture.HttpAsked);
    }

    [Fact]
    public async Task Outage_IsNoRefusal()
    {
        Assert.Equal(SaslCondition.TemporaryAuthFailure, Condition(await PlainAsync("romeo", "wherefore", Http)));

        // Nor when another way, before or behind, says no.
        Assert.Equal(SaslCondition.TemporaryAuthFailure, Condition(await PlainAsync("romeo", "wherefore", Http, Own)));
        Assert.Equal(SaslCondition.TemporaryAuthFailure, Condition(await PlainAsync("romeo", "wherefore", Own, Http)));
        Assert.Equal(SaslCondition.TemporaryAuthFailure, Condition(await PlainAsync("romeo", Expired, Http, Jwt)));

        // It keeps nobody out whom another one knows.
        _fixture.Add("romeo@verona.example", "wherefore");
        Assert.Equal("romeo@verona.example", Identity(await PlainAsync("romeo", "wherefore", Http, Own)));
    }

    [Fact]
    public async Task Several_AreTriedInOrder_UntilOneSaysYes()
    {
        _fixture.Add("romeo@verona.example", "wherefore");
        _fixture.Http = (_, password) => password == "art thou" ? HttpAuthAnswer.Yes : HttpAuthAnswer.No;
        Assert.Equal("romeo@verona.example", Identity(await PlainAsync("romeo", "wherefore", Own, Http, Jwt)));
        Assert.Empty(_fixture.HttpAsked);
        Assert.Equal("romeo@verona.example", Identity(await PlainAsync("romeo", "art thou", Own, Http, Jwt)));
        Assert.Equal("romeo@verona.example", Identity(await PlainAsync("romeo", Token, Own, Http, Jwt)));
        Assert.Equal(SaslCondition.NotAuthorized, Condition(await PlainAsync("romeo", "therefore", Own, Http, Jwt)));
        Assert.Equal(SaslCondition.CredentialsExpired, Condition(await PlainAsync("romeo", Expired, Own, Http, Jwt)));
        Assert.IsType<SaslReply.Success>(await new ScramClient("SCRAM-SHA-256", "romeo", "wherefore").LogInAsync(Negotiator(Http, Own)));
    }

    [Theory]
    [InlineData("romeo", null)]
    [InlineData("romeo@verona.example", null)]
    [InlineData("Romeo", null)]
    [InlineData("juliet", SaslCondition.NotAuthorized)]
    [InlineData("romeo@mantua.example", SaslCondition.NotAuthorized)]
    [InlineData("romeo@verona.example/orchard", SaslCondition.NotAuthorized)]
    [InlineData("ro meo", SaslCondition.NotAuthorized)]
    internal async Task Token_AsPassword_IsForItsOwnUserAlone(string subject, SaslCondition? expected)
    {
        var token = Tokens.Hmac(Tokens.Payload(subject));
        var reply = await PlainAsync("romeo", token, Jwt);
        Assert.Equal(expected, (reply as SaslReply.Failure)?.Condition);

        var bearer = await BearerAsync($"n,a=romeo@verona.example,^auth=Bearer {token}^^", Jwt);
        Assert.Equal(expected is null, bearer is SaslReply.Success);
    }

    [Fact]
    public async Task DisabledAccount_IsClosedToEveryAuthentication()
    {
        _fixture.Set("romeo@verona.example", new AccountCredentials(true, false, []));
        _fixture.Http = (_, password) => password == "wherefore" ? HttpAuthAnswer.Yes : HttpAuthAnswer.No;
        Assert.Equal(SaslCondition.AccountDisabled, Condition(await PlainAsync("romeo", "wherefore", Http)));
        Assert.Equal(SaslCondition.NotAuthorized, Condition(await PlainAsync("romeo", "therefore", Http)));
        Assert.Equal(SaslCondition.AccountDisabled, Condition(await PlainAsync("romeo", Token, Jwt)));
        Assert.Equal(SaslCondition.AccountDisabled, Condition(await BearerAsync($"n,,^auth=Bearer {Token}^^", Jwt)));
        Assert.Empty(_fixture.Known);
    }

    [Fact]
    public async Task AccountThatCannotBeRead_LetsNobodyIn()
    {
        _fixture.IsDown = true;
        _fixture.Http = (_, _) => HttpAuthAnswer.Yes;
        Assert.Equal(SaslCondition.TemporaryAuthFailure, Condition(await PlainAsync("romeo", "wherefore", Http)));
        Assert.Equal(SaslCondition.TemporaryAuthFailure, Condition(await BearerAsync($"n,,^auth=Bearer {Token}^^", Jwt)));
    }

    [Fact]
    public async Task Bearer_WhoseTokenDoesNotCount_IsToldSo_AndThenFails()
    {
        foreach (var (token, condition) in new[] { (Expired, SaslCondition.CredentialsExpired), ("nonsense", SaslCondition.NotAuthorized) })
        {
            var negotiator = Negotiator(Jwt);
            var challenge = Assert.IsType<SaslReply.Challenge>(await negotiator.AuthAsync("OAUTHBEARER", Encoded($"n,,^auth=Bearer {token}^^")));
            Assert.Equal("""{"status":"invalid_token"}""", SaslFixture.Decode(challenge.Content));
            Assert.Equal(condition, Condition(await negotiator.ResponseAsync(Encoded("^"))));
        }
    }

    [Fact]
    public async Task Bearer_WithoutInitialResponse_IsAskedForIt()
    {
        var negotiator = Negotiator(Jwt);
        Assert.Equal("", Assert.IsType<SaslReply.Challenge>(await negotiator.AuthAsync("OAUTHBEARER", "")).Content);
        Assert.Equal("romeo@verona.example", Identity(await negotiator.ResponseAsync(Encoded($"n,,^auth=Bearer {Token}^^"))));
    }

    [Theory]
    [InlineData("n,,^auth=Bearer^^", SaslCondition.MalformedRequest)]
    [InlineData("n,a=juliet@verona.example,^auth=Bearer {token}^^", SaslCondition.InvalidAuthzid)]
    [InlineData("n,a=romeo@mantua.example,^auth=Bearer {token}^^", SaslCondition.InvalidAuthzid)]
    [InlineData("n,a=romeo,^auth=Bearer {token}^^", SaslCondition.InvalidAuthzid)]
    internal async Task Bearer_ThatIsNotItsUsers_OrNone_IsRefused(string message, SaslCondition expected) =>
        Assert.Equal(expected, Condition(await BearerAsync(message.Replace("{token}", Token, StringComparison.Ordinal), Jwt)));

    [Fact]
    public async Task Anonymous_GetsANameThatNobodyHad()
    {
        var first = Assert.IsType<SaslReply.Success>(await Negotiator(Anonymous).AuthAsync("ANONYMOUS", "="));
        var second = Assert.IsType<SaslReply.Success>(await Negotiator(Anonymous).AuthAsync("ANONYMOUS", SaslFixture.Encode("sirhc")));
        Assert.NotEqual(first.Identity, second.Identity);
        Assert.True(AnonymousUsers.Include(Settings(Anonymous), first.Identity));
        Assert.False(AnonymousUsers.Include(Settings(Own), first.Identity));
        Assert.Empty(_fixture.Known);
        Assert.Equal("", Assert.IsType<SaslReply.Challenge>(await Negotiator(Anonymous).AuthAsync("ANONYMOUS", "")).Content);
        Assert.Equal(SaslCondition.MalformedRequest, Condition(await Negotiator(Anonymous).AuthAsync("ANONYMOUS", SaslFixture.Encode(new string('a', 256)))));
        Assert.Equal(SaslCondition.MalformedRequest, Condition(await Negotiator(Anonymous).AuthAsync("ANONYMOUS", Convert.ToBase64String([0xFF]))));
    }

    [Fact]
    public async Task NameOfAnAnonymousUser_IsNoNameToLogInBy()
    {
        var name = AnonymousUsers.New(SaslFixture.Host).Localpart!;
        _fixture.Add($"{name}@{SaslFixture.Host}", "wherefore");
        Assert.Equal(SaslCondition.NotAuthorized, Condition(await PlainAsync(name, "wherefore", Own, Anonymous)));
        Assert.IsType<SaslReply.Failure>(await new ScramClient("SCRAM-SHA-1", name, "wherefore").LogInAsync(Negotiator(Own, Anonymous)));
        Assert.Equal(SaslCondition.NotAuthorized, Condition(await PlainAsync(name, Tokens.Hmac(Tokens.Payload(name)), Jwt, Anonymous)));
        Assert.IsType<SaslReply.Success>(await PlainAsync(name, "wherefore", Own));
    }

    [Fact]
    public void AnonymousSessions_AreBoundedForTheHostAndTheAddress_AndComeAtAPace()
    {
        var time = new FakeTimeProvider();
        var sessions = new AnonymousSessions(time);
        var host = Settings(Anonymous) with { Limits = new() { AnonymousSessions = 3, AnonymousSessionsPerAddress = 2 } };
        var (here, there) = (new LoginOrigin(IPAddress.Parse("2001:db8::1"), false), new LoginOrigin(IPAddress.Parse("192.0.2.1"), false));
        var first = sessions.TryEnter(host, here);
        Assert.NotNull(sessions.TryEnter(host, here with { Address = IPAddress.Parse("2001:db8::2") }));
        Assert.Null(sessions.TryEnter(host, here));
        Assert.NotNull(sessions.TryEnter(host, there));
        Assert.Null(sessions.TryEnter(host, new LoginOrigin(IPAddress.Parse("192.0.2.2"), false)));
        Assert.NotNull(sessions.TryEnter(host with { Domain = "mantua.example" }, here));

        // The place counts once, however often it is given back; and new ones come one a second when all have been used.
        first!.Dispose();
        first.Dispose();
        Assert.Null(sessions.TryEnter(host, here));
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.NotNull(sessions.TryEnter(host, here));
        Assert.Null(sessions.TryEnter(host, new LoginOrigin(IPAddress.Parse("192.0.2.2"), false)));
        Assert.NotNull(sessions.TryEnter(host with { Limits = new() { AnonymousSessions = 0, AnonymousSessionsPerAddress = 0 } }, here));
    }

    [Fact]
    public async Task AnonymousSessions_BeyondTheLimit_AreATemporaryFailure()
    {
        var settings = Settings(Anonymous) with { Limits = new() { AnonymousSessions = 1 } };
        var offer = SaslOffer.For(settings, isEncrypted: true, null);
        var success = Assert.IsType<SaslReply.Success>(await _fixture.Negotiator(offer).AuthAsync("ANONYMOUS", "="));
        Assert.Equal(SaslCondition.TemporaryAuthFailure, Condition(await _fixture.Negotiator(offer).AuthAsync("ANONYMOUS", "=")));
        success.Place!.Dispose();
        Assert.IsType<SaslReply.Success>(await _fixture.Negotiator(offer).AuthAsync("ANONYMOUS", "="));
    }

    private static HostSettings Settings(params HostAuthentication[] authentications) => SaslFixture.Settings() with
    {
        Authentication = [.. authentications],
        HttpAuth = new() { Url = "http://auth.example" },
        Jwt = new() { Secrets = [Encoding.UTF8.GetBytes(Tokens.Secret)] },
    };

    private SaslNegotiator Negotiator(params HostAuthentication[] authentications) =>
        _fixture.Negotiator(SaslOffer.For(Settings(authentications), isEncrypted: true, SaslFixture.Binding));

    private async Task<SaslReply> PlainAsync(string user, string password, params HostAuthentication[] authentications) =>
        await Negotiator(authentications).AuthAsync("PLAIN", SaslFixture.Encode($"\0{user}\0{password}"));

    /// <summary>Up to its end, through the challenge that says what is wrong.</summary>
    private async Task<SaslReply> BearerAsync(string message, params HostAuthentication[] authentications)
    {
        var negotiator = Negotiator(authentications);
        var reply = await negotiator.AuthAsync("OAUTHBEARER", Encoded(message));
        return reply is SaslReply.Challenge ? await negotiator.ResponseAsync(Encoded("^")) : reply;
    }

    private static string Encoded(string message) => SaslFixture.Encode(message.Replace('^', '\u0001'));

    private static string Identity(SaslReply reply) => Assert.IsType<SaslReply.Success>(reply).Identity.Bare;

    private static SaslCondition Condition(SaslReply reply) => Assert.IsType<SaslReply.Failure>(reply).Condition;
}
