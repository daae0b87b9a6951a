using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;

namespace Krewe.Tests.Http;

/// <summary>Hosts and their documents over HTTP: making, reading, conditions, refusals, removal.</summary>
[Collection(ApiCollection.Name)]
public sealed class HostEndpointsTests(ApiFixture api)
{
    private const string Secret = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz";

    [Fact]
    public async Task Host_MadeReadReplacedRemoved_GoesThroughAllOfIt()
    {
        var domain = api.NewDomain();
        var path = $"/api/v1/hosts/{domain}";
        using var missing = await api.SendAsync(HttpMethod.Get, path);
        await ApiFixture.AssertProblemAsync(missing, HttpStatusCode.NotFound);

        using var made = await api.SendAsync(HttpMethod.Put, path, """{ "isolate": true }""");
        Assert.Equal((HttpStatusCode.Created, path), (made.StatusCode, made.Headers.Location?.OriginalString));
        using var read = await api.SendAsync(HttpMethod.Get, path);
        Assert.Equal(made.Headers.ETag, read.Headers.ETag);
        Assert.Equal("""{"isolate":true}""", await read.Content.ReadAsStringAsync());

        using var replaced = await api.SendAsync(HttpMethod.Put, path, """{ "tenant": "acme" }""");
        Assert.Equal(HttpStatusCode.OK, replaced.StatusCode);
        Assert.NotEqual(made.Headers.ETag, replaced.Headers.ETag);
        Assert.Equal("""{"tenant":"acme"}""", (await api.GetAsync(path)).ToJsonString());

        using var removed = await api.SendAsync(HttpMethod.Delete, path);
        Assert.Equal(HttpStatusCode.NoContent, removed.StatusCode);
        using var gone = await api.SendAsync(HttpMethod.Get, path);
        await ApiFixture.AssertProblemAsync(gone, HttpStatusCode.NotFound);
        using var again = await api.SendAsync(HttpMethod.Delete, path);
        await ApiFixture.AssertProblemAsync(again, HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Host_InAnyCase_IsOneHost()
    {
        var domain = await api.NewHostAsync("""{ "tenant": "acme" }""");

        Assert.Equal("acme", (string?)(await api.GetAsync($"/api/v1/hosts/{domain.ToUpperInvariant()}"))["tenant"]);
    }

    [Fact]
    public async Task Put_IsInTheSnapshotsBeforeItIsAnswered()
    {
        var domain = api.NewDomain();
        Assert.Null(await api.Settings.GetAsync(domain));
        var changes = new List<HostSettings?>();
        void OnChanged(string host, HostSettings? settings)
        {
            if (host == domain)
            {
                changes.Add(settings);
            }
        }

        api.Settings.Changed += OnChanged;
        using var made = await api.SendAsync(HttpMethod.Put, $"/api/v1/hosts/{domain}", "{}");
        Assert.False((await api.Settings.GetAsync(domain))!.Isolate);

        using var isolated = await api.SendAsync(HttpMethod.Put, $"/api/v1/hosts/{domain}", """{ "isolate": true }""");
        Assert.True(api.Settings.TryGetLoaded(domain, out var settings) && settings.Isolate);
        using var disabled = await api.SendAsync(HttpMethod.Put, $"/api/v1/hosts/{domain}", """{ "enabled": false }""");
        using var removed = await api.SendAsync(HttpMethod.Delete, $"/api/v1/hosts/{domain}");
        Assert.Null(await api.Settings.GetAsync(domain));
        api.Settings.Changed -= OnChanged;

        Assert.Collection(changes, first => Assert.True(first!.Isolate), second => Assert.False(second!.Enabled), third => Assert.True(third!.IsErasing), Assert.Null);
    }

    [Fact]
    public async Task Put_WithBadPlaces_TellsEveryOneAndChangesNothing()
    {
        var domain = await api.NewHostAsync("""{ "isolate": true }""");

        using var answer = await api.SendAsync(
            HttpMethod.Put, $"/api/v1/hosts/{domain}", """{ "c2s_stanza_size_limit": 1, "delegations": { "urn:a": {} }, "jwt_secret": 1, "limits": { "foo": 1, "sessions": "x" } }""");

        Assert.Equal(
            ["$.c2s_stanza_size_limit", "$.delegations['urn:a']", "$.jwt_secret", "$.limits.foo", "$.limits.sessions"],
            await ApiFixture.AssertProblemAsync(answer, HttpStatusCode.UnprocessableEntity));
        Assert.Equal("""{"isolate":true}""", (await api.GetAsync($"/api/v1/hosts/{domain}")).ToJsonString());
    }

    [Theory]
    [InlineData("{", HttpStatusCode.UnprocessableEntity)]
    [InlineData("", HttpStatusCode.UnprocessableEntity)]
    [InlineData("[]", HttpStatusCode.UnprocessableEntity)]
    [InlineData("{ \"tenant\": \"\\ud83c\" }", HttpStatusCode.UnprocessableEntity)]
    public async Task Put_OfWhatIsNoDocument_IsAProblemAtItsRoot(string body, HttpStatusCode status)
    {
        using var answer = await api.SendAsync(HttpMethod.Put, $"/api/v1/hosts/{api.NewDomain()}", body);

        Assert.Equal(["$"], await ApiFixture.AssertProblemAsync(answer, status));
    }

    [Fact]
    public async Task Put_OfWhatIsNotUtf8_IsABadRequest()
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, $"/api/v1/hosts/{api.NewDomain()}") { Content = new ByteArrayContent([0x7B, 0xFF, 0x7D]) };
        request.Headers.Authorization = new("Bearer", ApiFixture.ProviderToken);

        await ApiFixture.AssertProblemAsync(await api.Client.SendAsync(request), HttpStatusCode.BadRequest);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Put_OfAnOversizedDocument_IsTooLarge(bool isChunked)
    {
        var bytes = Encoding.UTF8.GetBytes(new string(' ', HostDocumentReader.DocumentBytesMax + 1));
        using var request = new HttpRequestMessage(HttpMethod.Put, $"/api/v1/hosts/{api.NewDomain()}") { Content = new ByteArrayContent(bytes) };
        request.Headers.Authorization = new("Bearer", ApiFixture.ProviderToken);
        request.Headers.TransferEncodingChunked = isChunked;

        await ApiFixture.AssertProblemAsync(await api.Client.SendAsync(request), HttpStatusCode.RequestEntityTooLarge);
    }

    [Fact]
    public async Task Secrets_ReadAndSentBack_AreKept()
    {
        var domain = await api.NewHostAsync($$"""
            { "http_roster_url": "http://127.0.0.1:1/%s", "http_roster_authorization_header": "Bearer hush", "hook_secret": "{{Secret}}" }
            """);
        var path = $"/api/v1/hosts/{domain}";
        var document = (await api.GetAsync(path)).AsObject();

        Assert.DoesNotContain("hush", document.ToJsonString(), StringComparison.Ordinal);
        Assert.DoesNotContain("whsec_", document.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal("""{"secret":"set"}""", document["hook_secret"]!.ToJsonString());

        document["isolate"] = true;
        using var answer = await api.SendAsync(HttpMethod.Put, path, document.ToJsonString());
        Assert.DoesNotContain("hush", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        var settings = (await api.Settings.GetAsync(domain))!;
        Assert.Equal(("Bearer hush", true), (settings.HttpRoster!.AuthorizationHeader, settings.Isolate));
        Assert.Equal("012345678901234567890123"u8.ToArray(), Assert.Single(settings.HookSecrets).ToArray());
    }

    [Fact]
    public async Task Marker_WhereNothingIsStored_IsRefused()
    {
        using var answer = await api.SendAsync(HttpMethod.Put, $"/api/v1/hosts/{api.NewDomain()}", """{ "hook_secret": { "secret": "set" } }""");

        Assert.Equal(["$.hook_secret"], await ApiFixture.AssertProblemAsync(answer, HttpStatusCode.UnprocessableEntity));
    }

    [Fact]
    public async Task ProviderOnlyKeys_FromAKey_AreForbiddenByPath()
    {
        var domain = await api.NewHostAsync("""{ "tenant": "acme", "limits": { "sessions": 5 } }""");
        var key = await api.NewKeyAsync(domain, "settings");

        using var refused = await api.SendAsync(
            HttpMethod.Put, $"/api/v1/hosts/{domain}", """{ "tenant": "evil", "limits": { "sessions": 0 }, "isolate": true }""", key);
        Assert.Equal(["$.tenant", "$.limits.sessions"], await ApiFixture.AssertProblemAsync(refused, HttpStatusCode.Forbidden));

        using var taken = await api.SendAsync(HttpMethod.Put, $"/api/v1/hosts/{domain}", """{ "isolate": true }""", key);
        Assert.Equal(HttpStatusCode.OK, taken.StatusCode);
        var settings = (await api.Settings.GetAsync(domain))!;
        Assert.Equal(("acme", 5, true), (settings.Tenant, settings.Limits.Sessions, settings.Isolate));
    }

    [Fact]
    public async Task Conditions_ThatAreNotMet_ChangeNothing()
    {
        var domain = api.NewDomain();
        var path = $"/api/v1/hosts/{domain}";
        foreach (var ifMatch in (string[])["*", "\"1\"", "nonsense"])
        {
            using var absent = await api.SendAsync(HttpMethod.Put, path, "{}", ifMatch: ifMatch);
            await ApiFixture.AssertProblemAsync(absent, HttpStatusCode.PreconditionFailed);
        }

        using var made = await api.SendAsync(HttpMethod.Put, path, "{}", ifNoneMatch: "*");
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        var first = made.Headers.ETag!.Tag;
        using var exists = await api.SendAsync(HttpMethod.Put, path, "{}", ifNoneMatch: "*");
        await ApiFixture.AssertProblemAsync(exists, HttpStatusCode.PreconditionFailed);

        using var second = await api.SendAsync(HttpMethod.Put, path, """{ "isolate": true }""", ifMatch: $"\"0\", {first}");
        Assert.Equal(HttpStatusCode.OK, second.StatusCode);
        foreach (var ifMatch in (string[])[first, $"W/{second.Headers.ETag!.Tag}"])
        {
            using var stale = await api.SendAsync(HttpMethod.Put, path, "{}", ifMatch: ifMatch);
            await ApiFixture.AssertProblemAsync(stale, HttpStatusCode.PreconditionFailed);
            using var staleRemoval = await api.SendAsync(HttpMethod.Delete, path, ifMatch: ifMatch);
            await ApiFixture.AssertProblemAsync(staleRemoval, HttpStatusCode.PreconditionFailed);
        }

        Assert.True((bool?)(await api.GetAsync(path))["isolate"]);
        using var removed = await api.SendAsync(HttpMethod.Delete, path, ifMatch: second.Headers.ETag.Tag);
        Assert.Equal(HttpStatusCode.NoContent, removed.StatusCode);
    }

    [Fact]
    public async Task Host_MadeAgain_HasALaterVersionAndInheritsNothing()
    {
        var domain = await api.NewHostAsync("""{ "isolate": true }""");
        var key = await api.NewKeyAsync(domain, "settings", "accounts");
        await api.SendAsync(HttpMethod.Put, $"/api/v1/hosts/{domain}/accounts/romeo", """{ "password": "secret" }""", key);
        var before = (await api.Settings.GetAsync(domain))!.Version;

        using var removed = await api.SendAsync(HttpMethod.Delete, $"/api/v1/hosts/{domain}");
        using var made = await api.SendAsync(HttpMethod.Put, $"/api/v1/hosts/{domain}", "{}");
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);

        Assert.True((await api.Settings.GetAsync(domain))!.Version > before);
        using var withOldKey = await api.SendAsync(HttpMethod.Get, $"/api/v1/hosts/{domain}", token: key);
        await ApiFixture.AssertProblemAsync(withOldKey, HttpStatusCode.Unauthorized);
        Assert.Empty((await api.GetAsync($"/api/v1/hosts/{domain}/accounts"))["items"]!.AsArray());
        Assert.Contains($"romeo@{domain}", api.ClearedRosters);
    }

    [Fact]
    public async Task Removal_ThatIsCutOff_LeavesTheHostClosed_AndNothingToWhoeverGetsTheDomainNext()
    {
        var domain = await api.NewHostAsync("""{ "tenant": "montague" }""");
        var path = $"/api/v1/hosts/{domain}";
        using var account = await api.SendAsync(HttpMethod.Put, $"{path}/accounts/romeo", """{ "password": "secret" }""");
        api.StuckRosters[$"romeo@{domain}"] = true;

        using var broken = await api.SendAsync(HttpMethod.Delete, path);

        await ApiFixture.AssertProblemAsync(broken, HttpStatusCode.ServiceUnavailable);
        using var again = await api.SendAsync(HttpMethod.Put, path, """{ "tenant": "capulet" }""", ifNoneMatch: "*");
        await ApiFixture.AssertProblemAsync(again, HttpStatusCode.PreconditionFailed);
        Assert.True(api.Settings.TryGetLoaded(domain, out var closed) && closed is { Enabled: false, IsErasing: true });

        api.StuckRosters.Clear();
        using var removed = await api.SendAsync(HttpMethod.Delete, path);
        Assert.Equal(HttpStatusCode.NoContent, removed.StatusCode);
        await api.NewHostAsync(domain, """{ "tenant": "capulet" }""");
        Assert.Empty((await api.GetAsync($"{path}/accounts"))["items"]!.AsArray());
    }

    [Fact]
    public async Task Removal_WhoseConditionIsNotMet_ClosesNothing()
    {
        var domain = await api.NewHostAsync();

        using var refused = await api.SendAsync(HttpMethod.Delete, $"/api/v1/hosts/{domain}", ifMatch: "\"1\"");

        await ApiFixture.AssertProblemAsync(refused, HttpStatusCode.PreconditionFailed);
        Assert.False((await api.Grains.Host(domain).GetAsync()).IsErasing);
    }

    [Fact]
    public async Task Effective_ShowsWhatIsInForce()
    {
        var domain = await api.NewHostAsync("""{ "limits": { "sessions": 5 } }""");
        var effective = await api.GetAsync($"/api/v1/hosts/{domain}?effective=true");

        Assert.Equal((domain, 5, 20), ((string?)effective["tenant"], (int)effective["limits"]!["sessions"]!, (int)effective["limits"]!["sessions_per_user"]!));
    }

    [Fact]
    public async Task List_GoesThroughAllHostsPageByPage()
    {
        var domains = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            domains.Add(await api.NewHostAsync($$"""{ "tenant": "list", "enabled": {{(i == 0 ? "false" : "true")}} }"""));
        }

        var seen = new List<JsonNode>();
        for (string? next = ""; next is not null;)
        {
            var page = await api.GetAsync($"/api/v1/hosts?limit=2&after={next}");
            Assert.True(page["items"]!.AsArray().Count <= 2);
            seen.AddRange(page["items"]!.AsArray()!);
            next = (string?)page["next"];
        }

        var listed = seen.Where(host => (string?)host["tenant"] == "list").ToArray();
        Assert.Equal(domains.Order(StringComparer.Ordinal), listed.Select(host => (string)host["host"]!));
        Assert.Equal(domains[0], (string?)Assert.Single(listed, host => !(bool)host["enabled"]!)["host"]);
        Assert.All(listed, host => Assert.Equal("api", (string?)host["source"]));
        Assert.Equal(seen.Count, seen.Select(host => (string)host["host"]!).Distinct().Count());
    }

    [Theory]
    [InlineData("0")]
    [InlineData("1001")]
    [InlineData("-1")]
    [InlineData("ten")]
    public async Task List_WithAnImpossibleLimit_IsABadRequest(string limit)
    {
        using var answer = await api.SendAsync(HttpMethod.Get, $"/api/v1/hosts?limit={limit}");

        await ApiFixture.AssertProblemAsync(answer, HttpStatusCode.BadRequest);
    }

    [Theory]
    [InlineData("PUT", "/api/v1/hosts/a%20b", HttpStatusCode.UnprocessableEntity)]
    [InlineData("GET", "/api/v1/hosts/a%20b/accounts", HttpStatusCode.NotFound)]
    [InlineData("GET", "/api/v1/nothing", HttpStatusCode.NotFound)]
    [InlineData("PATCH", "/api/v1/hosts", HttpStatusCode.MethodNotAllowed)]
    public async Task Request_ForWhatCannotBe_IsAProblem(string method, string path, HttpStatusCode status)
    {
        using var answer = await api.SendAsync(new HttpMethod(method), path, method == "PUT" ? "{}" : null);

        await ApiFixture.AssertProblemAsync(answer, status);
    }
}
