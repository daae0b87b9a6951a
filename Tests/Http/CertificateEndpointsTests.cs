using System.Net;
using System.Text.Json.Nodes;
using Krewe.Contracts.Addressing;
using Krewe.Tests.Support;

namespace Krewe.Tests.Http;

/// <summary>Contract §4, <c>…/certificate</c>: what is taken, what is shown, and what is refused.</summary>
[Collection(ApiCollection.Name)]
public sealed class CertificateEndpointsTests(ApiFixture api) : IDisposable
{
    private readonly TestAuthority _authority = new();

    public void Dispose() => _authority.Dispose();

    [Fact]
    public async Task Certificate_PutReadReplacedTakenBack_GoesThroughAllOfIt()
    {
        var domain = await api.NewHostAsync();
        var path = $"/api/v1/hosts/{domain}/certificate";
        var own = await api.GetAsync(path);
        Assert.Equal("self-signed", (string?)own["source"]);
        Assert.Contains("self-signed", (string?)own["warning"], StringComparison.Ordinal);

        var first = _authority.Issue([domain, $"*.{domain}"]);
        using var made = await api.SendAsync(HttpMethod.Put, path, first.Body);
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        var shown = JsonNode.Parse(await made.Content.ReadAsStringAsync())!;
        Assert.Equal("api", (string?)shown["source"]);
        Assert.Equal(("CN=a host", "CN=an authority"), ((string?)shown["subject"], (string?)shown["issuer"]));
        Assert.Equal($"""["DNS:{domain}","DNS:*.{domain}"]""", shown["names"]!.ToJsonString());
        Assert.Equal("""["CN=an authority"]""", shown["chain"]!.ToJsonString());
        Assert.Equal(first.Fingerprint, (string?)shown["fingerprint"]);
        Assert.Equal(first.Leaf.NotAfter, ((DateTimeOffset)shown["not_after"]!).LocalDateTime);
        Assert.Equal(first.Leaf.NotBefore, ((DateTimeOffset)shown["not_before"]!).LocalDateTime);
        Assert.Equal(89, (int)shown["days_left"]!);
        Assert.Equal(("ECDSA 256", "[]"), ((string?)shown["key_algorithm"], shown["uncovered"]!.ToJsonString()));
        Assert.Null(shown["warning"]);
        Assert.DoesNotContain("PRIVATE", shown.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal(shown.ToJsonString(), (await api.GetAsync(path)).ToJsonString());

        var second = _authority.Issue([domain]);
        using var replaced = await api.SendAsync(HttpMethod.Put, path, second.Body);
        Assert.Equal(HttpStatusCode.OK, replaced.StatusCode);
        Assert.Equal(second.Fingerprint, (string?)(await api.GetAsync(path))["fingerprint"]);

        using var taken = await api.SendAsync(HttpMethod.Delete, path);
        Assert.Equal(HttpStatusCode.NoContent, taken.StatusCode);
        Assert.Equal((string?)own["fingerprint"], (string?)(await api.GetAsync(path))["fingerprint"]);
        using var again = await api.SendAsync(HttpMethod.Delete, path);
        await ApiFixture.AssertProblemAsync(again, HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData(22, null)]
    [InlineData(20, "It ends on")]
    public async Task Certificate_ThatEndsWithin21Days_HasAWarning(int days, string? warning)
    {
        var domain = await api.NewHostAsync();
        var path = $"/api/v1/hosts/{domain}/certificate";
        using var made = await api.SendAsync(HttpMethod.Put, path, _authority.Issue([domain], until: DateTimeOffset.UtcNow.AddDays(days)).Body);
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);

        var told = (string?)(await api.GetAsync(path))["warning"];
        Assert.True(warning is null ? told is null : told!.StartsWith(warning, StringComparison.Ordinal), told);
    }

    [Fact]
    public async Task Certificate_OfAHostWithComponents_TellsWhichAreNotCovered()
    {
        var domain = api.NewDomain();
        await api.NewHostAsync(domain, $$"""{ "components": { "rooms.{{domain}}": { "type": "muc" }, "pubsub.{{domain}}": { "type": "external", "component_secret": "a secret of pubsub" } } }""");
        var path = $"/api/v1/hosts/{domain}/certificate";

        var shown = await api.JsonAsync(HttpMethod.Put, path, _authority.Issue([domain, $"rooms.{domain}"]).Body);

        Assert.Equal($"""["pubsub.{domain}"]""", shown["uncovered"]!.ToJsonString());
    }

    [Fact]
    public async Task Certificate_ThatIsNoneForTheHost_IsRefusedAndLeavesThePresentOne()
    {
        var domain = await api.NewHostAsync();
        var path = $"/api/v1/hosts/{domain}/certificate";
        var good = _authority.Issue([domain]);
        using var made = await api.SendAsync(HttpMethod.Put, path, good.Body);
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);

        using var other = await api.SendAsync(HttpMethod.Put, path, _authority.Issue(["elsewhere.example"]).Body);
        Assert.Equal(["$.certificate"], await ApiFixture.AssertProblemAsync(other, HttpStatusCode.UnprocessableEntity));
        using var ended = await api.SendAsync(HttpMethod.Put, path, _authority.Issue([domain], until: DateTimeOffset.UtcNow.AddHours(-1)).Body);
        Assert.Equal(["$.certificate"], await ApiFixture.AssertProblemAsync(ended, HttpStatusCode.UnprocessableEntity));
        using var empty = await api.SendAsync(HttpMethod.Put, path, "{}");
        Assert.Equal(["$.certificate", "$.key"], await ApiFixture.AssertProblemAsync(empty, HttpStatusCode.UnprocessableEntity));
        using var mixed = await api.SendAsync(HttpMethod.Put, path, (good with { Key = _authority.Issue([domain]).Key }).Body);
        Assert.Equal(["$.key"], await ApiFixture.AssertProblemAsync(mixed, HttpStatusCode.UnprocessableEntity));
        using var malformed = await api.SendAsync(HttpMethod.Put, path, "[]");
        await ApiFixture.AssertProblemAsync(malformed, HttpStatusCode.BadRequest);
        using var unknown = await api.SendAsync(HttpMethod.Put, path, """{ "certificate": "", "key": "", "password": "" }""");
        await ApiFixture.AssertProblemAsync(unknown, HttpStatusCode.BadRequest);

        Assert.Equal(good.Fingerprint, (string?)(await api.GetAsync(path))["fingerprint"]);
    }

    [Fact]
    public async Task Certificate_IsForTheSettingsScopeOfTheHostItself()
    {
        var domain = await api.NewHostAsync();
        var path = $"/api/v1/hosts/{domain}/certificate";
        var key = await api.NewKeyAsync(domain, "settings");
        Assert.Equal("api", (string?)(await api.JsonAsync(HttpMethod.Put, path, _authority.Issue([domain]).Body, key))["source"]);

        using var scope = await api.SendAsync(HttpMethod.Get, path, token: await api.NewKeyAsync(domain, "accounts"));
        await ApiFixture.AssertProblemAsync(scope, HttpStatusCode.Forbidden);
        using var stranger = await api.SendAsync(HttpMethod.Get, path, token: await api.NewKeyAsync(await api.NewHostAsync(), "settings"));
        await ApiFixture.AssertProblemAsync(stranger, HttpStatusCode.Forbidden);
        using var nobody = await api.SendAsync(HttpMethod.Delete, path, token: null);
        await ApiFixture.AssertProblemAsync(nobody, HttpStatusCode.Unauthorized);
        using var missing = await api.SendAsync(HttpMethod.Get, "/api/v1/hosts/missing.example/certificate");
        await ApiFixture.AssertProblemAsync(missing, HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Certificate_OfAHostThatIsRemoved_IsRemovedWithIt()
    {
        var domain = await api.NewHostAsync();
        var path = $"/api/v1/hosts/{domain}/certificate";
        using var made = await api.SendAsync(HttpMethod.Put, path, _authority.Issue([domain]).Body);
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);

        using var removed = await api.SendAsync(HttpMethod.Delete, $"/api/v1/hosts/{domain}");
        Assert.Equal(HttpStatusCode.NoContent, removed.StatusCode);
        Assert.Equal(0, (await api.Grains.Certificate(domain).GetAsync(0)).Version);
        await api.NewHostAsync(domain, "{}");
        Assert.Equal("self-signed", (string?)(await api.GetAsync(path))["source"]);
    }
}
