using System.Net;
using System.Text.Json.Nodes;
using Krewe.Contracts.Hosts;

namespace Krewe.Tests.Http;

/// <summary>Who may do what: every endpoint with no token, a wrong one, keys of each scope, a key of another host, and the provider's (contract: HTTP API).</summary>
[Collection(ApiCollection.Name)]
public sealed class AccessTests(ApiFixture api)
{
    private const string OnlyProvider = "";

    private static readonly (string Method, string Path, string Scope)[] Endpoints =
    [
        ("GET", "/api/v1/hosts", OnlyProvider),
        ("GET", "/api/v1/hosts/{host}", "settings"),
        ("PUT", "/api/v1/hosts/{host}", "settings"),
        ("DELETE", "/api/v1/hosts/{host}", OnlyProvider),
        ("GET", "/api/v1/hosts/{host}/versions", "settings"),
        ("GET", "/api/v1/hosts/{host}/versions/1", "settings"),
        ("GET", "/api/v1/hosts/{host}/versions/1/diff", "settings"),
        ("POST", "/api/v1/hosts/{host}/versions/1/restore", "settings"),
        ("POST", "/api/v1/hosts/{host}/suspend", OnlyProvider),
        ("POST", "/api/v1/hosts/{host}/resume", OnlyProvider),
        ("POST", "/api/v1/hosts/{host}/keys", "settings"),
        ("GET", "/api/v1/hosts/{host}/keys", "settings"),
        ("GET", "/api/v1/hosts/{host}/keys/none", "settings"),
        ("DELETE", "/api/v1/hosts/{host}/keys/none", "settings"),
        ("POST", "/api/v1/hosts/{host}/keys/none/rotate", "settings"),
        ("GET", "/api/v1/hosts/{host}/audit", "settings"),
        ("GET", "/api/v1/audit", OnlyProvider),
        ("GET", "/api/v1/tenants/{host}/keys", OnlyProvider),
        ("POST", "/api/v1/tenants/{host}/keys", OnlyProvider),
        ("GET", "/api/v1/tenants/{host}/keys/none", OnlyProvider),
        ("DELETE", "/api/v1/tenants/{host}/keys/none", OnlyProvider),
        ("POST", "/api/v1/tenants/{host}/keys/none/rotate", OnlyProvider),
        ("GET", "/api/v1/hosts/{host}/accounts", "accounts"),
        ("GET", "/api/v1/hosts/{host}/accounts/romeo", "accounts"),
        ("PUT", "/api/v1/hosts/{host}/accounts/romeo", "accounts"),
        ("DELETE", "/api/v1/hosts/{host}/accounts/romeo", "accounts"),
        ("GET", "/api/v1/hosts/{host}/sessions", "settings"),
        ("DELETE", "/api/v1/hosts/{host}/sessions/romeo%40{host}%2Fgone", "settings"),
        ("GET", "/api/v1/hosts/{host}/rosters/romeo", "roster"),
        ("GET", "/api/v1/hosts/{host}/delegations", "settings"),
        ("GET", "/api/v1/hosts/{host}/muc/rooms", "muc"),
        ("GET", "/api/v1/hosts/{host}/muc/rooms/ball%40rooms.{host}", "muc"),
        ("PUT", "/api/v1/hosts/{host}/muc/rooms/ball%40rooms.{host}", "muc"),
        ("DELETE", "/api/v1/hosts/{host}/muc/rooms/ball%40rooms.{host}", "muc"),
        ("GET", "/api/v1/hosts/{host}/muc/rooms/ball%40rooms.{host}/occupants", "muc"),
        ("DELETE", "/api/v1/hosts/{host}/muc/rooms/ball%40rooms.{host}/occupants/romeo", "muc"),
        ("GET", "/api/v1/hosts/{host}/rooms", "muc"),
        ("GET", "/api/v1/hosts/{host}/rooms/ball%40rooms.{host}", "muc"),
        ("PUT", "/api/v1/hosts/{host}/rooms/ball%40rooms.{host}", "muc"),
        ("DELETE", "/api/v1/hosts/{host}/rooms/ball%40rooms.{host}", "muc"),
        ("GET", "/api/v1/hosts/{host}/rooms/ball%40rooms.{host}/occupants", "muc"),
        ("DELETE", "/api/v1/hosts/{host}/rooms/ball%40rooms.{host}/occupants/romeo", "muc"),
        ("POST", "/api/v1/hosts/{host}/muc/decisions/invalidate", "muc"),
    ];

    public static IEnumerable<object[]> Matrix => Endpoints.SelectMany(endpoint => HostKeys.Scopes, (endpoint, scope) =>
        (object[])[endpoint.Method, endpoint.Path, scope, endpoint.Scope == scope]);

    public static IEnumerable<object[]> All => Endpoints.Select(endpoint => (object[])[endpoint.Method, endpoint.Path]);

    [Theory, MemberData(nameof(Matrix))]
    public async Task Key_MayDoWhatItsScopeSays(string method, string path, string scope, bool isAllowed)
    {
        var domain = await api.NewHostAsync();
        var key = await api.NewKeyAsync(domain, scope);

        using var answer = await SendAsync(method, path, domain, key);

        if (isAllowed)
        {
            Assert.NotInRange((int)answer.StatusCode, 401, 403);
            Assert.InRange((int)answer.StatusCode, 200, 499);
        }
        else
        {
            await ApiFixture.AssertProblemAsync(answer, HttpStatusCode.Forbidden);
        }
    }

    [Theory, MemberData(nameof(All))]
    public async Task Key_OfAnotherHost_IsForbiddenWhetherTheHostExistsOrNot(string method, string path)
    {
        var key = await api.NewKeyAsync(await api.NewHostAsync(), [.. HostKeys.Scopes]);
        foreach (var domain in (string[])[await api.NewHostAsync(), api.NewDomain(), "not%20a%20domain"])
        {
            using var answer = await SendAsync(method, path, domain, key);
            await ApiFixture.AssertProblemAsync(answer, HttpStatusCode.Forbidden);
        }
    }

    [Theory, MemberData(nameof(All))]
    public async Task Request_WithoutAGoodToken_IsUnauthorized(string method, string path)
    {
        var domain = await api.NewHostAsync();
        var key = await api.NewKeyAsync(domain, [.. HostKeys.Scopes]);
        string?[] tokens =
        [
            null, "", "wrong", ApiFixture.ProviderToken + "x", ApiFixture.ProviderToken[..^1], key[..^1], key + "x",
            new HostKeyToken(domain, "0000000000000000", "secret").ToToken(), new HostKeyToken(api.NewDomain(), "id", "secret").ToToken(),
        ];
        foreach (var token in tokens)
        {
            using var answer = await SendAsync(method, path, domain, token, api.NewAddress());
            await ApiFixture.AssertProblemAsync(answer, HttpStatusCode.Unauthorized);
            Assert.Equal("Bearer", answer.Headers.WwwAuthenticate.Single().Scheme);
        }
    }

    [Fact]
    public async Task Host_ThatDoesNotExist_IsNotFoundOnlyToTheProvider()
    {
        foreach (var (method, path, _) in Endpoints.Where(endpoint => endpoint.Path.Contains("/hosts/{host}", StringComparison.Ordinal) && endpoint.Method != "PUT"))
        {
            using var answer = await SendAsync(method, path, api.NewDomain(), ApiFixture.ProviderToken);
            await ApiFixture.AssertProblemAsync(answer, HttpStatusCode.NotFound);
        }
    }

    [Fact]
    public async Task Key_MakesKeysOnlyWithScopesThatItHas()
    {
        var domain = await api.NewHostAsync();
        var key = await api.NewKeyAsync(domain, "settings", "roster");

        using var refused = await api.SendAsync(HttpMethod.Post, $"/api/v1/hosts/{domain}/keys", """{ "name": "x", "scopes": ["roster", "muc"] }""", key);
        await ApiFixture.AssertProblemAsync(refused, HttpStatusCode.Forbidden);
        using var made = await api.SendAsync(HttpMethod.Post, $"/api/v1/hosts/{domain}/keys", """{ "name": "x", "scopes": ["roster"] }""", key);
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
    }

    [Fact]
    public async Task Key_IsShownOnceAndListedWithoutItsSecret()
    {
        var domain = await api.NewHostAsync();
        var made = await api.JsonAsync(HttpMethod.Post, $"/api/v1/hosts/{domain}/keys", """{ "name": "ci", "scopes": ["roster", "roster"], "expires_at": "2099-01-01T00:00:00Z" }""");
        var token = (string)made["key"]!;

        Assert.StartsWith("krewe.", token, StringComparison.Ordinal);
        Assert.Equal(("ci", "roster"), ((string?)made["name"], (string?)Assert.Single(made["scopes"]!.AsArray())));
        var text = (await api.GetAsync($"/api/v1/hosts/{domain}/keys")).ToJsonString();
        Assert.DoesNotContain(token.Split('.')[^1], text, StringComparison.Ordinal);
        var listed = Assert.Single(JsonNode.Parse(text)!["items"]!.AsArray())!;
        Assert.Equal((string?)made["id"], (string?)listed["id"]);
        Assert.Null(listed["key"]);
        Assert.Equal(new DateTime(2099, 1, 1), listed["expires_at"]!.GetValue<DateTimeOffset>().UtcDateTime);
        var read = await api.GetAsync($"/api/v1/hosts/{domain}/keys/{(string?)made["id"]}");
        Assert.Equal(listed.ToJsonString(), read.ToJsonString());
        using var missing = await api.SendAsync(HttpMethod.Get, $"/api/v1/hosts/{domain}/keys/0000000000000000");
        await ApiFixture.AssertProblemAsync(missing, HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Key_ThatWasDeleted_IsNoGoodAtOnce()
    {
        var domain = await api.NewHostAsync();
        var made = await api.JsonAsync(HttpMethod.Post, $"/api/v1/hosts/{domain}/keys", """{ "name": "x", "scopes": ["settings"] }""");
        var token = (string)made["key"]!;
        await api.GetAsync($"/api/v1/hosts/{domain}", token);

        using var deleted = await api.SendAsync(HttpMethod.Delete, $"/api/v1/hosts/{domain}/keys/{made["id"]}");
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);

        using var answer = await api.SendAsync(HttpMethod.Get, $"/api/v1/hosts/{domain}", token: token);
        await ApiFixture.AssertProblemAsync(answer, HttpStatusCode.Unauthorized);
    }

    [Theory]
    [InlineData("""{}""", "$.name", "$.scopes")]
    [InlineData("""{ "name": "x", "scopes": [] }""", "$.scopes")]
    [InlineData("""{ "name": "x", "scopes": ["roster", "root"] }""", "$.scopes[1]")]
    [InlineData("""{ "name": "x", "scopes": ["roster"], "expires_at": "2001-01-01T00:00:00Z" }""", "$.expires_at")]
    public async Task Key_ThatIsNotValid_IsRefusedByPath(string body, params string[] paths)
    {
        using var answer = await api.SendAsync(HttpMethod.Post, $"/api/v1/hosts/{await api.NewHostAsync()}/keys", body);

        Assert.Equal(paths, await ApiFixture.AssertProblemAsync(answer, HttpStatusCode.UnprocessableEntity));
    }

    [Theory]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("""{ "name": 5, "scopes": ["roster"] }""")]
    [InlineData("""{ "name": "x", "name": "y", "scopes": ["roster"] }""")]
    [InlineData("""{ "name": "x", "scopes": ["roster"], "more": 1 }""")]
    public async Task Key_OfTheWrongShape_IsABadRequest(string body)
    {
        using var answer = await api.SendAsync(HttpMethod.Post, $"/api/v1/hosts/{await api.NewHostAsync()}/keys", body);

        await ApiFixture.AssertProblemAsync(answer, HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Keys_UpToTheLimit_AreMade()
    {
        var domain = await api.NewHostAsync();
        for (var i = 0; i < HostKeys.KeysMax; i++)
        {
            await api.NewKeyAsync(domain, "roster");
        }

        using var answer = await api.SendAsync(HttpMethod.Post, $"/api/v1/hosts/{domain}/keys", """{ "name": "x", "scopes": ["roster"] }""");
        await ApiFixture.AssertProblemAsync(answer, HttpStatusCode.Conflict);
    }

    private Task<HttpResponseMessage> SendAsync(string method, string path, string domain, string? token, string? from = null) => api.SendAsync(
        new HttpMethod(method), path.Replace("{host}", domain, StringComparison.Ordinal), method is "GET" or "DELETE" ? null : "{}", token, from: from);
}
