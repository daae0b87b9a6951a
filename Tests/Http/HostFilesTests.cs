using System.Net;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;

namespace Krewe.Tests.Http;

/// <summary>Hosts from the folder of documents: read at first use, followed as they change, read-only through the API.</summary>
[Collection(ApiCollection.Name)]
public sealed class HostFilesTests(ApiFixture api)
{
    [Fact]
    public async Task File_IsAHostThatTheApiShowsAndDoesNotChange()
    {
        var domain = await NewFileAsync("""{ "tenant": "acme", "http_roster_url": "http://127.0.0.1:1/%s", "http_roster_authorization_header": "Bearer hush" }""");
        var path = $"/api/v1/hosts/{domain}";

        var shown = await api.GetAsync(path);
        Assert.Equal("acme", (string?)shown["tenant"]);
        Assert.Equal("""{"secret":"set"}""", shown["http_roster_authorization_header"]!.ToJsonString());
        Assert.Equal("Bearer hush", (await api.Settings.GetAsync(domain))!.HttpRoster!.AuthorizationHeader);
        foreach (var (method, body) in ((HttpMethod, string?)[])[(HttpMethod.Put, "{}"), (HttpMethod.Delete, null)])
        {
            using var answer = await api.SendAsync(method, path, body);
            await ApiFixture.AssertProblemAsync(answer, HttpStatusCode.Conflict);
        }

        var listed = (await api.GetAsync($"/api/v1/hosts?limit=1000"))["items"]!.AsArray().Single(host => (string?)host!["host"] == domain)!;
        Assert.Equal($$"""{"host":"{{domain}}","tenant":"acme","enabled":true,"source":"file"}""", listed.ToJsonString());
    }

    [Fact]
    public async Task File_HostHasKeysAndAccountsLikeAnyOther()
    {
        var domain = await NewFileAsync("{}");
        var key = await api.NewKeyAsync(domain, "accounts");

        using var made = await api.SendAsync(HttpMethod.Put, $"/api/v1/hosts/{domain}/accounts/romeo", """{ "password": "secret" }""", key);

        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
    }

    [Fact]
    public async Task File_Changed_IsFollowedByTheLoadedHost()
    {
        var domain = await NewFileAsync("""{ "isolate": false }""");
        var before = (await api.Settings.GetAsync(domain))!;

        await WriteAsync(domain, """{ "isolate": true }""");

        Assert.True(api.Settings.TryGetLoaded(domain, out var after) && after.Isolate);
        Assert.True(after.Version > before.Version);
    }

    [Fact]
    public async Task File_ThatTurnsBad_KeepsItsLastGoodDocumentUntilItIsMended()
    {
        var domain = await NewFileAsync("""{ "tenant": "first" }""");
        await api.Settings.GetAsync(domain);

        foreach (var bad in (string[])["{ not json", """{ "tenant": 5 }""", """{ "unknown": 1 }""", ""])
        {
            await WriteAsync(domain, bad);
            Assert.Equal("first", (await api.Settings.GetAsync(domain))?.Tenant);
            Assert.Equal("first", (string?)(await api.GetAsync($"/api/v1/hosts/{domain}"))["tenant"]);
        }

        await WriteAsync(domain, """{ "tenant": "second" }""");
        Assert.Equal("second", (await api.Settings.GetAsync(domain))?.Tenant);
    }

    [Fact]
    public async Task File_BadFromTheStart_IsNoHostUntilItIsMended()
    {
        var domain = await NewFileAsync("""{ "tenant": 5 }""");
        Assert.Null(await api.Settings.GetAsync(domain));
        using var missing = await api.SendAsync(HttpMethod.Get, $"/api/v1/hosts/{domain}");
        await ApiFixture.AssertProblemAsync(missing, HttpStatusCode.NotFound);
        using var claimed = await api.SendAsync(HttpMethod.Put, $"/api/v1/hosts/{domain}", "{}");
        await ApiFixture.AssertProblemAsync(claimed, HttpStatusCode.Conflict);

        await WriteAsync(domain, "{}");
        Assert.NotNull(await api.Settings.GetAsync(domain));
    }

    [Fact]
    public async Task File_Removed_EndsTheHost()
    {
        var domain = await NewFileAsync("{}");
        await api.Settings.GetAsync(domain);
        var removed = new TaskCompletionSource<HostSettings?>();
        api.Settings.Changed += (host, settings) =>
        {
            if (host == domain)
            {
                removed.TrySetResult(settings);
            }
        };

        File.Delete(PathOf(domain));
        await api.Watcher.RescanAsync();

        Assert.Null(await removed.Task.WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.Null(await api.Settings.GetAsync(domain));
        using var answer = await api.SendAsync(HttpMethod.Get, $"/api/v1/hosts/{domain}");
        await ApiFixture.AssertProblemAsync(answer, HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task File_ForAHostFromTheApi_CountsWhileItIsThere()
    {
        var domain = await api.NewHostAsync("""{ "tenant": "api" }""");
        Assert.Equal("api", (await api.Settings.GetAsync(domain))!.Tenant);

        await WriteAsync(domain, """{ "tenant": "file" }""");
        Assert.Equal("file", (await api.Settings.GetAsync(domain))!.Tenant);

        File.Delete(PathOf(domain));
        await api.Watcher.RescanAsync();
        Assert.Equal("api", (await api.Settings.GetAsync(domain))!.Tenant);
        using var answer = await api.SendAsync(HttpMethod.Put, $"/api/v1/hosts/{domain}", """{ "tenant": "again" }""");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("again", (await api.Settings.GetAsync(domain))!.Tenant);
    }

    [Fact]
    public async Task File_Written_IsNoticedWithoutBeingAskedFor()
    {
        var domain = await NewFileAsync("""{ "isolate": false }""");
        await api.Settings.GetAsync(domain);
        var isolated = new TaskCompletionSource();
        api.Settings.Changed += (host, settings) =>
        {
            if (host == domain && settings is { Isolate: true })
            {
                isolated.TrySetResult();
            }
        };

        await File.WriteAllTextAsync(PathOf(domain), """{ "isolate": true }""");

        await isolated.Task.WaitAsync(TimeSpan.FromSeconds(30));
    }

    private string PathOf(string domain) => Path.Combine(api.HostsFolder, $"{domain}.json");

    private async Task<string> NewFileAsync(string document)
    {
        var domain = api.NewDomain();
        await WriteAsync(domain, document);
        return domain;
    }

    private async Task WriteAsync(string domain, string document)
    {
        await File.WriteAllTextAsync(PathOf(domain), document);
        await api.Watcher.RescanAsync();
    }
}
