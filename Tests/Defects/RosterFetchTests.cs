using System.Net;

namespace Krewe.Tests.Defects;

/// <summary>prosody-modules §1.1, §1.2: when the tenant's application is asked, and how.</summary>
public sealed class RosterFetchTests(RunningKrewe krewe) : IClassFixture<RunningKrewe>
{
    /// <summary>prosody-modules §1.2-3: the localpart went out raw.</summary>
    [Theory]
    [InlineData("alice", "/contacts/alice")]
    [InlineData("zoë", "/contacts/zo%C3%AB")]
    [InlineData("a%41b", "/contacts/a%2541b")]
    [InlineData("x?y=1#z", "/contacts/x%3Fy%3D1%23z")]
    [InlineData("..", "/contacts/%2E%2E")]
    [InlineData("a b", null)]
    public async Task HookUrl_OfAnyLocalpart_IsPercentEncoded(string user, string? target)
    {
        var tenant = await krewe.TenantAsync();
        if (target is null)
        {
            using var refused = await krewe.Provider.PutAsync($"/api/v1/hosts/{tenant.Domain}/accounts/{Uri.EscapeDataString(user)}", RunningKrewe.Json("{\"password\":\"x\"}"));
            Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.StatusCode);
            return;
        }

        tenant.Hook.Handler = new(HookAnswers.Body($$"""{"bob@{{tenant.Domain}}":{} }"""));
        var client = await tenant.LoginAsync(user);

        Assert.Equal([tenant.Jid("bob")], await client.ContactsAsync());
        Assert.Equal(target, Assert.Single(tenant.Hook.Requests).Target);
    }

    /// <summary>prosody-modules §1.2-2: no authorization, whatever the application wanted.</summary>
    [Fact]
    public async Task HookRequest_OfAHostWithAnAuthorizationHeader_CarriesIt()
    {
        var tenant = await krewe.TenantAsync(new { http_roster_authorization_header = "Basic Zm9v" });
        tenant.Lists("alice");
        await (await tenant.LoginAsync("alice")).RosterAsync();

        var request = Assert.Single(tenant.Hook.Requests);
        Assert.Equal(("GET", "Basic Zm9v"), (request.Method, request.Headers["Authorization"]));
        Assert.Contains("application/json", request.Headers["Accept"], StringComparison.Ordinal);
    }

    /// <summary>prosody-modules §1.2-4: hosts were told apart by nothing but their URL; here neither sees the other's roster.</summary>
    [Fact]
    public async Task SameLocalpart_OnTwoHosts_HasTwoRosters()
    {
        var (one, other) = (await krewe.TenantAsync(), await krewe.TenantAsync());
        one.Lists("alice", "bob");
        other.Lists("alice", "carol");

        Assert.Equal([one.Jid("bob")], await (await one.LoginAsync("alice")).ContactsAsync());
        Assert.Equal([other.Jid("carol")], await (await other.LoginAsync("alice")).ContactsAsync());
    }

    /// <summary>prosody-modules §1.2-6: the copy holds as long as a resource is bound, and the next first need asks again.</summary>
    [Fact]
    public async Task Roster_OfOneRunOfSessions_IsAskedForOnce()
    {
        var tenant = await krewe.TenantAsync();
        tenant.Lists("alice", "bob");
        var first = await tenant.OnlineAsync("alice", "r1");
        await first.RosterAsync();
        await first.RosterAsync(" ver='1'");
        var second = await tenant.OnlineAsync("alice", "r2");
        await tenant.LogoutAsync(first);
        await second.RosterAsync();
        Assert.Equal(1, tenant.Calls("alice"));

        await tenant.LogoutAsync(second);
        tenant.Lists("alice", "carol");
        Assert.Equal([tenant.Jid("carol")], await (await tenant.LoginAsync("alice")).ContactsAsync());
        Assert.Equal(2, tenant.Calls("alice"));
    }

    /// <summary>prosody-modules §1.3-9: two resources that asked together caused two fetches, and the second got pushes on top of the old data.</summary>
    [Fact]
    public async Task RosterGet_OfTwentyDevicesTogether_CausesOneHookCall()
    {
        var tenant = await krewe.TenantAsync();
        var gate = new TaskCompletionSource();
        tenant["alice"] = HookAnswers.Behind(gate.Task, HookAnswers.Body($$"""{"{{tenant.Jid("bob")}}":{} }"""));
        var first = await tenant.LoginAsync("alice");
        var devices = await Task.WhenAll(Enumerable.Range(1, 19).Select(_ => tenant.LoginAsync("alice")));
        var asked = devices.Append(first).Select(async device =>
        {
            var contacts = device.ContactsAsync();
            await device.SendAsync("<presence/>");
            return await contacts;
        }).ToList();

        await tenant.Hook.NextRequestAsync();
        gate.SetResult();

        Assert.All(await Task.WhenAll(asked), contacts => Assert.Equal([tenant.Jid("bob")], contacts));
        await first.FenceAsync(first);
        Assert.Equal(1, tenant.Calls("alice"));
        Assert.Empty(first.Pushes);
    }

    /// <summary>prosody-modules §1.2-5: any status but 200 failed; a confirmed copy needs no second body here.</summary>
    [Fact]
    public async Task Fetch_WithAnETagKnown_TakesNotModifiedForAnAnswer()
    {
        var tenant = await krewe.TenantAsync();
        tenant["alice"] = context =>
        {
            if (context.Request.Headers.IfNoneMatch == "\"one\"")
            {
                return HookAnswers.Status(304)(context);
            }

            context.Response.Headers.ETag = "\"one\"";
            return HookAnswers.Body($$"""{"{{tenant.Jid("bob")}}":{} }""")(context);
        };
        var client = await tenant.OnlineAsync("alice");
        await tenant.LogoutAsync(client);

        Assert.Equal([tenant.Jid("bob")], await (await tenant.LoginAsync("alice")).ContactsAsync());
        Assert.Equal(2, tenant.Calls("alice"));
        Assert.Equal(["unchanged"], (await tenant.RefreshAsync("alice")).Results);
    }
}
