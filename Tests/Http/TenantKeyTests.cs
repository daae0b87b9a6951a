using System.Net;
using System.Text.Json.Nodes;
using Krewe.Contracts.Hosts;

namespace Krewe.Tests.Http;

/// <summary>Keys that act on all hosts of one tenant (contract: HTTP API).</summary>
[Collection(ApiCollection.Name)]
public sealed class TenantKeyTests(ApiFixture api)
{
    [Fact]
    public async Task TenantKey_ActsOnTheHostsThatNameItsTenant_AndOnNoOther()
    {
        var tenant = NewTenant();
        var (first, second) = (await NewHostOfAsync(tenant), await NewHostOfAsync(tenant));
        var key = await NewKeyAsync(tenant, "settings");

        Assert.Equal(tenant, (string?)(await api.GetAsync($"/api/v1/hosts/{first}", key))["tenant"]);
        await api.GetAsync($"/api/v1/hosts/{second}", key);
        foreach (var domain in (string[])[await NewHostOfAsync(NewTenant()), await api.NewHostAsync(), api.NewDomain(), "not%20a%20domain"])
        {
            await AssertForbiddenAsync(HttpMethod.Get, $"/api/v1/hosts/{domain}", key);
            await AssertForbiddenAsync(HttpMethod.Put, $"/api/v1/hosts/{domain}", key, "{}");
        }
    }

    [Fact]
    public async Task TenantKey_OfADomain_ActsOnTheHostThatNamesNoTenant()
    {
        var domain = await api.NewHostAsync();
        var key = await NewKeyAsync(domain, "settings");

        await api.GetAsync($"/api/v1/hosts/{domain}", key);
    }

    [Fact]
    public async Task TenantKey_WhenTheHostGoesToAnotherTenant_ActsOnItNoLonger()
    {
        var tenant = NewTenant();
        var domain = await NewHostOfAsync(tenant);
        var key = await NewKeyAsync(tenant, "settings");
        await api.GetAsync($"/api/v1/hosts/{domain}", key);

        await api.JsonAsync(HttpMethod.Put, $"/api/v1/hosts/{domain}", $$"""{ "tenant": "{{NewTenant()}}" }""");

        await AssertForbiddenAsync(HttpMethod.Get, $"/api/v1/hosts/{domain}", key);
    }

    [Fact]
    public async Task TenantKey_OfADomain_IsNoGoodForWhoeverGetsTheDomainNext()
    {
        var domain = await api.NewHostAsync();
        var key = await NewKeyAsync(domain, "settings");
        await api.GetAsync($"/api/v1/hosts/{domain}", key);

        using var deleted = await api.SendAsync(HttpMethod.Delete, $"/api/v1/hosts/{domain}");
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        await api.NewHostAsync(domain, "{}");

        using var refused = await api.SendAsync(HttpMethod.Get, $"/api/v1/hosts/{domain}", token: key, from: api.NewAddress());
        await ApiFixture.AssertProblemAsync(refused, HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task TenantKey_WhenAHostOfTheTenantIsRemoved_ActsOnTheOthers()
    {
        var tenant = NewTenant();
        var (first, second) = (await NewHostOfAsync(tenant), await NewHostOfAsync(tenant));
        var key = await NewKeyAsync(tenant, "settings");

        using var deleted = await api.SendAsync(HttpMethod.Delete, $"/api/v1/hosts/{first}");
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);

        await api.GetAsync($"/api/v1/hosts/{second}", key);
    }

    [Fact]
    public async Task HostKey_WhenTheHostGoesToAnotherTenant_IsNoGoodAnyMore()
    {
        var domain = await NewHostOfAsync(NewTenant());
        var key = await api.NewKeyAsync(domain, "settings", "accounts");
        await api.GetAsync($"/api/v1/hosts/{domain}", key);

        await api.JsonAsync(HttpMethod.Put, $"/api/v1/hosts/{domain}", $$"""{ "tenant": "{{NewTenant()}}" }""");

        using var refused = await api.SendAsync(HttpMethod.Get, $"/api/v1/hosts/{domain}/accounts", token: key, from: api.NewAddress());
        await ApiFixture.AssertProblemAsync(refused, HttpStatusCode.Unauthorized);
        Assert.Empty((await api.GetAsync($"/api/v1/hosts/{domain}/keys"))["items"]!.AsArray());
    }

    [Fact]
    public async Task HostKey_WhenTheTenantIsOnlyWrittenOut_StaysGood()
    {
        var domain = await api.NewHostAsync();
        var key = await api.NewKeyAsync(domain, "settings");

        await api.JsonAsync(HttpMethod.Put, $"/api/v1/hosts/{domain}", $$"""{ "tenant": "{{domain}}" }""");

        await api.GetAsync($"/api/v1/hosts/{domain}", key);
    }

    [Fact]
    public async Task Versions_OfTheTimeOfAnotherTenant_AreNotTold()
    {
        var domain = await NewHostOfAsync(NewTenant());
        var path = $"/api/v1/hosts/{domain}";
        var first = (string)(await api.GetAsync($"{path}/versions"))["items"]![0]!["version"]!.ToJsonString();

        await api.JsonAsync(HttpMethod.Put, path, $$"""{ "tenant": "{{NewTenant()}}" }""");

        var key = await api.NewKeyAsync(domain, "settings");
        Assert.Single((await api.GetAsync($"{path}/versions", key))["items"]!.AsArray());
        foreach (var (method, rest) in ((HttpMethod, string)[])[(HttpMethod.Get, ""), (HttpMethod.Get, "/diff"), (HttpMethod.Post, "/restore")])
        {
            using var answer = await api.SendAsync(method, $"{path}/versions/{first}{rest}", token: key);
            await ApiFixture.AssertProblemAsync(answer, HttpStatusCode.NotFound);
        }
    }

    [Fact]
    public async Task TenantKey_NeverDoesWhatIsTheProviders()
    {
        var tenant = NewTenant();
        var domain = await NewHostOfAsync(tenant);
        var key = await NewKeyAsync(tenant, [.. HostKeys.Scopes]);

        await AssertForbiddenAsync(HttpMethod.Get, "/api/v1/hosts", key);
        await AssertForbiddenAsync(HttpMethod.Get, "/api/v1/audit", key);
        await AssertForbiddenAsync(HttpMethod.Delete, $"/api/v1/hosts/{domain}", key);
        await AssertForbiddenAsync(HttpMethod.Put, $"/api/v1/hosts/{domain}", key, """{ "tenant": "another" }""");
        await AssertForbiddenAsync(HttpMethod.Put, $"/api/v1/hosts/{domain}", key, $$"""{ "tenant": "{{tenant}}", "enabled": false }""");
    }

    [Fact]
    public async Task TenantKey_DoesWhatItsScopesSay()
    {
        var tenant = NewTenant();
        var domain = await NewHostOfAsync(tenant);
        var key = await NewKeyAsync(tenant, "accounts");

        await api.GetAsync($"/api/v1/hosts/{domain}/accounts", key);
        await AssertForbiddenAsync(HttpMethod.Get, $"/api/v1/hosts/{domain}", key);
        await AssertForbiddenAsync(HttpMethod.Get, $"/api/v1/tenants/{tenant}/keys", key);
    }

    [Fact]
    public async Task TenantKey_MakesKeysOfItsTenantAndOfItsHosts_OnlyWithScopesThatItHas()
    {
        var tenant = NewTenant();
        var domain = await NewHostOfAsync(tenant);
        var key = await NewKeyAsync(tenant, "settings", "roster");
        const string Roster = """{ "name": "x", "scopes": ["roster"] }""";
        const string Muc = """{ "name": "x", "scopes": ["muc"] }""";

        foreach (var keys in (string[])[$"/api/v1/tenants/{tenant}/keys", $"/api/v1/hosts/{domain}/keys"])
        {
            await api.JsonAsync(HttpMethod.Post, keys, Roster, key);
            await AssertForbiddenAsync(HttpMethod.Post, keys, key, Muc);
        }

        await AssertForbiddenAsync(HttpMethod.Post, $"/api/v1/tenants/{NewTenant()}/keys", key, Roster);
        await AssertForbiddenAsync(HttpMethod.Get, $"/api/v1/tenants/{NewTenant()}/keys", key);
    }

    [Fact]
    public async Task TenantKeys_AreListed_AndNoGoodWhenDeleted()
    {
        // With what a path and a storage key might stumble over.
        var tenant = $"Öl & Gas/{NewTenant()}@x %2F";
        var keys = $"/api/v1/tenants/{Uri.EscapeDataString(tenant)}/keys";
        var domain = await NewHostOfAsync(tenant);
        var made = await api.JsonAsync(HttpMethod.Post, keys, """{ "name": "ci", "scopes": ["settings"] }""");
        var token = (string)made["key"]!;
        await api.GetAsync($"/api/v1/hosts/{domain}", token);

        var listed = Assert.Single((await api.GetAsync(keys, token))["items"]!.AsArray())!;
        Assert.Equal(((string?)made["id"], "ci", null), ((string?)listed["id"], (string?)listed["name"], (string?)listed["key"]));
        using var deleted = await api.SendAsync(HttpMethod.Delete, $"{keys}/{made["id"]}");
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);

        using var refused = await api.SendAsync(HttpMethod.Get, $"/api/v1/hosts/{domain}", token: token, from: api.NewAddress());
        await ApiFixture.AssertProblemAsync(refused, HttpStatusCode.Unauthorized);
        Assert.Empty((await api.GetAsync(keys))["items"]!.AsArray());
    }

    [Theory]
    [InlineData("%00")]
    [InlineData("256")]
    public async Task Tenant_ThatIsNoName_IsRefused(string name)
    {
        name = name == "256" ? new string('x', 256) : name;
        using var answer = await api.SendAsync(HttpMethod.Get, $"/api/v1/tenants/{name}/keys");

        // A server may refuse such a path before anybody looks at it.
        Assert.Contains(answer.StatusCode, new[] { HttpStatusCode.UnprocessableEntity, HttpStatusCode.BadRequest });
    }

    private static string NewTenant() => $"tenant-{Guid.NewGuid():N}";

    private async Task<string> NewHostOfAsync(string tenant) => await api.NewHostAsync(new JsonObject { ["tenant"] = tenant }.ToJsonString());

    private async Task<string> NewKeyAsync(string tenant, params string[] scopes)
    {
        var body = new JsonObject { ["name"] = "test", ["scopes"] = new JsonArray([.. scopes.Select(scope => (JsonNode)scope)]) };
        return (string)(await api.JsonAsync(HttpMethod.Post, $"/api/v1/tenants/{Uri.EscapeDataString(tenant)}/keys", body.ToJsonString()))["key"]!;
    }

    private async Task AssertForbiddenAsync(HttpMethod method, string path, string token, string? body = null)
    {
        using var answer = await api.SendAsync(method, path, body, token);
        await ApiFixture.AssertProblemAsync(answer, HttpStatusCode.Forbidden);
    }
}
