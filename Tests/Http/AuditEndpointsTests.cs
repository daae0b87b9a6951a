using System.Net;
using System.Text.Json.Nodes;
using Krewe.Frontend.Http;
using Krewe.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Krewe.Tests.Http;

/// <summary>What the audit log tells, to whom, and what it never tells (contract: HTTP API).</summary>
[Collection(ApiCollection.Name)]
public sealed class AuditEndpointsTests(ApiFixture api)
{
    [Fact]
    public async Task Change_IsToldWithWhoFromWhereWhatAndOutcome_BeforeItsAnswer()
    {
        var domain = await api.NewHostAsync();
        var made = await api.JsonAsync(HttpMethod.Post, $"/api/v1/hosts/{domain}/keys", """{ "name": "ci", "scopes": ["accounts"] }""");
        var (before, address) = (DateTimeOffset.UtcNow, api.NewAddress());

        using var answer = await api.SendAsync(
            HttpMethod.Put, $"/api/v1/hosts/{domain}/accounts/romeo?secret=in-the-query", """{ "password": "in-the-body" }""", (string)made["key"]!, from: address);

        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        var log = await api.GetAsync($"/api/v1/hosts/{domain}/audit");
        var entry = log["items"]![0]!;
        Assert.Equal(
            ("change", $"key:{made["id"]}", "ci", address, "PUT /api/v1/hosts/{host}/accounts/{localpart}", 201, domain),
            ((string?)entry["kind"], (string?)entry["who"], (string?)entry["name"], (string?)entry["from"], (string?)entry["what"], (int)entry["status"]!, (string?)entry["tenant"]));
        Assert.Equal($$"""{"host":"{{domain}}","localpart":"romeo"}""", entry["values"]!.ToJsonString());
        Assert.Equal(answer.Headers.GetValues("X-Request-Id").Single(), (string?)entry["request_id"]);
        Assert.InRange(entry["at"]!.GetValue<DateTimeOffset>(), before, DateTimeOffset.UtcNow);
        Assert.DoesNotContain("in-the-", log.ToJsonString(), StringComparison.Ordinal);
        Assert.DoesNotContain(((string)made["key"]!).Split('.')[^1], log.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Log_IsFromTheNewestToTheOldest_AndGoneThroughByPages()
    {
        var domain = await api.NewHostAsync();
        for (var i = 0; i < 5; i++)
        {
            await PutAccountAsync(domain, $"user{i}");
        }

        var (whats, path) = (new List<string?>(), $"/api/v1/hosts/{domain}/audit?limit=2");
        for (string? after = null; ;)
        {
            var page = await api.GetAsync(after is null ? path : $"{path}&after={after}");
            whats.AddRange(page["items"]!.AsArray().Select(entry => (string?)entry!["values"]!["localpart"] ?? (string?)entry["what"]));
            Assert.InRange(page["items"]!.AsArray().Count, 1, 2);
            if ((after = (string?)page["next"]) is null)
            {
                break;
            }
        }

        Assert.Equal(["user4", "user3", "user2", "user1", "user0", "PUT /api/v1/hosts/{host}"], whats);
    }

    [Fact]
    public async Task Log_BetweenTimes_HasWhatHappenedThen()
    {
        var domain = await api.NewHostAsync();
        await PutAccountAsync(domain, "first");
        var at = Uri.EscapeDataString((await api.GetAsync($"/api/v1/hosts/{domain}/audit?limit=1"))["items"]![0]!["at"]!.GetValue<DateTimeOffset>().AddTicks(1).ToString("O"));
        await PutAccountAsync(domain, "second");

        Assert.Equal(["second"], Localparts(await api.GetAsync($"/api/v1/hosts/{domain}/audit?since={at}")));
        Assert.Equal(["first"], Localparts(await api.GetAsync($"/api/v1/hosts/{domain}/audit?until={at}")));
        Assert.Empty(Localparts(await api.GetAsync($"/api/v1/hosts/{domain}/audit?since={at}&until={at}")));
    }

    [Theory]
    [InlineData("after=x")]
    [InlineData("after=1.2.3")]
    [InlineData("since=yesterday")]
    [InlineData("until=2026-01-01")]
    [InlineData("limit=0")]
    public async Task Log_AskedForWrongly_IsABadRequest(string query)
    {
        using var answer = await api.SendAsync(HttpMethod.Get, $"/api/v1/audit?{query}");
        await ApiFixture.AssertProblemAsync(answer, HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Refusals_ThatAreEqual_AreOneEntryWithACount()
    {
        var domain = await api.NewHostAsync();
        var (key, address) = (await api.NewKeyAsync(domain, "settings"), api.NewAddress());
        for (var i = 0; i < 3; i++)
        {
            using var refused = await api.SendAsync(HttpMethod.Get, $"/api/v1/hosts/{domain}/accounts/user{i}", token: key, from: address);
            await WriteAsync();
        }

        var refusal = Assert.Single(await EntriesAsync(domain), entry => (string?)entry["kind"] == "refusal");
        Assert.Equal((3, 403, "user2"), ((int)refusal["count"]!, (int)refusal["status"]!, (string?)refusal["values"]!["localpart"]));
        Assert.True(refusal["last_at"]!.GetValue<DateTimeOffset>() >= refusal["at"]!.GetValue<DateTimeOffset>());
    }

    [Fact]
    public async Task Document_ThatIsNotValid_IsARefusal()
    {
        var domain = await api.NewHostAsync();
        using var refused = await api.SendAsync(HttpMethod.Put, $"/api/v1/hosts/{domain}", """{ "nonsense": 1 }""");
        using var unmet = await api.SendAsync(HttpMethod.Put, $"/api/v1/hosts/{domain}", "{}", ifMatch: "\"1\"");
        await WriteAsync();

        Assert.Equal([422], (await EntriesAsync(domain)).Where(entry => (string?)entry["kind"] == "refusal").Select(entry => (int)entry["status"]!));
    }

    [Fact]
    public async Task SignIn_IsToldOnce_ForEachAddress()
    {
        var domain = await api.NewHostAsync();
        var key = await api.NewKeyAsync(domain, "settings");
        var addresses = new[] { api.NewAddress(), api.NewAddress() };
        foreach (var address in addresses.Concat(addresses))
        {
            using var answer = await api.SendAsync(HttpMethod.Get, $"/api/v1/hosts/{domain}", token: key, from: address);
        }

        await WriteAsync();
        var signIns = (await EntriesAsync(domain)).Where(entry => (string?)entry["kind"] == "sign_in").ToArray();
        Assert.Equal(addresses.Order(StringComparer.Ordinal), signIns.Select(entry => (string)entry["from"]!).Order(StringComparer.Ordinal));
        Assert.All(signIns, entry => Assert.Equal((1, "test"), ((int)entry["count"]!, (string?)entry["name"])));
    }

    [Fact]
    public async Task Strangers_AreInTheProvidersLogAlone_WithoutWhatTheyWrote()
    {
        var domain = await api.NewHostAsync();
        var address = api.NewAddress();
        using var withoutToken = await api.SendAsync(HttpMethod.Delete, $"/api/v1/hosts/{domain}/accounts/a-secret", token: null, from: address);
        using var withBadToken = await api.SendAsync(HttpMethod.Get, "/api/v1/hosts/another-secret.example", token: "a-guess", from: address);
        await WriteAsync();

        var entries = (await EntriesAsync(null)).Where(entry => (string?)entry["from"] == address).ToArray();
        Assert.Equal(
            ["DELETE /api/v1/hosts/{host}/accounts/{localpart} 401", "GET /api/v1/hosts/{host} 401"],
            entries.Select(entry => $"{entry["what"]} {entry["status"]}").Order(StringComparer.Ordinal));
        Assert.All(entries, entry => Assert.Null(entry["who"]));
        Assert.DoesNotContain(entries, entry => entry.ToJsonString().Contains("secret", StringComparison.Ordinal) || entry.ToJsonString().Contains("guess", StringComparison.Ordinal));
        Assert.DoesNotContain(await EntriesAsync(domain), entry => (string?)entry["from"] == address);
    }

    [Fact]
    public async Task Key_ThatTriesAnotherHost_IsInTheLogOfItsOwn()
    {
        var (own, other) = (await api.NewHostAsync(), await api.NewHostAsync());
        var key = await api.NewKeyAsync(own, "settings");
        using var refused = await api.SendAsync(HttpMethod.Put, $"/api/v1/hosts/{other}", "{}", key);
        await WriteAsync();

        Assert.Contains(await EntriesAsync(own), entry => (string?)entry["kind"] == "refusal" && (string?)entry["values"]!["host"] == other);
        Assert.DoesNotContain(await EntriesAsync(other), entry => (string?)entry["kind"] == "refusal");
    }

    [Fact]
    public async Task Hosts_ThatAreMadeAndRemoved_AreInTheProvidersLogToo()
    {
        var domain = await api.NewHostAsync();
        using var removed = await api.SendAsync(HttpMethod.Delete, $"/api/v1/hosts/{domain}");
        await WriteAsync();

        var told = (await EntriesAsync(null)).Where(entry => (string?)entry["values"]?["host"] == domain).Select(entry => $"{entry["what"]} {entry["status"]}");
        Assert.Equal(["DELETE /api/v1/hosts/{host} 204", "PUT /api/v1/hosts/{host} 201"], told);
    }

    [Fact]
    public async Task Log_OfAHostThatWasRemoved_IsTheProvidersAlone()
    {
        var domain = api.NewDomain();
        using (var unknown = await api.SendAsync(HttpMethod.Get, $"/api/v1/hosts/{domain}/audit"))
        {
            await ApiFixture.AssertProblemAsync(unknown, HttpStatusCode.NotFound);
        }

        await api.NewHostAsync(domain, "{}");
        var oldKey = await api.NewKeyAsync(domain, "settings");
        await PutAccountAsync(domain, "of-the-old-tenant");
        using (var refused = await api.SendAsync(HttpMethod.Get, $"/api/v1/hosts/{domain}/accounts", token: oldKey))
        using (var removed = await api.SendAsync(HttpMethod.Delete, $"/api/v1/hosts/{domain}"))
        {
            Assert.Equal(HttpStatusCode.NoContent, removed.StatusCode);
        }

        await WriteAsync();
        Assert.Contains("of-the-old-tenant", Localparts(await api.GetAsync($"/api/v1/hosts/{domain}/audit")));

        await api.NewHostAsync(domain, "{}");
        var newKey = await api.NewKeyAsync(domain, "settings");
        await PutAccountAsync(domain, "of-the-new-tenant");
        var log = await api.GetAsync($"/api/v1/hosts/{domain}/audit", newKey);
        Assert.Equal(["of-the-new-tenant"], Localparts(log));
        Assert.DoesNotContain(log["items"]!.AsArray(), entry => (string?)entry!["kind"] == "refusal" || (string?)entry["what"] == "DELETE /api/v1/hosts/{host}");
        Assert.Contains("of-the-old-tenant", Localparts(await api.GetAsync($"/api/v1/hosts/{domain}/audit")));
    }

    [Fact]
    public async Task Log_OfAHostThatWentToAnotherTenant_IsHisFromThenOn()
    {
        var domain = await api.NewHostAsync("""{ "tenant": "montague" }""");
        var key = await api.NewKeyAsync(domain, "settings");
        await PutAccountAsync(domain, "romeo");
        Assert.Contains("romeo", Localparts(await api.GetAsync($"/api/v1/hosts/{domain}/audit", key)));

        await api.JsonAsync(HttpMethod.Put, $"/api/v1/hosts/{domain}", """{ "tenant": "capulet" }""");
        await PutAccountAsync(domain, "juliet");

        Assert.Equal(["juliet"], Localparts(await api.GetAsync($"/api/v1/hosts/{domain}/audit", await api.NewKeyAsync(domain, "settings"))));
        Assert.Equal(["juliet", "romeo"], Localparts(await api.GetAsync($"/api/v1/hosts/{domain}/audit")));
    }

    [Fact]
    public async Task Actions_AreToldTogether()
    {
        var domain = await api.NewHostAsync("""{ "components": { "rooms.DOMAIN": { "type": "muc" } } }""".Replace("DOMAIN", api.NewDomain(), StringComparison.Ordinal));
        for (var i = 0; i < 3; i++)
        {
            using var done = await api.SendAsync(HttpMethod.Post, $"/api/v1/hosts/{domain}/muc/decisions/invalidate", """{ "user": "romeo@elsewhere.example" }""");
            Assert.Equal(HttpStatusCode.OK, done.StatusCode);
        }

        await WriteAsync();
        Assert.Equal(3, (int)Assert.Single(await EntriesAsync(domain), entry => (string?)entry["kind"] == "action")["count"]!);
    }

    private static IEnumerable<string> Localparts(JsonNode log) => log["items"]!.AsArray().Select(entry => (string?)entry!["values"]?["localpart"]).OfType<string>();

    private Task WriteAsync() => api.Services.GetRequiredService<AuditQueue>().WriteCollectedAsync().WaitAsync(Timeouts.Test);

    private async Task<JsonNode[]> EntriesAsync(string? domain) =>
        [.. (await api.GetAsync(domain is null ? "/api/v1/audit?limit=1000" : $"/api/v1/hosts/{domain}/audit?limit=1000"))["items"]!.AsArray().Select(entry => entry!)];

    private async Task PutAccountAsync(string domain, string localpart)
    {
        using var answer = await api.SendAsync(HttpMethod.Put, $"/api/v1/hosts/{domain}/accounts/{localpart}", """{ "password": "secret" }""");
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
    }
}
