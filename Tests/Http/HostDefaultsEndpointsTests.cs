using System.Net;
using System.Text.Json.Nodes;
using Krewe.Contracts.Hosts;

namespace Krewe.Tests.Http;

/// <summary>The provider's defaults over HTTP, and what hosts have of them.</summary>
[Collection(ApiCollection.Name)]
public sealed class HostDefaultsEndpointsTests(ApiFixture api) : IAsyncLifetime
{
    private const string Path = "/api/v1/defaults";

    public Task InitializeAsync() => Task.CompletedTask;

    /// <summary>Other tests have hosts of their own, but not defaults.</summary>
    public async Task DisposeAsync()
    {
        using var emptied = await api.SendAsync(HttpMethod.Delete, Path);
        Assert.Equal(HttpStatusCode.NoContent, emptied.StatusCode);
    }

    [Fact]
    public async Task Defaults_AreThereFromTheStart_AndAreReplacedUnderConditions()
    {
        using var empty = await api.SendAsync(HttpMethod.Get, Path);
        Assert.Equal((HttpStatusCode.OK, "{}"), (empty.StatusCode, await empty.Content.ReadAsStringAsync()));
        var first = empty.Headers.ETag!.Tag;

        using var exists = await api.SendAsync(HttpMethod.Put, Path, "{}", ifNoneMatch: "*");
        await ApiFixture.AssertProblemAsync(exists, HttpStatusCode.PreconditionFailed);
        using var set = await api.SendAsync(HttpMethod.Put, Path, """{ "isolate": true }""", ifMatch: first);
        Assert.Equal((HttpStatusCode.OK, """{"isolate":true}"""), (set.StatusCode, await set.Content.ReadAsStringAsync()));
        foreach (var method in (HttpMethod[])[HttpMethod.Put, HttpMethod.Delete])
        {
            using var stale = await api.SendAsync(method, Path, method == HttpMethod.Put ? "{}" : null, ifMatch: first);
            await ApiFixture.AssertProblemAsync(stale, HttpStatusCode.PreconditionFailed);
        }

        using var unchanged = await api.SendAsync(HttpMethod.Get, Path, ifNoneMatch: $"\"1\", W/{set.Headers.ETag!.Tag}");
        Assert.Equal((HttpStatusCode.NotModified, set.Headers.ETag), (unchanged.StatusCode, unchanged.Headers.ETag));
        using var emptied = await api.SendAsync(HttpMethod.Delete, Path, ifMatch: set.Headers.ETag.Tag);
        Assert.Equal(HttpStatusCode.NoContent, emptied.StatusCode);
        Assert.Equal("{}", (await api.GetAsync(Path)).ToJsonString());
    }

    [Fact]
    public async Task Defaults_AreTheProvidersAlone()
    {
        var key = await api.NewKeyAsync(await api.NewHostAsync(), "settings");
        foreach (var method in (HttpMethod[])[HttpMethod.Get, HttpMethod.Put, HttpMethod.Delete])
        {
            using var tenant = await api.SendAsync(method, Path, method == HttpMethod.Put ? "{}" : null, key);
            await ApiFixture.AssertProblemAsync(tenant, HttpStatusCode.Forbidden);
            using var stranger = await api.SendAsync(method, Path, method == HttpMethod.Put ? "{}" : null, token: null);
            await ApiFixture.AssertProblemAsync(stranger, HttpStatusCode.Unauthorized);
        }
    }

    [Fact]
    public async Task Defaults_WithBadPlaces_AreToldAll_AndChangeNothing()
    {
        await api.JsonAsync(HttpMethod.Put, Path, """{ "isolate": true }""");

        using var answer = await api.SendAsync(
            HttpMethod.Put, Path, """{ "tenant": "x", "isolate": 1, "muc_room_locking": 5, "admins": ["a@b"], "limits": { "rooms": "x" }, "isolate": false, "nonsense": 1 }""");

        Assert.Equal(
            ["$.admins", "$.isolate", "$.isolate", "$.limits.rooms", "$.muc_room_locking", "$.nonsense", "$.tenant"],
            (await ApiFixture.AssertProblemAsync(answer, HttpStatusCode.UnprocessableEntity)).Order(StringComparer.Ordinal));
        Assert.Equal("""{"isolate":true}""", (await api.GetAsync(Path)).ToJsonString());
    }

    [Fact]
    public async Task Change_IsInForceForLoadedHostsWhenItIsAnswered_ForThoseFromFilesToo_AndForLaterOnes()
    {
        var domain = await api.NewHostAsync("{}");
        var own = await api.NewHostAsync("""{ "c2s_stanza_size_limit": 30000, "limits": { "sessions": 1 } }""");
        var file = api.NewDomain();
        await File.WriteAllTextAsync(System.IO.Path.Combine(api.HostsFolder, $"{file}.json"), "{}");
        await api.Watcher.RescanAsync();
        var before = (await api.Settings.GetAsync(domain))!;
        await api.Settings.GetAsync(own);
        await api.Settings.GetAsync(file);
        var changed = new List<string>();
        void OnChanged(string host, HostSettings? settings) => changed.Add(host);
        api.Settings.Changed += OnChanged;

        await api.JsonAsync(HttpMethod.Put, Path, """{ "c2s_stanza_size_limit": 20000, "limits": { "sessions": 9 } }""");

        api.Settings.Changed -= OnChanged;
        foreach (var (host, size, sessions) in ((string, int, int)[])[(domain, 20000, 9), (own, 30000, 1), (file, 20000, 9)])
        {
            Assert.True(api.Settings.TryGetLoaded(host, out var settings));
            Assert.Equal((size, sessions), (settings.C2SStanzaSizeLimit, settings.Limits.Sessions));
            Assert.Contains(host, changed);
        }

        Assert.True(api.Settings.TryGetLoaded(domain, out var after) && after.Version == before.Version);
        var late = await api.NewHostAsync("{}");
        Assert.Equal(20000, (await api.Settings.GetAsync(late))!.C2SStanzaSizeLimit);
        using var emptied = await api.SendAsync(HttpMethod.Delete, Path);
        Assert.True(api.Settings.TryGetLoaded(domain, out after) && after.C2SStanzaSizeLimit == before.C2SStanzaSizeLimit);
    }

    [Fact]
    public async Task Secret_OfTheDefaults_IsReadByNobody_AndGoesOnlyWithTheirServer()
    {
        await api.JsonAsync(HttpMethod.Put, Path, """{ "http_roster_url": "http://127.0.0.1:1/%s", "http_roster_authorization_header": "Bearer hush" }""");
        var domain = await api.NewHostAsync("{}");
        var key = await api.NewKeyAsync(domain, "settings");
        var path = $"/api/v1/hosts/{domain}";

        foreach (var (query, token) in ((string, string)[])[("", key), ("?effective=true", key), ("?explain=true", key), ("?explain=true", ApiFixture.ProviderToken)])
        {
            Assert.DoesNotContain("hush", (await api.GetAsync(path + query, token)).ToJsonString(), StringComparison.Ordinal);
        }

        Assert.DoesNotContain("hush", (await api.GetAsync(Path)).ToJsonString(), StringComparison.Ordinal);
        Assert.Equal("Bearer hush", (await api.Settings.GetAsync(domain))!.HttpRoster!.AuthorizationHeader);

        // The marker that the tenant was shown keeps nothing of the provider's together with another server.
        foreach (var document in (string[])
            ["""{ "http_roster_url": "http://127.0.0.1:2/%s" }""", """{ "http_roster_url": "http://127.0.0.1:2/%s", "http_roster_authorization_header": { "secret": "set" } }"""])
        {
            using var answer = await api.SendAsync(HttpMethod.Put, path, document, key);
            Assert.DoesNotContain("hush", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            Assert.NotEqual("Bearer hush", ((await api.Settings.GetAsync(domain))!.HttpRoster!.Url, (await api.Settings.GetAsync(domain))!.HttpRoster!.AuthorizationHeader) is ("http://127.0.0.1:2/%s", var header) ? header : null);
        }
    }

    [Fact]
    public async Task ProvidersKey_OfTheDefaults_IsNotATenantsToChange()
    {
        await api.JsonAsync(HttpMethod.Put, Path, """{ "limits": { "sessions": 5 } }""");
        var domain = await api.NewHostAsync("{}");
        var key = await api.NewKeyAsync(domain, "settings");

        foreach (var sessions in (int[])[0, 6])
        {
            using var lifted = await api.SendAsync(HttpMethod.Put, $"/api/v1/hosts/{domain}", $$"""{ "limits": { "sessions": {{sessions}} } }""", key);
            Assert.Equal(["$.limits.sessions"], await ApiFixture.AssertProblemAsync(lifted, HttpStatusCode.Forbidden));
        }

        // What the tenant only repeats stays the provider's.
        await api.JsonAsync(HttpMethod.Put, $"/api/v1/hosts/{domain}", """{ "limits": { "sessions": 5 } }""", key);
        await api.JsonAsync(HttpMethod.Put, Path, """{ "limits": { "sessions": 3 } }""");
        Assert.Equal(3, (await api.Settings.GetAsync(domain))!.Limits.Sessions);
    }

    [Fact]
    public async Task Effective_AndExplained_AreWhatHoldsAndWhereItIsFrom()
    {
        await api.JsonAsync(HttpMethod.Put, Path, """{ "c2s_stanza_size_limit": 20000, "muc_http_auth_timeout": 2 }""");
        var domain = api.NewDomain();
        await api.NewHostAsync(domain, $$"""{ "isolate": true, "muc_room_locking": false, "components": { "rooms.{{domain}}": { "type": "muc", "name": "Rooms" } } }""");
        var path = $"/api/v1/hosts/{domain}";

        var effective = await api.GetAsync($"{path}?effective=true");
        Assert.Equal((20000, true), ((int)effective["c2s_stanza_size_limit"]!, (bool)effective["isolate"]!));
        Assert.Equal((2, false), ((int)effective["components"]![$"rooms.{domain}"]!["muc_http_auth_timeout"]!, (bool)effective["components"]![$"rooms.{domain}"]!["muc_room_locking"]!));

        using var answer = await api.SendAsync(HttpMethod.Get, $"{path}?explain=true");
        var items = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["items"]!.AsArray().Select(one => one!.ToJsonString()).ToArray();
        var rooms = $"$.components['rooms.{domain}']".Replace("'", "\\u0027", StringComparison.Ordinal);
        foreach (var item in (string[])
            [
                """{"path":"$.isolate","value":true,"from":"host"}""", """{"path":"$.c2s_stanza_size_limit","value":20000,"from":"provider"}""",
                """{"path":"$.allow_unencrypted_plain_auth","value":false,"from":"default"}""", """{"path":"$.http_roster_url","from":"default"}""",
                $$"""{"path":"{{rooms}}.name","value":"Rooms","from":"component"}""", $$"""{"path":"{{rooms}}.muc_room_locking","value":false,"from":"host"}""",
                $$"""{"path":"{{rooms}}.muc_http_auth_timeout","value":2,"from":"provider"}""", $$"""{"path":"{{rooms}}.muc_http_auth_deny_for","value":10,"from":"default"}""",
            ])
        {
            Assert.Contains(item, items);
        }

        // What is in force is the same until the document or the defaults change; the tag is good for a condition all the same.
        using var unchanged = await api.SendAsync(HttpMethod.Get, $"{path}?explain=true", ifNoneMatch: answer.Headers.ETag!.Tag);
        Assert.Equal(HttpStatusCode.NotModified, unchanged.StatusCode);
        await api.JsonAsync(HttpMethod.Put, Path, "{}");
        using var changed = await api.SendAsync(HttpMethod.Get, $"{path}?explain=true", ifNoneMatch: answer.Headers.ETag.Tag);
        Assert.Equal(HttpStatusCode.OK, changed.StatusCode);
        using var put = await api.SendAsync(HttpMethod.Put, path, "{}", ifMatch: answer.Headers.ETag.Tag);
        Assert.Equal(HttpStatusCode.OK, put.StatusCode);
        using var stale = await api.SendAsync(HttpMethod.Put, path, "{}", ifMatch: answer.Headers.ETag.Tag);
        await ApiFixture.AssertProblemAsync(stale, HttpStatusCode.PreconditionFailed);
    }

    [Fact]
    public async Task Schema_OfDefaults_HasWhatMayStandThere()
    {
        using var answer = await api.SendAsync(HttpMethod.Get, "/api/v1/schema/defaults", token: null);
        var keys = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["properties"]!.AsObject();

        Assert.True(keys.ContainsKey("muc_http_auth_url") && keys.ContainsKey("limits") && keys.ContainsKey("http_roster_authorization_header"));
        Assert.DoesNotContain(keys, key => key.Key is "tenant" or "enabled" or "components" or "hook_secret" or "component_secret" or "name" or "type");
    }
}
