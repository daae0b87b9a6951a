using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Krewe.Tests.Grains.Storage;
using Krewe.Tests.Support;
using Krewe.Tests.Transcripts;

namespace Krewe.Tests.Http;

/// <summary>Contract §4, <c>GET …/usage</c>: what a host has used, to the last stanza, and still there after a restart.</summary>
public sealed class UsageEndpointsTests : IAsyncLifetime, IDisposable
{
    private const string Domain = "used.example";
    private const string Component = $"c.{Domain}";
    private const string Rooms = $"rooms.{Domain}";

    private readonly DataFolder _folder = new();
    private KreweServer _krewe = null!;
    private HookServer _app = null!;

    public async Task InitializeAsync()
    {
        _app = await HookServer.StartAsync();
        await StartAsync();
    }

    public async Task DisposeAsync()
    {
        await _krewe.DisposeAsync();
        await _app.DisposeAsync();
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Host_ThatIsNew_HasUsedNothing()
    {
        await PutHostAsync();

        var usage = await GetAsync();
        Assert.Equal((Domain, 0, 0), ((string?)usage["host"], (int)usage["now"]!["sessions"]!, (int)usage["now"]!["accounts"]!));
        Assert.All(usage["totals"]!.AsObject().Where(total => total.Key != "hook_calls"), total => Assert.Equal(0, (int)total.Value!));
        Assert.Empty(usage["days"]!.AsArray());
    }

    [Fact]
    public async Task WhatWasUsed_IsCounted_AndThereAfterARestart()
    {
        await PutHostAsync();
        _app.Answers("{}");
        await using (var juliet = await LogInAsync("juliet", "balcony"))
        await using (var romeo = await LogInAsync("romeo", "orchard"))
        {
            // Romeo has a place to be read from, and is not available: his message is kept.
            await juliet.SendAsync("<iq type='get' id='1'><query xmlns='jabber:iq:roster'/></iq>");
            Assert.NotNull(await juliet.ReceiveAsync());
            await _krewe.PutAccountAsync(Domain, "nurse");
            await juliet.SendAsync($"<message to='nurse@{Domain}' id='2' type='chat'><body>Where is my Romeo?</body></message>");
            await juliet.SendAsync($"<message to='{romeo.Jid}' id='3'><body>Wherefore art thou?</body></message>");
            Assert.Equal("3", (await romeo.ReceiveAsync())?.Attribute("id")?.Value);
            await using var component = new XmppActor(isByteByByte: false) { ContentNamespace = "jabber:component:accept" };
            await component.ConnectAsync(_krewe.Component);
            await component.ShakeHandsAsync(Component, "secret");
            await component.SendAsync($"<message from='{Component}' to='{romeo.Jid}' id='4'/>");
            Assert.Equal("4", (await romeo.ReceiveAsync())?.Attribute("id")?.Value);
            await WaitUntilAsync(usage => (int)usage["totals"]!["messages_stored"]! == 1);

            var usage = await GetAsync();
            Assert.Equal((2, 3, 0), ((int)usage["now"]!["sessions"]!, (int)usage["now"]!["accounts"]!, (int)usage["now"]!["rooms"]!));
            var totals = usage["totals"]!;
            Assert.Equal((3, 2, 1), ((int)totals["stanzas_received"]!, (int)totals["logins"]!, (int)totals["component_stanzas_received"]!));
            Assert.Equal((2, 1), ((int)totals["sessions_peak"]!, (int)totals["hook_calls"]!["roster"]!["answered"]!));
            Assert.InRange((int)totals["stanzas_sent"]!, 2, 10);
            Assert.InRange((int)totals["bytes_received"]!, 200, 500);
            Assert.InRange((int)totals["bytes_sent"]!, 200, 2000);
            Assert.True(JsonNode.DeepEquals(Without(totals, "date"), Without(usage["days"]![0]!, "date")));
        }

        var before = (await GetAsync())["totals"]!;
        await _krewe.DisposeAsync();
        await StartAsync();

        // The streams' ends may have been counted after that; nothing is less.
        var after = (await GetAsync())["totals"]!;
        Assert.All(before.AsObject().Where(total => total.Key != "hook_calls"), total => Assert.True((long)after[total.Key]! >= (long)total.Value!, $"{total.Key}: {total.Value} and then {after[total.Key]}"));
        Assert.Equal((3, 2, 1), ((int)after["stanzas_received"]!, (int)after["logins"]!, (int)after["hook_calls"]!["roster"]!["answered"]!));
    }

    [Fact]
    public async Task Process_ThatStops_HasWrittenWhatNobodyAskedFor()
    {
        await PutHostAsync();
        await using (var juliet = await LogInAsync("juliet", "balcony"))
        {
            await juliet.PingAsync();
        }

        await _krewe.DisposeAsync();
        await StartAsync();

        var totals = (await GetAsync())["totals"]!;
        Assert.Equal((1, 1, 1), ((int)totals["logins"]!, (int)totals["stanzas_received"]!, (int)totals["sessions_peak"]!));
    }

    [Fact]
    public async Task RemovedHost_LeavesNothingToWhoeverGetsTheDomainNext()
    {
        await PutHostAsync();
        await using (var juliet = await LogInAsync("juliet", "balcony"))
        {
            await juliet.PingAsync();
            Assert.Equal(1, (int)(await GetAsync())["totals"]!["logins"]!);
            await juliet.PingAsync();
            Assert.Equal(204, (await _krewe.SendAsync(HttpMethod.Delete, $"api/v1/hosts/{Domain}", null)).Status);
        }

        Assert.Equal(404, (await _krewe.SendAsync(HttpMethod.Get, $"api/v1/hosts/{Domain}/usage", null)).Status);
        await PutHostAsync();

        var totals = (await GetAsync())["totals"]!;
        Assert.Equal((0, 0), ((int)totals["logins"]!, (int)totals["stanzas_received"]!));
    }

    [Theory]
    [InlineData("yesterday")]
    [InlineData("2026-13-01")]
    [InlineData("2026-1-1")]
    [InlineData("2026-11-21T00:00:00Z")]
    public async Task Since_ThatIsNoDay_IsABadRequest(string since)
    {
        await PutHostAsync();
        Assert.Equal(400, (await _krewe.SendAsync(HttpMethod.Get, $"api/v1/hosts/{Domain}/usage?since={Uri.EscapeDataString(since)}", null)).Status);
    }

    [Fact]
    public async Task Since_ChoosesTheDays()
    {
        await PutHostAsync();
        await using (await LogInAsync("juliet", "balcony"))
        {
        }

        var today = DateTime.UtcNow.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);
        Assert.Single((await GetAsync("?since=2020-01-01"))["days"]!.AsArray());
        Assert.Equal(today, (string?)(await GetAsync($"?since={today}"))["days"]![0]!["date"]);
        Assert.Empty((await GetAsync("?since=2999-01-01"))["days"]!.AsArray());
    }

    [Fact]
    public async Task Usage_IsForKeysWithSettings_OfTheHost()
    {
        await PutHostAsync();
        var key = JsonNode.Parse((await _krewe.SendAsync(HttpMethod.Post, $"api/v1/hosts/{Domain}/keys", """{"name":"t","scopes":["settings"]}""")).Body)!;
        var other = JsonNode.Parse((await _krewe.SendAsync(HttpMethod.Post, $"api/v1/hosts/{Domain}/keys", """{"name":"t","scopes":["accounts"]}""")).Body)!;

        Assert.Equal((200, 403, 401), (await StatusAsync((string)key["key"]!), await StatusAsync((string)other["key"]!), await StatusAsync("nonsense")));
    }

    private static JsonObject Without(JsonNode row, string name)
    {
        var copy = row.DeepClone().AsObject();
        copy.Remove(name);
        return copy;
    }

    private async Task StartAsync() => _krewe = await KreweServer.StartAsync(configure: options => options with { Data = _folder.Path });

    private async Task<JsonNode> GetAsync(string query = "")
    {
        var (status, body) = await _krewe.SendAsync(HttpMethod.Get, $"api/v1/hosts/{Domain}/usage{query}", null);
        Assert.True(status == 200, body);
        return JsonNode.Parse(body)!;
    }

    private async Task WaitUntilAsync(Func<JsonNode, bool> holds)
    {
        using var patience = new CancellationTokenSource(Timeouts.Test);
        while (!holds(await GetAsync()))
        {
            patience.Token.ThrowIfCancellationRequested();
        }
    }

    private async Task<int> StatusAsync(string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"api/v1/hosts/{Domain}/usage");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var answer = await _krewe.Http.SendAsync(request);
        return (int)answer.StatusCode;
    }

    private Task PutHostAsync() => _krewe.PutHostAsync(Domain, new JsonObject
    {
        ["c2s_require_encryption"] = false,
        ["allow_unencrypted_plain_auth"] = true,
        ["http_roster_url"] = $"{_app.Url}/%s",
        ["components"] = new JsonObject
        {
            [Component] = new JsonObject { ["type"] = "external", ["component_secret"] = "secret" },
            [Rooms] = new JsonObject { ["type"] = "muc" },
        },
    });

    private async Task<XmppActor> LogInAsync(string user, string resource)
    {
        await _krewe.PutAccountAsync(Domain, user);
        var actor = new XmppActor(isByteByByte: false);
        await actor.LogInAsync(_krewe.C2S, user, Domain, resource, Domain);
        return actor;
    }
}
