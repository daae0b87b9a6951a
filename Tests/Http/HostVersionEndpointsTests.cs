using System.Net;
using System.Text.Json.Nodes;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;

namespace Krewe.Tests.Http;

/// <summary>The versions of a host's document over HTTP: who made them, what is different, and the way back.</summary>
[Collection(ApiCollection.Name)]
public sealed class HostVersionEndpointsTests(ApiFixture api)
{
    private const string Secret = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz";

    [Fact]
    public async Task Versions_TellTheLatestFirst_WithTimeAuthorAndWhatTheyCameFrom()
    {
        var domain = await api.NewHostAsync("""{ "isolate": true }""");
        var path = $"/api/v1/hosts/{domain}";
        var key = await api.NewKeyAsync(domain, "settings");
        await PutAsync(path, """{ "isolate": false }""", key);
        await api.JsonAsync(HttpMethod.Post, $"{path}/suspend");
        await api.JsonAsync(HttpMethod.Post, $"{path}/resume");
        var first = (await VersionsAsync(path))[^1];
        await api.JsonAsync(HttpMethod.Post, $"{path}/versions/{first["version"]}/restore");

        var versions = await VersionsAsync(path);
        Assert.Equal(["restored", "resumed", "suspended", "replaced", "created"], versions.Select(version => (string?)version["outcome"]));
        Assert.Equal(["provider", "provider", "provider", $"key:{key.Split('.')[2]}", "provider"], versions.Select(version => (string?)version["author"]));
        Assert.Equal((long)first["version"]!, (long)versions[0]["restored"]!);
        Assert.All(versions.Zip(versions.Skip(1)), pair => Assert.True((long)pair.First["version"]! > (long)pair.Second["version"]! && (DateTimeOffset)pair.First["at"]! >= (DateTimeOffset)pair.Second["at"]!));
        using var present = await api.SendAsync(HttpMethod.Get, path);
        Assert.Equal($"\"{versions[0]["version"]}\"", present.Headers.ETag!.Tag);
        Assert.Equal("""{"isolate":true}""", await present.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Versions_GoPageByPage()
    {
        var domain = await api.NewHostAsync("""{ "limits": { "rooms": 0 } }""");
        var path = $"/api/v1/hosts/{domain}";
        for (var i = 1; i < 5; i++)
        {
            await PutAsync(path, $$"""{ "limits": { "rooms": {{i}} } }""");
        }

        var seen = new List<JsonNode>();
        for (string? next = ""; next is not null;)
        {
            var page = await api.GetAsync($"{path}/versions?limit=2&after={next}");
            seen.AddRange(page["items"]!.AsArray()!);
            next = (string?)page["next"];
        }

        Assert.Equal((await VersionsAsync(path)).Select(version => (long)version["version"]!), seen.Select(version => (long)version["version"]!));
        Assert.Equal(5, seen.Count);
        using var nonsense = await api.SendAsync(HttpMethod.Get, $"{path}/versions?after=yesterday");
        await ApiFixture.AssertProblemAsync(nonsense, HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Version_IsShownWithoutItsSecrets_AndRestoredWithThem()
    {
        var domain = await api.NewHostAsync($$"""{ "hook_secret": "{{Secret}}", "http_roster_url": "http://127.0.0.1:1/%s", "http_roster_authorization_header": "Bearer hush" }""");
        var path = $"/api/v1/hosts/{domain}";
        var made = (await api.Settings.GetAsync(domain))!.Version;
        await PutAsync(path, """{ "http_roster_url": "http://127.0.0.1:2/%s", "http_roster_authorization_header": "Bearer other", "isolate": true }""");

        var shown = await api.GetAsync($"{path}/versions/{made}");
        Assert.Equal("""{"secret":"set"}""", shown["hook_secret"]!.ToJsonString());
        Assert.DoesNotContain("hush", shown.ToJsonString(), StringComparison.Ordinal);
        var different = (await api.GetAsync($"{path}/versions/{made}/diff"))["items"]!.AsArray().Select(one => one!.ToJsonString());
        Assert.Equal(
            [
                """{"path":"$.hook_secret","before":{"secret":"set"}}""", """{"path":"$.http_roster_url","before":"http://127.0.0.1:1/%s","after":"http://127.0.0.1:2/%s"}""",
                """{"path":"$.http_roster_authorization_header","before":{"secret":"set"},"after":{"secret":"set"}}""", """{"path":"$.isolate","after":true}""",
            ],
            different);
        Assert.Empty((await api.GetAsync($"{path}/versions/{made}/diff?to={made}"))["items"]!.AsArray());

        var key = await api.NewKeyAsync(domain, "settings");
        var restored = await api.JsonAsync(HttpMethod.Post, $"{path}/versions/{made}/restore", token: key);
        Assert.DoesNotContain("hush", restored.ToJsonString(), StringComparison.Ordinal);
        var settings = (await api.Settings.GetAsync(domain))!;
        Assert.Equal(("Bearer hush", false, 1), (settings.HttpRoster!.AuthorizationHeader, settings.Isolate, settings.HookSecrets.Length));
    }

    [Fact]
    public async Task Restore_ByAKey_OfWhatTheProviderSetOtherwise_IsForbiddenByPath()
    {
        var domain = await api.NewHostAsync("""{ "tenant": "acme", "limits": { "rooms": 5 }, "isolate": true }""");
        var path = $"/api/v1/hosts/{domain}";
        await PutAsync(path, """{ "tenant": "acme", "limits": { "rooms": 1, "sessions": 2 } }""");
        var first = (long)(await VersionsAsync(path))[^1]["version"]!;
        var key = await api.NewKeyAsync(domain, "settings");

        using var refused = await api.SendAsync(HttpMethod.Post, $"{path}/versions/{first}/restore", token: key);
        Assert.Equal(["$.limits.rooms"], await ApiFixture.AssertProblemAsync(refused, HttpStatusCode.Forbidden));
        Assert.False((await api.Settings.GetAsync(domain))!.Isolate);

        await api.JsonAsync(HttpMethod.Post, $"{path}/versions/{first}/restore");
        var settings = (await api.Settings.GetAsync(domain))!;
        Assert.Equal((5, 0, true), (settings.Limits.Rooms, settings.Limits.Sessions, settings.Isolate));
    }

    [Fact]
    public async Task Restore_ClaimsItsDomainsAnew()
    {
        var domain = api.NewDomain();
        var rooms = $"rooms.{domain}";
        await api.NewHostAsync(domain, $$"""{ "components": { "{{rooms}}": { "type": "muc" } } }""");
        var path = $"/api/v1/hosts/{domain}";
        var first = (long)(await VersionsAsync(path))[0]["version"]!;
        await PutAsync(path, "{}");
        await api.NewHostAsync(rooms, "{}");

        using var taken = await api.SendAsync(HttpMethod.Post, $"{path}/versions/{first}/restore");
        Assert.Equal([$"$.components['{rooms}']"], await ApiFixture.AssertProblemAsync(taken, HttpStatusCode.UnprocessableEntity));

        using var removed = await api.SendAsync(HttpMethod.Delete, $"/api/v1/hosts/{rooms}");
        await api.JsonAsync(HttpMethod.Post, $"{path}/versions/{first}/restore");
        Assert.Equal(domain, await api.Grains.Domain(rooms).OwnerAsync());
    }

    [Fact]
    public async Task Restore_UnderACondition_IsRefusedWhenThatIsNotMet()
    {
        var domain = await api.NewHostAsync("""{ "isolate": true }""");
        var path = $"/api/v1/hosts/{domain}";
        var first = (long)(await VersionsAsync(path))[0]["version"]!;
        await PutAsync(path, "{}");
        var present = (long)(await VersionsAsync(path))[0]["version"]!;

        using var stale = await api.SendAsync(HttpMethod.Post, $"{path}/versions/{first}/restore", ifMatch: $"\"{first}\"");
        await ApiFixture.AssertProblemAsync(stale, HttpStatusCode.PreconditionFailed);
        using var restored = await api.SendAsync(HttpMethod.Post, $"{path}/versions/{first}/restore", ifMatch: $"\"{present}\"");
        Assert.Equal((HttpStatusCode.OK, """{"isolate":true}"""), (restored.StatusCode, await restored.Content.ReadAsStringAsync()));
        Assert.Equal((await VersionsAsync(path))[0]["version"]!.ToString(), restored.Headers.ETag!.Tag.Trim('"'));

        // What is there already is no version of its own.
        using var again = await api.SendAsync(HttpMethod.Post, $"{path}/versions/{restored.Headers.ETag.Tag.Trim('"')}/restore");
        Assert.Equal((HttpStatusCode.OK, restored.Headers.ETag), (again.StatusCode, again.Headers.ETag));
    }

    [Fact]
    public async Task Version_ThatThereIsNot_IsNotFound()
    {
        var domain = await api.NewHostAsync();
        foreach (var (method, rest) in ((HttpMethod, string)[])[(HttpMethod.Get, "1"), (HttpMethod.Get, "x"), (HttpMethod.Get, "1/diff"), (HttpMethod.Post, "1/restore"), (HttpMethod.Post, "-1/restore")])
        {
            using var answer = await api.SendAsync(method, $"/api/v1/hosts/{domain}/versions/{rest}");
            await ApiFixture.AssertProblemAsync(answer, HttpStatusCode.NotFound);
        }

        using var nowhere = await api.SendAsync(HttpMethod.Get, $"/api/v1/hosts/{api.NewDomain()}/versions");
        await ApiFixture.AssertProblemAsync(nowhere, HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Versions_OfAHostThatWasDeleted_AreNotThoseOfTheNextOne()
    {
        var domain = await api.NewHostAsync($$"""{ "hook_secret": "{{Secret}}", "tenant": "first" }""");
        var path = $"/api/v1/hosts/{domain}";
        await PutAsync(path, """{ "tenant": "first" }""");
        var first = (long)(await VersionsAsync(path))[^1]["version"]!;
        using var removed = await api.SendAsync(HttpMethod.Delete, path);
        using var made = await api.SendAsync(HttpMethod.Put, path, """{ "tenant": "second" }""");

        Assert.Single(await VersionsAsync(path));
        using var read = await api.SendAsync(HttpMethod.Get, $"{path}/versions/{first}");
        await ApiFixture.AssertProblemAsync(read, HttpStatusCode.NotFound);
        using var restored = await api.SendAsync(HttpMethod.Post, $"{path}/versions/{first}/restore");
        await ApiFixture.AssertProblemAsync(restored, HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Versions_OfAFile_AreTheOneThatIsInForce_AndNothingIsRestoredOrSuspended()
    {
        var domain = api.NewDomain();
        await File.WriteAllTextAsync(Path.Combine(api.HostsFolder, $"{domain}.json"), """{ "isolate": true }""");
        await api.Watcher.RescanAsync();
        var path = $"/api/v1/hosts/{domain}";

        var version = Assert.Single(await VersionsAsync(path));
        Assert.Equal(("file", "read"), ((string?)version["author"], (string?)version["outcome"]));
        Assert.Equal("""{"isolate":true}""", (await api.GetAsync($"{path}/versions/{version["version"]}")).ToJsonString());
        foreach (var rest in (string[])[$"versions/{version["version"]}/restore", "suspend", "resume"])
        {
            using var answer = await api.SendAsync(HttpMethod.Post, $"{path}/{rest}");
            await ApiFixture.AssertProblemAsync(answer, HttpStatusCode.Conflict);
        }
    }

    [Fact]
    public async Task Suspension_IsTheProvidersAlone_AndKeepsTheRestOfTheDocument()
    {
        var domain = await api.NewHostAsync("""{ "isolate": true }""");
        var path = $"/api/v1/hosts/{domain}";
        var key = await api.NewKeyAsync(domain, "settings");
        foreach (var verb in (string[])["suspend", "resume"])
        {
            using var refused = await api.SendAsync(HttpMethod.Post, $"{path}/{verb}", token: key);
            await ApiFixture.AssertProblemAsync(refused, HttpStatusCode.Forbidden);
            using var stranger = await api.SendAsync(HttpMethod.Post, $"{path}/{verb}", token: null);
            await ApiFixture.AssertProblemAsync(stranger, HttpStatusCode.Unauthorized);
            using var nowhere = await api.SendAsync(HttpMethod.Post, $"/api/v1/hosts/{api.NewDomain()}/{verb}");
            await ApiFixture.AssertProblemAsync(nowhere, HttpStatusCode.NotFound);
        }

        await api.Settings.GetAsync(domain);
        using var suspended = await api.SendAsync(HttpMethod.Post, $"{path}/suspend");
        Assert.Equal("""{"isolate":true,"enabled":false}""", await suspended.Content.ReadAsStringAsync());
        Assert.True(api.Settings.TryGetLoaded(domain, out var settings) && !settings.Enabled && settings.Isolate);
        using var again = await api.SendAsync(HttpMethod.Post, $"{path}/suspend");
        Assert.Equal((HttpStatusCode.OK, suspended.Headers.ETag), (again.StatusCode, again.Headers.ETag));

        // The tenant may go on reading and changing what is its own, but not this.
        Assert.False((bool)(await api.GetAsync(path, key))["enabled"]!);
        using var enabled = await api.SendAsync(HttpMethod.Put, path, """{ "enabled": true }""", key);
        Assert.Equal(["$.enabled"], await ApiFixture.AssertProblemAsync(enabled, HttpStatusCode.Forbidden));
        await PutAsync(path, "{}", key);
        Assert.False((await api.Settings.GetAsync(domain))!.Enabled);

        await api.JsonAsync(HttpMethod.Post, $"{path}/resume");
        Assert.True((await api.Settings.GetAsync(domain))!.Enabled);
        using var stale = await api.SendAsync(HttpMethod.Post, $"{path}/suspend", ifMatch: suspended.Headers.ETag!.Tag);
        await ApiFixture.AssertProblemAsync(stale, HttpStatusCode.PreconditionFailed);
    }

    private async Task<JsonNode[]> VersionsAsync(string path) => [.. (await api.GetAsync($"{path}/versions"))["items"]!.AsArray()!];

    private Task PutAsync(string path, string document, string token = ApiFixture.ProviderToken) => api.JsonAsync(HttpMethod.Put, path, document, token);
}
