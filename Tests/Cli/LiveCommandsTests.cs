using System.Text.Json.Nodes;
using Krewe.Tests.Support;
using Krewe.Tests.Transcripts;

namespace Krewe.Tests.Cli;

/// <summary><c>krewe roster</c>, <c>muc</c> and <c>session</c> against a whole server with somebody connected.</summary>
public sealed class LiveCommandsTests(LocalPathServer server) : IClassFixture<LocalPathServer>
{
    private static int s_hosts;

    [Fact]
    public async Task Roster_IsRefreshedAndShown()
    {
        var host = await HostAsync();
        server.Krewe.Hooks.Answer(host, "juliet", """{ "romeo@HOST": { "name": "Romeo\u009b31m", "groups": ["Friends"] }, "b@@d": {} }""".Replace("HOST", host, StringComparison.Ordinal));
        await using var juliet = await LogInAsync(host, "juliet");

        var refreshed = await RunAsync("roster", "refresh", host, "juliet", "nurse");
        Assert.Equal((0, ""), (refreshed.Code, refreshed.Errors));
        Assert.Matches("(?m)^juliet +(updated|unchanged) +", refreshed.Output);
        Assert.Matches("(?m)^nurse +invalidated +", refreshed.Output);
        Assert.Contains("skipped in juliet: b@@d (bad JID)\n", refreshed.Output, StringComparison.Ordinal);
        Assert.Equal(2, (int?)(await RunAsync("roster", "refresh", host, "juliet", "nurse", "--json")).Json["updated"]);

        var shown = await RunAsync("roster", "show", host, $"juliet@{host}");
        Assert.Contains("JID", shown.Output, StringComparison.Ordinal);
        Assert.Contains($"romeo@{host}  Romeo?31m  both", shown.Output, StringComparison.Ordinal);
        Assert.Equal("Friends", (string?)(await RunAsync("roster", "show", host, "juliet", "--json")).Json["items"]![0]!["groups"]![0]);
        Assert.Equal(1, (await RunAsync("roster", "show", host, "nobody")).Code);

        server.Krewe.Hooks.Answer(host, "juliet", "", 500);
        var failed = await RunAsync("roster", "refresh", host, "juliet");
        Assert.Equal(1, failed.Code);
        Assert.Contains("status 500", failed.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Session_IsListedAndEnded()
    {
        var host = await HostAsync();
        await using var juliet = await LogInAsync(host, "juliet");
        Assert.Contains($"juliet@{host}/r  ", (await RunAsync("session", "list", host)).Output, StringComparison.Ordinal);
        Assert.Equal($"juliet@{host}/r", (string?)(await RunAsync("session", "list", host, "--json")).Json[0]!["jid"]);

        Assert.Equal(new ToolRun(0, "ended\n", ""), await RunAsync("session", "end", host, $"juliet@{host}/r"));
        Assert.Contains("policy-violation", (await juliet.ReceiveAsync())!.ToString(), StringComparison.Ordinal);
        Assert.Equal(1, (await RunAsync("session", "end", host, $"juliet@{host}/r")).Code);
    }

    [Fact]
    public async Task Room_IsMadeShownLookedIntoAndDestroyed()
    {
        var host = await HostAsync();
        var room = $"hall@rooms.{host}";
        Assert.Equal("created\n", (await WithInputAsync("""{ "roomname": "The hall" }""", "muc", "apply", host, room, "-")).Output);
        Assert.Equal("replaced\n", (await WithInputAsync("""{ "roomname": "The great hall" }""", "muc", "apply", host, room, "-")).Output);
        Assert.Equal("The great hall", (string?)(await RunAsync("muc", "show", host, room)).Json["roomname"]);
        Assert.Matches($"(?m)^{room}  The great hall  yes +yes$", (await RunAsync("muc", "rooms", host)).Output);
        Assert.Equal(room, (string?)(await RunAsync("muc", "rooms", host, "--service", $"rooms.{host}", "--json")).Json[0]!["room"]);
        Assert.Equal(1, (await RunAsync("muc", "rooms", host, "--service", "rooms.elsewhere.example")).Code);

        await using var juliet = await LogInAsync(host, "juliet");
        await juliet.SendAsync($"<presence to='{room}/Juliet of Verona'><x xmlns='http://jabber.org/protocol/muc'/></presence>");

        // Her own presence comes last.
        string presence;
        do
        {
            presence = (await juliet.ReceiveAsync())!.ToString();
        }
        while (!presence.Contains("code=\"110\"", StringComparison.Ordinal));

        Assert.Contains("Juliet of Verona  ", (await RunAsync("muc", "occupants", host, room)).Output, StringComparison.Ordinal);
        var counts = await RunAsync("muc", "invalidate", host, "--user", "juliet", "--room", room, "--json");
        Assert.Equal(0, (int?)counts.Json["removed"]);
        Assert.Matches("(?m)^forgotten  [0-9]+$", (await RunAsync("muc", "invalidate", host, "--room", room)).Output);
        Assert.Equal(new ToolRun(0, "kicked\n", ""), await RunAsync("muc", "kick", host, room, "Juliet of Verona", "--reason", "It is late & dark"));
        Assert.Equal("[]\n", (await RunAsync("muc", "occupants", host, room, "--json")).Output);
        Assert.Equal(new ToolRun(1, "", "There is no such occupant. (HTTP 404)\n"), await RunAsync("muc", "kick", host, room, "Juliet of Verona"));
        Assert.Equal(new ToolRun(0, "deleted\n", ""), await RunAsync("muc", "delete", host, room, "--reason", "closed", "--alternate", $"garden@rooms.{host}"));
        Assert.Equal(1, (await RunAsync("muc", "show", host, room)).Code);
    }

    [Fact]
    public async Task HooksAndUsage_AreShown()
    {
        var host = await HostAsync();
        server.Krewe.Hooks.Answer(host, "juliet", "", 503);
        await using var juliet = await LogInAsync(host, "juliet");
        await RunAsync("roster", "refresh", host, "juliet");

        Assert.Matches("(?m)^roster +- +closed +[1-9][0-9]* +[1-9]", (await RunAsync("host", "hooks", host)).Output);
        Assert.Matches("(?m)^[0-9T:-]{19}Z  roster  -  .* 503 ", (await RunAsync("host", "hooks", host, "--calls")).Output);
        var hook = (await RunAsync("host", "hooks", host, "--calls", "--json")).Json[0]!;
        Assert.Equal(503, (int?)hook["calls"]![0]!["status"]);

        var usage = await RunAsync("host", "usage", host);
        Assert.Matches("(?m)^totals\\.logins +1$", usage.Output);
        Assert.Matches("(?m)^DATE +SESSIONS PEAK +LOGINS ", usage.Output);
        Assert.Equal(host, (string?)(await RunAsync("host", "usage", host, "--json")).Json["host"]);
        Assert.Equal(1, (await RunAsync("host", "usage", host, "--since", "yesterday")).Code);
    }

    private async Task<string> HostAsync()
    {
        var host = $"tool{Interlocked.Increment(ref s_hosts)}.example";
        await server.Krewe.PutHostAsync(host, new JsonObject
        {
            ["c2s_require_encryption"] = false,
            ["allow_unencrypted_plain_auth"] = true,
            ["http_roster_url"] = server.Krewe.Hooks.UrlOf(host),
            ["components"] = new JsonObject { [$"rooms.{host}"] = new JsonObject { ["type"] = "muc" } },
        });
        await server.Krewe.PutAccountAsync(host, "juliet");
        return host;
    }

    private async Task<XmppActor> LogInAsync(string host, string user)
    {
        var actor = new XmppActor(isByteByByte: false);
        await actor.LogInAsync(server.Krewe.C2S, user, host, "r", host);
        return actor;
    }

    private Task<ToolRun> RunAsync(params string[] args) => WithInputAsync("", args);

    private Task<ToolRun> WithInputAsync(string input, params string[] args) =>
        ToolRun.OfAsync(ToolRun.Settings(server.Krewe.Http.BaseAddress!, KreweServer.AdminToken), args, input);
}
