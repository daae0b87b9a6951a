using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Xml.Linq;

namespace Krewe.Tests.Defects;

/// <summary>A tenant with a room service at <c>rooms.</c> its domain, whose application answers for each user and room what the test says; at first, yes.</summary>
internal sealed class RoomTenant
{
    public static readonly XNamespace User = "http://jabber.org/protocol/muc#user";

    private const string Admitted = """{"allowed":true}""";

    private readonly ConcurrentDictionary<(string User, string Room), HookAnswer> _answers = new();
    private readonly RunningKrewe _krewe;

    private RoomTenant(RunningKrewe krewe, Tenant host) => (_krewe, Host) = (krewe, host);

    public Tenant Host { get; }

    public static async Task<RoomTenant> StartAsync(RunningKrewe krewe, object? settings = null)
    {
        var tenant = new RoomTenant(krewe, await krewe.TenantAsync());
        var service = JsonSerializer.SerializeToNode(settings ?? new { })!.AsObject();
        (service["type"], service["muc_http_auth_url"]) = ("muc", $"{tenant.Host.Hook.Url}/can-join");
        await krewe.PutHostAsync(
            tenant.Host.Domain, $"{tenant.Host.Hook.Url}/contacts/%s", new { components = new Dictionary<string, JsonNode> { [$"rooms.{tenant.Host.Domain}"] = service } });
        tenant.Host["can-join"] = context =>
        {
            var query = context.Request.Query;
            return tenant._answers.GetValueOrDefault((query["userJID"].ToString(), query["mucJID"].ToString()), HookAnswers.Body(Admitted))(context);
        };
        return tenant;
    }

    public string Room(string name) => $"{name}@rooms.{Host.Domain}";

    /// <summary>What the application answers about a user and a room from now on.</summary>
    public void Answers(string user, string room, HookAnswer answer) => _answers[(Host.Jid(user), Room(room))] = answer;

    public void Refuses(string user, string room, string more = "") => Answers(user, room, HookAnswers.Body($$"""{"allowed":false{{more}}}"""));

    /// <summary>How often the application was asked about rooms.</summary>
    public int Calls => Host.Hook.Requests.Count(request => request.Target.StartsWith("/can-join?", StringComparison.Ordinal));

    /// <summary>Enters; the session's own presence.</summary>
    public async Task<XElement> JoinAsync(XmppClient client, string room, string nickname)
    {
        await client.SendAsync($"<presence to='{Room(room)}/{nickname}'><x xmlns='http://jabber.org/protocol/muc'/></presence>");
        return await client.ExpectAsync(stanza => IsPresence(stanza, room, nickname) && ((string?)stanza.Attribute("type") == "error" || Statuses(stanza).Contains(110)));
    }

    /// <summary>Unavailable presence of an occupant.</summary>
    public Task<XElement> GoneAsync(XmppClient client, string room, string nickname) =>
        client.ExpectAsync(stanza => IsPresence(stanza, room, nickname) && (string?)stanza.Attribute("type") == "unavailable");

    /// <summary>Done when everything that the room sent before has come.</summary>
    public async Task AssertPresentAsync(XmppClient client, string room, string nickname)
    {
        var ping = await client.AskAsync("get", "<ping xmlns='urn:xmpp:ping'/>", $"{Room(room)}/{nickname}");
        Assert.Equal("result", (string?)ping.Attribute("type"));
    }

    public async Task<string> InvalidateAsync(string? room = null, string? user = null)
    {
        var body = new JsonObject();
        if (room is not null)
        {
            body["room"] = Room(room);
        }

        if (user is not null)
        {
            body["user"] = user.Contains('@') ? user : Host.Jid(user);
        }

        return await SendAsync(HttpMethod.Post, "muc/decisions/invalidate", body.ToJsonString());
    }

    /// <summary>A request below the host's part of the API; the answer's text.</summary>
    public async Task<string> SendAsync(HttpMethod method, string path, string? body = null, HttpStatusCode status = HttpStatusCode.OK)
    {
        using var request = new HttpRequestMessage(method, $"/api/v1/hosts/{Host.Domain}/{path}") { Content = body is null ? null : RunningKrewe.Json(body) };
        using var answer = await _krewe.Provider.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == status, $"{(int)answer.StatusCode} instead of {(int)status}: {text}");
        return text;
    }

    public string Path(string room) => $"muc/rooms/{Uri.EscapeDataString(Room(room))}";

    public static int[] Statuses(XElement stanza) => [.. stanza.Descendants(User + "status").Select(status => (int)status.Attribute("code")!)];

    public static XElement Item(XElement stanza) => stanza.Element(User + "x")!.Element(User + "item")!;

    private bool IsPresence(XElement stanza, string room, string nickname) =>
        stanza.Name.LocalName == "presence" && (string?)stanza.Attribute("from") == $"{Room(room)}/{nickname}";
}
