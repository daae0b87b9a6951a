using System.Text.Json.Nodes;
using Krewe.Tests.Support;
using Krewe.Tests.Transcripts;

namespace Krewe.Tests.Doctor;

/// <summary>What the doctor says of a host without calling anybody: its document, its settings, its certificate, its components and grants.</summary>
public sealed class HostExaminationTests(LocalPathServer server) : IClassFixture<LocalPathServer>
{
    [Fact]
    public async Task Host_ThatIsInOrder_HasNothingBad()
    {
        var host = await Examination.OfAsync(server.Krewe, "{}");
        var said = await host.AskAsync();
        Assert.Contains(new Said("ok", "host", $"{host.Domain} is enabled."), said);
        Assert.Contains(new Said("note", "$.http_roster_url", "The host keeps its own rosters: there is no http_roster_url."), said);
        Assert.Contains(new Said("note", "certificate", "The certificate is self-signed: clients ask their users whether they trust it, or refuse it."), said);
        Assert.DoesNotContain(said, item => item.Level == "bad");
    }

    public static TheoryData<string, string, string, string> Settings => new()
    {
        { """{ "enabled": false }""", "bad", "$.enabled", "HOST is disabled: its streams are refused with host-gone. Only the provider can enable it." },
        { """{ "isolate": true }""", "note", "$.isolate", "The host is closed to all other domains: its users and theirs cannot reach each other." },
        { """{ "tenant": "capulet", "limits": { "rooms": 5 } }""", "ok", "host", "Set by the provider, who alone may change it: tenant, limits." },
        { """{ "limits": { "stanzas_per_second": 0, "rooms": 0 } }""", "note", "$.limits", "Without a limit, because they are 0: stanzas_per_second, rooms. One user of the host may use up what all share." },
        { "{}", "note", "$.authentication", "The host has no accounts yet: nobody can log in." },
        { """{ "authentication": "anonymous" }""", "note", "$.authentication", "Anybody may come in, under a name that is made for that one session." },
        {
            """{ "authentication": ["internal_hashed", "anonymous"] }""", "note", "$.authentication",
            "Anybody may come in without a password, under a name that is made for that one session, beside those who have one."
        },
        {
            """{ "authentication": ["internal_hashed", "http"], "http_auth_url": "https://a.example" }""", "note", "$.authentication",
            "Most clients choose SCRAM, which only the host's own accounts can: users whom only http_auth_url knows must choose PLAIN. Name one of the two if all users are of one kind."
        },
        { """{ "http_auth_url": "https://a.example" }""", "note", "$.authentication", "There is an http_auth_url, and authentication does not have http: it is not asked." },
        { """{ "jwt_secret": "0123456789abcdef0123456789abcdef" }""", "note", "$.authentication", "There are keys for tokens, and authentication does not have jwt: no token counts." },
        {
            """{ "authentication": "http", "http_auth_url": "https://a.example" }""", "note", "$.http_auth_method",
            "Passwords are sent in the query of a GET, which logs of requests show: POST is safer, where the service takes it."
        },
        {
            """{ "authentication": "jwt", "jwt_secret": "0123456789abcdef0123456789abcdef" }""", "note", "$.jwt_audience",
            "There is no jwt_audience: a token that its issuer signed for another service lets in here too."
        },
        {
            """{ "authentication": "jwt", "jwt_keys_file": "none.json" }""", "bad", "$.jwt_keys_file",
            "The provider has no file none.json in jwks of the data folder, or it is no key set: no token counts."
        },
        { """{ "http_roster_url": "https://contacts.example/" }""", "note", "$.http_roster_url", "The URL has no %s, which stands for the user: all users get the same roster." },
        { """{ "c2s_require_encryption": false }""", "note", "$.c2s_require_encryption", "Clients may log in without TLS." },
        { """{ "allow_unencrypted_plain_auth": true }""", "note", "$.allow_unencrypted_plain_auth", "Clients may send their passwords in the clear." },
        {
            """{ "http_roster_url": "http://contacts.example/%s" }""", "note", "$.http_roster_url",
            "The URL begins with http: whoever is on the way can read and change what is sent and answered. Use https."
        },
        { """{ "http_roster_url": "https://contacts.example/%s" }""", "note", "$.hook_secret", "There is no hook_secret: calls are not signed, so the application cannot tell Krewe's from anybody's." },
        {
            """{ "http_roster_url": "https://contacts.example/%s", "hook_secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" }""", "ok", "$.hook_secret", "Hook calls are signed (Standard Webhooks)."
        },
        {
            """{ "components": { "rooms.HOST": { "type": "muc", "muc_http_auth_url": "https://a.example/", "muc_http_auth_insecure": true } } }""", "note",
            "$.components['rooms.HOST'].muc_http_auth_insecure", "The service's certificate is not verified: anybody on the way can answer in its place."
        },
        {
            """{ "components": { "rooms.HOST": { "type": "muc", "muc_http_auth_url": "https://a.example/", "muc_http_auth_on_error": "allow" } } }""", "note",
            "$.components['rooms.HOST'].muc_http_auth_on_error", "While the service that decides about rooms.HOST fails, everybody is let into its rooms."
        },
        {
            """{ "components": { "rooms.HOST": { "type": "muc" } } }""", "note",
            "$.components['rooms.HOST'].muc_http_auth_url", "Nobody is asked who may be in a room of rooms.HOST: there is no muc_http_auth_url."
        },
        {
            """{ "components": { "pubsub.HOST": { "type": "external", "component_secret": "secret" } } }""", "note",
            "$.components['pubsub.HOST']", "pubsub.HOST is not connected: what is sent to it is answered with an error."
        },
        {
            """{ "components": { "pubsub.HOST": { "type": "external", "component_secret": "secret" } }, "delegations": { "urn:example:ns": { "jid": "pubsub.HOST", "filtering": ["node"] } } }""", "bad",
            "$.delegations['urn:example:ns']", "urn:example:ns with node is answered by pubsub.HOST, but nobody does now: the component is not connected. Requests get service-unavailable."
        },
        { """{ "privileged_entities": { "pubsub.elsewhere.example": { "roster": "get" } } }""", "bad", "$.privileged_entities['pubsub.elsewhere.example']", "pubsub.elsewhere.example gets no privileges: it is no external component." },
        { """{ "privileged_entities": { "juliet@HOST": { "roster": "get" } } }""", "note", "$.privileged_entities['juliet@HOST']", "juliet@HOST does nothing with its privileges now: the user is not connected." },
        { """{ "privileged_entities": { "juliet@elsewhere.example": { "roster": "get" } } }""", "bad", "$.privileged_entities['juliet@elsewhere.example']", "juliet@elsewhere.example gets no privileges: it is no user of your hosts." },
    };

    [Theory]
    [MemberData(nameof(Settings))]
    public async Task Settings_ThatMayNotBeMeant_AreSaid(string document, string level, string subject, string message)
    {
        var host = await Examination.OfAsync(server.Krewe, document);
        var expected = new Said(level, subject.Replace("HOST", host.Domain, StringComparison.Ordinal), message.Replace("HOST", host.Domain, StringComparison.Ordinal));
        Assert.Contains(expected, await host.AskAsync("?hooks=false"));
    }

    [Fact]
    public async Task Examination_IsForTheHostsOwnKeysWithSettings()
    {
        var host = await Examination.OfAsync(server.Krewe, "{}");
        var other = await Examination.OfAsync(server.Krewe, "{}");
        Assert.Equal(200, await StatusAsync(host, await KeyAsync(host, "settings")));
        Assert.Equal(403, await StatusAsync(host, await KeyAsync(host, "muc")));
        Assert.Equal(403, await StatusAsync(other, await KeyAsync(host, "settings")));
        Assert.Equal(401, await StatusAsync(host, "krewe.nonsense"));
        Assert.Equal(404, (await server.Krewe.SendAsync(HttpMethod.Get, "api/v1/hosts/nowhere.example/doctor", null)).Status);
    }

    private async Task<string> KeyAsync(Examination host, string scope)
    {
        var (_, body) = await server.Krewe.SendAsync(HttpMethod.Post, $"api/v1/hosts/{host.Domain}/keys", $$"""{ "name": "test", "scopes": ["{{scope}}"] }""");
        return (string)JsonNode.Parse(body)!["key"]!;
    }

    private async Task<int> StatusAsync(Examination host, string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"api/v1/hosts/{host.Domain}/doctor");
        request.Headers.Authorization = new("Bearer", token);
        using var answer = await server.Krewe.Http.SendAsync(request);
        return (int)answer.StatusCode;
    }
}

/// <summary>What the doctor says of certificates that the provider has put into the folder of certificates.</summary>
public sealed class CertificateExaminationTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("krewe-certificates-").FullName;
    private readonly TestAuthority _authority = new();
    private KreweServer _krewe = null!;

    public async Task InitializeAsync() => _krewe = await KreweServer.StartAsync(configure: options => options with { CertificatesFolder = _folder });

    public async Task DisposeAsync()
    {
        await _krewe.DisposeAsync();
        _authority.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData("{host}", -1, 100, "ok", "Clients are shown a certificate for {host} that is valid until ")]
    [InlineData("{host}", -1, 20, "note", "The certificate expires on ")]
    [InlineData("{host}", -9, -2, "bad", "The certificate expired on ")]
    [InlineData("{host}", 2, 9, "bad", "The certificate is not valid yet: clients refuse it.")]
    [InlineData("other.example", -1, 100, "bad", "The certificate does not name {host}: clients refuse it.")]
    public async Task Certificate_IsLookedAt(string name, int from, int to, string level, string words)
    {
        var host = await Examination.OfAsync(_krewe, "{}");
        var now = DateTimeOffset.UtcNow;
        var certificate = _authority.Issue([name.Replace("{host}", host.Domain, StringComparison.Ordinal)], from: now.AddDays(from), until: now.AddDays(to));
        await File.WriteAllTextAsync(Path.Combine(_folder, $"{host.Domain}.key"), certificate.Key);
        await File.WriteAllTextAsync(Path.Combine(_folder, $"{host.Domain}.crt"), certificate.Chain);

        var said = Assert.Single(await host.AskAsync(), item => item.Subject == "certificate");

        Assert.Equal(level, said.Level);
        Assert.StartsWith(words.Replace("{host}", host.Domain, StringComparison.Ordinal), said.Message, StringComparison.Ordinal);
    }
}
