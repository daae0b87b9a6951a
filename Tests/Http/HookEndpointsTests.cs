using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Krewe.Tests.Support;
using Krewe.Tests.Transcripts;

namespace Krewe.Tests.Http;

/// <summary>Contract §4, <c>GET …/hooks</c>: what became of the last calls of each hook, and never anything of a body, a user or a secret.</summary>
public sealed class HookEndpointsTests(LocalPathServer server) : IClassFixture<LocalPathServer>
{
    private const string Secret = "whsec_c2VjcmV0IG9mIHRoZSB0ZXN0cyBmb3IgaG9va3M=";

    private static int s_domains;

    private readonly string _domain = $"hooks{Interlocked.Increment(ref s_domains)}.example";

    private KreweServer Krewe => server.Krewe;

    private string Rooms => $"rooms.{_domain}";

    [Fact]
    public async Task Hooks_BeforeAnyCall_AreThoseOfTheDocument()
    {
        await PutHostAsync("https://app.example/contacts/%s?key=hidden", "http://127.0.0.1:9/can-join?token=hidden", "https://app.example/iq");

        var hooks = await ListAsync();

        Assert.Equal(
            [("delegation", "urn:example:ns", "https://app.example/iq"), ("muc-auth", Rooms, "http://127.0.0.1:9/can-join"), ("roster", null, "https://app.example/contacts/%s")],
            hooks.Select(hook => ((string?)hook["hook"], (string?)hook["part"], (string?)hook["url"])));
        Assert.All(hooks, hook => Assert.Equal(("closed", 0, 0), ((string?)hook["breaker"], (int)hook["count"]!, hook["calls"]!.AsArray().Count)));
        Assert.DoesNotContain("hidden", new JsonArray([.. hooks.Select(hook => hook.DeepClone())]).ToJsonString(), StringComparison.Ordinal);
        Assert.Single(hooks[1]["warnings"]!.AsArray(), warning => ((string)warning!).Contains("http", StringComparison.Ordinal));
        Assert.Empty(hooks[2]["warnings"]!.AsArray());
    }

    [Theory]
    [InlineData("https://10.0.0.1/%s")]
    [InlineData("https://169.254.169.254/%s")]
    [InlineData("https://[::1]/%s")]
    [InlineData("https://[::ffff:10.0.0.1]/%s")]
    [InlineData("https://2852039166/%s")]
    public async Task Hook_WhoseAddressEgressRefuses_IsWarnedOf(string url)
    {
        await PutHostAsync(url);

        Assert.Contains("egress", (string)(await ListAsync()).Single()["warnings"]!.AsArray().Single()!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Calls_AreLogged_TheNewestFirst_WithoutUserBodyOrSecret()
    {
        await using var app = await HookServer.StartAsync();
        await PutHostAsync($"{app.Url}/contacts/%s?key=hidden");
        await using var juliet = await LogInAsync("juliet");
        app.Answers("{\"broken", 200);
        await GetRosterAsync(juliet);
        app.Answers("a hidden body", 503);
        await GetRosterAsync(juliet);
        app.Closes();
        await GetRosterAsync(juliet);

        var hook = (await ListAsync()).Single();
        var text = hook.ToJsonString();
        var calls = hook["calls"]!.AsArray();

        Assert.Equal(("roster", 3, 2), ((string?)hook["hook"], (int)hook["count"]!, (int)hook["failures"]!));
        Assert.Equal([("closed", null), ("status", 503), ("ok", 200)], calls.Select(call => ((string?)call!["outcome"], (int?)call["status"])));
        Assert.All(calls, call => Assert.True((double)call!["latency"]! > 0 && DateTimeOffset.UtcNow - (DateTimeOffset)call["at"]! < TimeSpan.FromMinutes(1)));
        Assert.True((double)hook["p95"]! >= (double)hook["p50"]! && (double)hook["p50"]! > 0);

        // The id is that of the request.
        Assert.Equal((await app.NextRequestAsync()).Headers["webhook-id"], (string?)calls[2]!["id"]);
        Assert.All(["hidden", "juliet", "secret", "broken"], word => Assert.DoesNotContain(word, text, StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task Hook_ThatTheHostHasNoLonger_IsShownWithoutAddress()
    {
        await using var app = await HookServer.StartAsync();
        await PutHostAsync($"{app.Url}/%s");
        await using (var juliet = await LogInAsync("juliet"))
        {
            app.Answers("{}");
            await GetRosterAsync(juliet);
        }

        await PutHostAsync(null);

        var hook = (await ListAsync()).Single();
        Assert.Equal(("roster", null, 1), ((string?)hook["hook"], (string?)hook["url"], (int)hook["count"]!));
    }

    [Fact]
    public async Task Log_IsForKeysWithSettings_OfTheHost()
    {
        await PutHostAsync("https://app.example/%s");
        var key = JsonNode.Parse((await Krewe.SendAsync(HttpMethod.Post, $"api/v1/hosts/{_domain}/keys", """{"name":"t","scopes":["settings"]}""")).Body)!;
        var other = JsonNode.Parse((await Krewe.SendAsync(HttpMethod.Post, $"api/v1/hosts/{_domain}/keys", """{"name":"t","scopes":["roster","accounts","muc"]}""")).Body)!;

        Assert.Equal(200, await StatusAsync($"api/v1/hosts/{_domain}/hooks", (string)key["key"]!));
        Assert.Equal(403, await StatusAsync($"api/v1/hosts/{_domain}/hooks", (string)other["key"]!));
        Assert.Equal(403, await StatusAsync("api/v1/hosts/elsewhere.example/hooks", (string)key["key"]!));
        Assert.Equal(401, await StatusAsync($"api/v1/hosts/{_domain}/hooks", "nonsense"));
        Assert.Equal(404, (await Krewe.SendAsync(HttpMethod.Get, "api/v1/hosts/elsewhere.example/hooks", null)).Status);
    }

    [Fact]
    public async Task Hooks_ForPasswords_AreThoseOfAHostThatAsksThem()
    {
        const string Url = "\"http_auth_url\": \"https://app.example/auth/\", \"http_auth_credentials\": \"krewe:hidden\"";
        await Krewe.SendAsync(HttpMethod.Put, $"api/v1/hosts/{_domain}", $$"""{ {{Url}} }""");
        Assert.Empty(await ListAsync());

        await Krewe.SendAsync(HttpMethod.Put, $"api/v1/hosts/{_domain}", $$"""{ "authentication": "http", {{Url}} }""");

        Assert.Equal(
            [("auth", "check_password", "https://app.example/auth/check_password"), ("auth", "user_exists", "https://app.example/auth/user_exists")],
            (await ListAsync()).Select(hook => ((string?)hook["hook"], (string?)hook["part"], (string?)hook["url"])));
    }

    [Fact]
    public async Task List_IsPaged()
    {
        await PutHostAsync("https://app.example/%s", "https://app.example/join", "https://app.example/iq");

        var first = JsonNode.Parse((await Krewe.SendAsync(HttpMethod.Get, $"api/v1/hosts/{_domain}/hooks?limit=2", null)).Body)!;
        Assert.Equal(["delegation", "muc-auth"], first["items"]!.AsArray().Select(hook => (string?)hook!["hook"]));
        var rest = JsonNode.Parse((await Krewe.SendAsync(HttpMethod.Get, $"api/v1/hosts/{_domain}/hooks?limit=2&after={Uri.EscapeDataString((string)first["next"]!)}", null)).Body)!;
        Assert.Equal(["roster"], rest["items"]!.AsArray().Select(hook => (string?)hook!["hook"]));
        Assert.Null(rest["next"]);
    }

    private static async Task GetRosterAsync(XmppActor actor)
    {
        await actor.SendAsync("<iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq>");
        Assert.Equal("r", (await actor.ReceiveAsync())?.Attribute("id")?.Value);
    }

    private async Task<JsonNode[]> ListAsync()
    {
        var (status, body) = await Krewe.SendAsync(HttpMethod.Get, $"api/v1/hosts/{_domain}/hooks", null);
        Assert.True(status == 200, body);
        return [.. JsonNode.Parse(body)!["items"]!.AsArray().Select(hook => hook!)];
    }

    private async Task<int> StatusAsync(string path, string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var answer = await Krewe.Http.SendAsync(request);
        return (int)answer.StatusCode;
    }

    private Task PutHostAsync(string? roster, string? join = null, string? iq = null)
    {
        var room = new JsonObject { ["type"] = "muc" };
        if (join is not null)
        {
            room["muc_http_auth_url"] = join;
        }

        var document = new JsonObject
        {
            ["c2s_require_encryption"] = false, ["allow_unencrypted_plain_auth"] = true, ["hook_secret"] = Secret, ["components"] = new JsonObject { [Rooms] = room },
        };
        if (roster is not null)
        {
            (document["http_roster_url"], document["http_roster_wait"]) = (roster, 20);
        }

        if (iq is not null)
        {
            document["delegations"] = new JsonObject { ["urn:example:ns"] = new JsonObject { ["url"] = iq } };
        }

        return Krewe.PutHostAsync(_domain, document);
    }

    private async Task<XmppActor> LogInAsync(string user)
    {
        await Krewe.PutAccountAsync(_domain, user);
        var actor = new XmppActor(isByteByByte: false);
        await actor.LogInAsync(Krewe.C2S, user, _domain, "r", _domain);
        return actor;
    }
}
