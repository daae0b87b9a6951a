using System.Net;
using System.Text.Json.Nodes;
using System.Xml.Linq;
using Krewe.Tests.Support;
using Krewe.Tests.Transcripts;

namespace Krewe.Tests.Http;

/// <summary>Contract §5, "Namespace": a client's request, answered by a tenant's web service over real HTTP, and what the client is told when that fails.</summary>
public sealed class DelegatedServiceTests(LocalPathServer server) : IClassFixture<LocalPathServer>
{
    private static readonly XNamespace Client = "jabber:client";

    private static int s_domains;

    private KreweServer Krewe => server.Krewe;

    [Fact]
    public async Task Request_IsAnsweredByTheService()
    {
        await using var service = await HookServer.StartAsync();
        var (domain, juliet) = await LogInAsync($"{service.Url}/iq");
        await using var _ = juliet;
        service.Answers("""{"type":"result","xml":"<query xmlns='urn:example:ns'><found/></query>"}""");

        await juliet.SendAsync("<iq type='get' id='q1'><query xmlns='urn:example:ns' node='&amp;'/></iq>");
        Assert.Equal($"<iq to=\"juliet@{domain}/r\" type=\"result\" id=\"q1\"><query xmlns=\"urn:example:ns\"><found /></query></iq>", Plain(await juliet.ReceiveAsync()));
        await juliet.SendAsync($"<iq type='set' id='q2' to='nobody@{domain}'><query xmlns='urn:example:ns'/></iq>");
        Assert.Equal($"<iq to=\"juliet@{domain}/r\" from=\"nobody@{domain}\" type=\"result\" id=\"q2\"><query xmlns=\"urn:example:ns\"><found /></query></iq>", Plain(await juliet.ReceiveAsync()));

        var first = JsonNode.Parse((await service.NextRequestAsync()).Body)!;
        Assert.True(JsonNode.DeepEquals(first, JsonNode.Parse($$"""
            {"host":"{{domain}}","from":"juliet@{{domain}}/r","id":"q1","type":"get","namespace":"urn:example:ns",
             "xml":"<iq xmlns='jabber:client' from='juliet@{{domain}}/r' type='get' id='q1'><query xmlns='urn:example:ns' node='&amp;'/></iq>"}
            """)), first.ToJsonString());
        var second = JsonNode.Parse((await service.NextRequestAsync()).Body)!;
        Assert.Equal(("set", $"nobody@{domain}"), ((string?)second["type"], (string?)second["to"]));
    }

    [Fact]
    public async Task Error_OfTheService_ReachesTheRequester()
    {
        await using var service = await HookServer.StartAsync();
        var (domain, juliet) = await LogInAsync(service.Url);
        await using var _ = juliet;
        service.Answers("""{"type":"error","xml":"<error type='modify'><not-acceptable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"}""");

        await juliet.SendAsync("<iq type='set' id='q1'><query xmlns='urn:example:ns'/></iq>");

        Assert.Equal(
            $"<iq to=\"juliet@{domain}/r\" type=\"error\" id=\"q1\"><error type=\"modify\"><not-acceptable xmlns=\"urn:ietf:params:xml:ns:xmpp-stanzas\" /></error></iq>",
            Plain(await juliet.ReceiveAsync()));
    }

    public static TheoryData<string, int, string> Failures => new()
    {
        { "status", 500, "refused" },
        { "redirect", 302, "refused" },
        { "malformed", 200, "malformed" },
        { "xml", 200, "malformed" },
        { "smuggled", 200, "malformed" },
        { "bare error", 200, "refused" },
        { "no error", 200, "malformed" },
        { "closes", 0, "refused" },
        { "hangs", 0, "timeouts" },
        { "drips", 0, "timeouts" },
        { "truncates", 0, "refused" },
        { "no HTTP", 0, "refused" },
        { "refused address", 0, "refused" },
    };

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task Failure_OfTheService_IsServiceUnavailable(string failure, int status, string counted)
    {
        await using var service = await HookServer.StartAsync();
        switch (failure)
        {
            case "closes":
                service.Closes();
                break;
            case "hangs":
                service.Hangs();
                break;
            case "drips":
                service.Drips();
                break;
            case "truncates":
                service.Truncates("{");
                break;
            case "no HTTP":
                service.AnswersRaw("nonsense\r\n\r\n");
                break;
            default:
                service.Answers(
                    failure switch
                    {
                        "malformed" => "[]",
                        "xml" => """{"type":"result","xml":"<query xmlns='urn:example:ns'>"}""",
                        "smuggled" => """{"type":"result","xml":"<query xmlns='urn:example:ns'/></iq><message from='boss@example.com'/><iq>"}""",
                        "bare error" => """{"type":"error"}""",
                        "no error" => """{"type":"error","xml":"<query xmlns='urn:example:ns'/>"}""",
                        _ => """{"type":"result"}""",
                    },
                    Math.Max(status, 200));
                break;
        }

        var (domain, juliet) = await LogInAsync(failure == "refused address" ? "http://169.254.1.1/" : service.Url, timeout: failure is "hangs" or "drips" ? 0.3 : 20);
        await using var _ = juliet;

        await juliet.SendAsync("<iq type='get' id='q1'><query xmlns='urn:example:ns'/></iq>");

        Assert.Equal(
            $"<iq to=\"juliet@{domain}/r\" type=\"error\" id=\"q1\"><error type=\"cancel\"><service-unavailable xmlns=\"urn:ietf:params:xml:ns:xmpp-stanzas\" /></error></iq>",
            Plain(await juliet.ReceiveAsync()));
        var grant = await GrantAsync(domain);
        Assert.Equal((0, 1, 1), ((int)grant["pending"]!, (int)grant["forwarded"]!, (int)grant[counted]!));
        Assert.Empty(Krewe.Errors.Take());
    }

    [Fact]
    public async Task SlowService_HoldsUpNothingElse_AndNoMoreWaitThanTheLimit()
    {
        await using var service = await HookServer.StartAsync();
        var (domain, juliet) = await LogInAsync(service.Url, pending: 2);
        await using var _ = juliet;
        var gate = service.AnswersBehindGate("""{"type":"result"}""");

        await juliet.SendAsync("<iq type='get' id='q1'><query xmlns='urn:example:ns'/></iq><iq type='get' id='q2'><query xmlns='urn:example:ns'/></iq>");
        await juliet.SendAsync("<iq type='get' id='q3'><query xmlns='urn:example:ns'/></iq><iq type='get' id='p'><ping xmlns='urn:xmpp:ping'/></iq>");

        Assert.Contains("resource-constraint", Plain(await juliet.ReceiveAsync()), StringComparison.Ordinal);
        Assert.Equal("p", (await juliet.ReceiveAsync())?.Attribute("id")?.Value);
        Assert.Equal(2, (int)(await GrantAsync(domain))["pending"]!);
        gate.SetResult();
        var answered = new[] { await juliet.ReceiveAsync(), await juliet.ReceiveAsync() };
        Assert.Equal(["q1", "q2"], answered.Select(iq => iq?.Attribute("id")?.Value).Order());
    }

    private async Task<JsonNode> GrantAsync(string domain)
    {
        var (status, body) = await Krewe.SendAsync(HttpMethod.Get, $"api/v1/hosts/{domain}/delegations", null);
        Assert.Equal((int)HttpStatusCode.OK, status);
        return Assert.Single(JsonNode.Parse(body)!["items"]!.AsArray())!;
    }

    private async Task<(string Domain, XmppActor Juliet)> LogInAsync(string url, double timeout = 20, int pending = 1000)
    {
        var domain = $"s{Interlocked.Increment(ref s_domains)}.example";
        await Krewe.PutHostAsync(domain, new JsonObject
        {
            ["c2s_require_encryption"] = false,
            ["allow_unencrypted_plain_auth"] = true,
            ["limits"] = new JsonObject { ["pending_iqs"] = pending },
            ["delegations"] = new JsonObject { ["urn:example:ns"] = new JsonObject { ["url"] = url, ["timeout"] = timeout } },
        });
        await Krewe.PutAccountAsync(domain, "juliet");
        var juliet = new XmppActor(isByteByByte: false);
        await juliet.LogInAsync(Krewe.C2S, "juliet", domain, "r", domain);
        return (domain, juliet);
    }

    private static string Plain(XElement? iq)
    {
        Assert.NotNull(iq);
        Assert.Equal(Client + "iq", iq.Name);
        return iq.ToString(SaveOptions.DisableFormatting).Replace(" xmlns=\"jabber:client\"", "", StringComparison.Ordinal);
    }
}
