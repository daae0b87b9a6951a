using System.Net;
using Krewe.Grains.Hosts;
using Microsoft.Extensions.DependencyInjection;

namespace Krewe.Tests.Defects;

/// <summary>prosody-modules §1.5, §1.8: who may refresh, by which method, and for which host.</summary>
public sealed class RosterRefreshRequestTests(RunningKrewe krewe) : IClassFixture<RunningKrewe>
{
    private const string Collection = "/roster_admin/refresh";

    /// <summary>§1.5-8: no authentication at all.</summary>
    [Theory]
    [InlineData(null)]
    [InlineData("Bearer wrong")]
    [InlineData("Bearer ")]
    [InlineData("Basic cHJvdmlkZXItdG9rZW46")]
    [InlineData("provider-token")]
    public async Task RosterRefresh_WithoutAGoodToken_IsUnauthorizedAndDoesNothing(string? authorization)
    {
        var tenant = await krewe.TenantAsync();
        tenant.Lists("alice");
        await tenant.OnlineAsync("alice");
        foreach (var (method, path) in (IEnumerable<(HttpMethod, string)>)
            [(HttpMethod.Post, Collection), (HttpMethod.Get, $"{Collection}/alice"), (HttpMethod.Post, $"/api/v1/hosts/{tenant.Domain}/rosters/refresh")])
        {
            using var answer = await SendAsync(method, $"{path}?host={tenant.Domain}", authorization, body: "[\"alice\"]");
            Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
            Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
            Assert.NotEmpty(answer.Headers.WwwAuthenticate);
        }

        using var unknown = await SendAsync(HttpMethod.Post, $"{Collection}?host=unknown.example", authorization, body: "[]");
        Assert.Equal(HttpStatusCode.Unauthorized, unknown.StatusCode);
        Assert.Equal(1, tenant.Calls("alice"));
    }

    [Fact]
    public async Task RosterRefresh_WithAKey_IsForItsHostAndScopeOnly()
    {
        var (tenant, other) = (await krewe.TenantAsync(), await krewe.TenantAsync());
        var key = "Bearer " + await krewe.KeyAsync(tenant.Domain, "roster");
        var scopeless = "Bearer " + await krewe.KeyAsync(tenant.Domain, "settings", "accounts", "muc");

        Assert.Equal(HttpStatusCode.OK, await StatusAsync(HttpMethod.Post, Collection, key));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(HttpMethod.Post, $"{Collection}?host={tenant.Domain}", key));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(HttpMethod.Post, $"/api/v1/hosts/{tenant.Domain}/rosters/refresh", key));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(HttpMethod.Post, $"{Collection}?host={other.Domain}", key));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(HttpMethod.Post, $"{Collection}?host=unknown.example", key));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(HttpMethod.Post, $"{Collection}?host=@", key));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(HttpMethod.Post, $"/api/v1/hosts/{other.Domain}/rosters/refresh", key));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(HttpMethod.Get, $"{Collection}/alice?host={other.Domain}", key));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(HttpMethod.Post, Collection, scopeless));
    }

    /// <summary>The key's own host comes before the Host header.</summary>
    [Fact]
    public async Task RosterRefresh_WithAKeyAndAnotherHostsName_IsForTheKeysHost()
    {
        var (tenant, other) = (await krewe.TenantAsync(), await krewe.TenantAsync());
        foreach (var one in (Tenant[])[tenant, other])
        {
            one.Lists("alice", "bob");
            await one.OnlineAsync("alice");
        }

        var key = "Bearer " + await krewe.KeyAsync(tenant.Domain, "roster");
        using var answer = await SendAsync(HttpMethod.Post, Collection, key, host: other.Domain, body: "[\"alice\"]");

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal((2, 1), (tenant.Calls("alice"), other.Calls("alice")));
    }

    /// <summary>§1.8-1: the name was compared case-sensitively and a trailing dot not known.</summary>
    [Theory]
    [InlineData("{0}")]
    [InlineData("{0}:5280")]
    [InlineData("{0}.")]
    [InlineData("{0}.:5280")]
    [InlineData("^{0}")]
    public async Task RosterRefresh_ByHostHeader_FindsTheHost(string header)
    {
        var tenant = await krewe.TenantAsync();
        await krewe.TenantAsync();
        tenant.Lists("alice", "bob");
        await tenant.OnlineAsync("alice");
        var named = header.StartsWith('^') ? tenant.Domain.ToUpperInvariant() : string.Format(null, header, tenant.Domain);
        using var answer = await SendAsync(HttpMethod.Post, Collection, Provider, host: named, body: "[\"alice\"]");

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(2, tenant.Calls("alice"));
    }

    [Fact]
    public async Task RosterRefresh_WithANamedHost_PrefersItToTheHeader()
    {
        var (tenant, other) = (await krewe.TenantAsync(), await krewe.TenantAsync());
        tenant.Lists("alice", "bob");
        await tenant.OnlineAsync("alice");
        using var answer = await SendAsync(HttpMethod.Post, $"{Collection}?host={tenant.Domain.ToUpperInvariant()}", Provider, host: other.Domain, body: "[\"alice\"]");

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(2, tenant.Calls("alice"));
    }

    [Fact]
    public async Task RosterRefresh_OfNoHost_IsNotFound()
    {
        await krewe.TenantAsync();
        await krewe.TenantAsync();

        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(HttpMethod.Post, Collection, Provider));
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(HttpMethod.Post, $"{Collection}?host=unknown.example", Provider));
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(HttpMethod.Post, "/api/v1/hosts/unknown.example/rosters/refresh", Provider));
        using var forwarded = await SendAsync(HttpMethod.Post, Collection, Provider, headers: [("X-Forwarded-Host", "h1.example")], body: "[]");
        Assert.Equal(HttpStatusCode.NotFound, forwarded.StatusCode);
    }

    /// <summary>§1.8-1, contract §4: the host of a request that names none.</summary>
    [Fact]
    public async Task RosterRefresh_OfNoNamedHost_IsForTheOnlyOneOrTheDefault()
    {
        var own = await RunningKrewe.StartAsync(options => options);
        var other = await RunningKrewe.StartAsync(options => options with { DefaultHost = "two.example" });
        try
        {
            var only = await own.TenantAsync();
            only.Lists("alice", "bob");
            await only.OnlineAsync("alice");
            Assert.Equal(("ok", 1, 0), (await RefreshReply.OfAsync(await own.Provider.PostAsync(Collection, RunningKrewe.Json("[\"alice\"]")))).Counts);
            Assert.Equal(2, only.Calls("alice"));

            await other.TenantAsync(domain: "one.example");
            var configured = await other.TenantAsync(domain: "two.example");
            configured.Lists("alice", "bob");
            await configured.OnlineAsync("alice");
            Assert.Equal(("ok", 1, 0), (await RefreshReply.OfAsync(await other.Provider.PostAsync(Collection, RunningKrewe.Json("[\"alice\"]")))).Counts);
            Assert.Equal(2, configured.Calls("alice"));
        }
        finally
        {
            await own.DisposeAsync();
            await other.DisposeAsync();
        }
    }

    /// <summary>A host from a file is one as well, and what a removed host left behind is none.</summary>
    [Fact]
    public async Task RosterRefresh_OfNoNamedHost_CountsHostsFromFilesAndNoneThatIsGone()
    {
        var folder = Directory.CreateTempSubdirectory("krewe-hosts-").FullName;
        foreach (var domain in (string[])["a.example", "b.example"])
        {
            await File.WriteAllTextAsync(Path.Combine(folder, $"{domain}.json"), "{}");
        }

        var own = await RunningKrewe.StartAsync(options => options with { HostsFolder = folder });
        try
        {
            Assert.Equal(HttpStatusCode.NotFound, await AnyHostAsync());
            await own.KeyAsync("a.example", "roster");
            File.Delete(Path.Combine(folder, "a.example.json"));
            await own.Services.GetRequiredService<HostFilesWatcher>().RescanAsync();
            Assert.Equal(HttpStatusCode.OK, await AnyHostAsync());

            await own.PutHostAsync("c.example", null);
            Assert.Equal(HttpStatusCode.NotFound, await AnyHostAsync());
        }
        finally
        {
            await own.DisposeAsync();
            Directory.Delete(folder, recursive: true);
        }

        async Task<HttpStatusCode> AnyHostAsync()
        {
            using var answer = await own.Provider.PostAsync(Collection, RunningKrewe.Json("[]"));
            return answer.StatusCode;
        }
    }

    /// <summary>Contract §3: networks that need no token, for a move from Prosody; never where somebody forwards.</summary>
    [Fact]
    public async Task RosterRefresh_FromAnAllowedAddress_NeedsNoTokenUnlessForwarded()
    {
        var tenant = await krewe.TenantAsync(new { roster_admin_allow_from = (string[])["127.0.0.1/32"] });
        var elsewhere = await krewe.TenantAsync(new { roster_admin_allow_from = (string[])["192.0.2.0/24"] });
        var path = $"{Collection}?host={tenant.Domain}";

        Assert.Equal(HttpStatusCode.OK, await StatusAsync(HttpMethod.Post, path, null));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(HttpMethod.Get, $"{Collection}/alice?host={tenant.Domain}", null));
        using var byHeader = await SendAsync(HttpMethod.Post, Collection, null, host: tenant.Domain, body: "[]");
        Assert.Equal(HttpStatusCode.OK, byHeader.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(HttpMethod.Post, path, "Bearer wrong"));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(HttpMethod.Post, $"{Collection}?host={elsewhere.Domain}", null));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(HttpMethod.Post, $"/api/v1/hosts/{tenant.Domain}/rosters/refresh", null));
        foreach (var name in (string[])["X-Forwarded-For", "Forwarded", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Via"])
        {
            using var forwarded = await SendAsync(HttpMethod.Post, path, null, headers: [(name, "127.0.0.1")], body: "[]");
            Assert.Equal(HttpStatusCode.Unauthorized, forwarded.StatusCode);
        }
    }

    [Fact]
    public async Task RosterRefresh_ThroughATrustedProxy_IsJudgedByTheForwardedAddress()
    {
        var own = await RunningKrewe.StartAsync(options => options with { TrustedProxies = [IPNetwork.Parse("127.0.0.1/32")] });
        try
        {
            var tenant = await own.TenantAsync(new { roster_admin_allow_from = (string[])["192.0.2.0/24"] });
            Assert.Equal(HttpStatusCode.OK, await ForwardedAsync("192.0.2.7"));
            Assert.Equal(HttpStatusCode.OK, await ForwardedAsync("203.0.113.1, 192.0.2.7"));
            Assert.Equal(HttpStatusCode.Unauthorized, await ForwardedAsync("192.0.2.7, 203.0.113.1"));
            Assert.Equal(HttpStatusCode.Unauthorized, await ForwardedAsync("127.0.0.1"));
            Assert.Equal(HttpStatusCode.Unauthorized, await ForwardedAsync("192.0.2.7.example"));
            Assert.Equal(HttpStatusCode.Unauthorized, await ForwardedAsync(""));

            async Task<HttpStatusCode> ForwardedAsync(string address)
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, $"{Collection}?host={tenant.Domain}") { Content = RunningKrewe.Json("[]") };
                request.Headers.TryAddWithoutValidation("X-Forwarded-For", address);
                using var answer = await own.Stranger.SendAsync(request);
                return answer.StatusCode;
            }
        }
        finally
        {
            await own.DisposeAsync();
        }
    }

    /// <summary>§1.5 table: 301, 404 and a refresh by HEAD.</summary>
    [Theory]
    [InlineData("GET", Collection, 405)]
    [InlineData("HEAD", Collection, 405)]
    [InlineData("PUT", Collection, 405)]
    [InlineData("DELETE", Collection, 405)]
    [InlineData("PATCH", Collection, 405)]
    [InlineData("OPTIONS", Collection, 405)]
    [InlineData("GET", Collection + "/", 405)]
    [InlineData("HEAD", Collection + "/alice", 405)]
    [InlineData("POST", Collection + "/alice", 405)]
    [InlineData("PUT", Collection + "/alice", 405)]
    [InlineData("DELETE", Collection + "/alice", 405)]
    [InlineData("OPTIONS", Collection + "/alice", 405)]
    [InlineData("GET", Collection + "/alice/x", 404)]
    [InlineData("POST", Collection + "/", 200)]
    public async Task RosterRefresh_ByAnyMethod_HasASaneStatusAndOnlyPostAndGetRefresh(string method, string path, int status)
    {
        var tenant = await krewe.TenantAsync();
        tenant.Lists("alice", "bob");
        await tenant.OnlineAsync("alice");
        using var answer = await SendAsync(new HttpMethod(method), $"{path}?host={tenant.Domain}", Provider, headers: [("Origin", "https://evil.example")], body: "[\"alice\"]");

        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal(status == 200 ? 2 : 1, tenant.Calls("alice"));
        if (status != 200 && method != "HEAD")
        {
            Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        }
    }

    /// <summary>§1.5-7: any origin was reflected.</summary>
    [Theory]
    [InlineData("POST")]
    [InlineData("OPTIONS")]
    public async Task RosterRefresh_FromAnotherOrigin_HasNoCorsHeaders(string method)
    {
        var tenant = await krewe.TenantAsync();
        using var answer = await SendAsync(
            new HttpMethod(method), $"{Collection}?host={tenant.Domain}", Provider,
            headers: [("Origin", "https://evil.example"), ("Access-Control-Request-Method", "POST")], body: "[]");

        Assert.DoesNotContain(answer.Headers, header => header.Key.StartsWith("Access-Control-", StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>§1.5 table: the name of one was not decoded and matched nobody.</summary>
    [Theory]
    [InlineData("alice", "alice")]
    [InlineData("alice", "%61lice")]
    [InlineData("alice", "ALICE")]
    [InlineData("zoë", "zo%C3%AB")]
    [InlineData("a%41b", "a%2541b")]
    [InlineData("a%2fb", "a%252fb")]
    [InlineData("x?y=1#z", "x%3Fy=1%23z")]
    public async Task RosterRefresh_OfOne_DecodesTheName(string user, string segment)
    {
        var tenant = await krewe.TenantAsync();
        tenant.Lists(user, "bob");
        await tenant.OnlineAsync(user);
        tenant.Lists(user, "carol");
        using var answer = await SendAsync(HttpMethod.Get, $"{Collection}/{segment}?host={tenant.Domain}", Provider);
        var refreshed = await RefreshReply.OfAsync(answer);

        Assert.Equal(HttpStatusCode.OK, refreshed.Status);
        Assert.Equal(("ok", 1, 0), refreshed.Counts);
        Assert.Equal(2, tenant.Calls(user));
    }

    /// <summary>The second form from within the application's only worker: it is asked once this is answered.</summary>
    [Fact]
    public async Task RosterRefresh_OfOneRespondAsync_IsAcceptedAndThenCarriedOut()
    {
        var tenant = await krewe.TenantAsync();
        tenant.Lists("alice", "bob");
        var client = await tenant.OnlineAsync("alice");
        var gate = new TaskCompletionSource();
        tenant["alice"] = HookAnswers.Behind(gate.Task, HookAnswers.Body("{}"));
        using var answer = await SendAsync(HttpMethod.Get, $"{Collection}/alice?host={tenant.Domain}", Provider, headers: [("Prefer", "respond-async")]);
        var accepted = await RefreshReply.OfAsync(answer);
        gate.SetResult();

        Assert.Equal((HttpStatusCode.Accepted, ("ok", 1, 0)), (accepted.Status, accepted.Counts));
        Assert.Equal("respond-async", Assert.Single(answer.Headers.GetValues("Preference-Applied")));
        Assert.Equal("remove", (string?)(await client.PushAsync()).Descendants(XmppClient.Roster + "item").Single().Attribute("subscription"));
    }

    [Theory]
    [InlineData("nobody", "ok", 1, 0)]
    [InlineData("a%2Fb", "error", 0, 1)]
    [InlineData("a%20b", "error", 0, 1)]
    public async Task RosterRefresh_OfOneWhoIsNotThere_IsAnswered(string segment, string status, int updated, int errors)
    {
        var tenant = await krewe.TenantAsync();
        using var answer = await SendAsync(HttpMethod.Get, $"{Collection}/{segment}?host={tenant.Domain}", Provider);

        Assert.Equal((status, updated, errors), (await RefreshReply.OfAsync(answer)).Counts);
    }

    private static string Provider => "Bearer " + RunningKrewe.Token;

    private async Task<HttpStatusCode> StatusAsync(HttpMethod method, string path, string? authorization)
    {
        using var answer = await SendAsync(method, path, authorization, body: "[]");
        return answer.StatusCode;
    }

    private async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, string? authorization, string? host = null, (string Name, string Value)[]? headers = null, string? body = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null && method != HttpMethod.Get && method != HttpMethod.Head)
        {
            request.Content = RunningKrewe.Json(body);
        }

        if (authorization is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        }

        if (host is not null)
        {
            request.Headers.TryAddWithoutValidation("Host", host);
        }

        foreach (var (name, value) in headers ?? [])
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await krewe.Stranger.SendAsync(request);
    }
}
