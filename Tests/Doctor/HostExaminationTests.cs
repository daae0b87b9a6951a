using System.Security.Cryptography.X509Certificates;
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
        { """{ "privileged_entities": { "juliet@HOST": { "roster": "get" } } }""", "ok", "$.privileged_entities['juliet@HOST']", "juliet@HOST has its privileges while it is connected." },
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
    private KreweServer _krewe = null!;

    public async Task InitializeAsync() => _krewe = await KreweServer.StartAsync(configure: options => options with { CertificatesFolder = _folder });

    public async Task DisposeAsync()
    {
        await _krewe.DisposeAsync();
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
        var (certificate, key) = Issued(name.Replace("{host}", host.Domain, StringComparison.Ordinal), from, to);
        await File.WriteAllTextAsync(Path.Combine(_folder, $"{host.Domain}.key"), key);
        await File.WriteAllTextAsync(Path.Combine(_folder, $"{host.Domain}.crt"), certificate);

        var said = Assert.Single(await host.AskAsync(), item => item.Subject == "certificate");

        Assert.Equal(level, said.Level);
        Assert.StartsWith(words.Replace("{host}", host.Domain, StringComparison.Ordinal), said.Message, StringComparison.Ordinal);
    }

    /// <summary>By an authority of the test's own, so that it is not self-signed.</summary>
    private static (string Certificate, string Key) Issued(string name, int fromDays, int toDays)
    {
        using var authorityKey = System.Security.Cryptography.ECDsa.Create(System.Security.Cryptography.ECCurve.NamedCurves.nistP256);
        var authority = new CertificateRequest("CN=Authority", authorityKey, System.Security.Cryptography.HashAlgorithmName.SHA256);
        authority.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var issuer = authority.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1000), DateTimeOffset.UtcNow.AddDays(1000));
        using var key = System.Security.Cryptography.ECDsa.Create(System.Security.Cryptography.ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, System.Security.Cryptography.HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.Create(issuer, DateTimeOffset.UtcNow.AddDays(fromDays), DateTimeOffset.UtcNow.AddDays(toDays), [1, 2, 3, 4]);
        return (certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }
}
