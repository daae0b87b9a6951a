using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Krewe.Tests.Defects;

namespace Krewe.Tests.Interop;

/// <summary>A process that is killed the moment it has acknowledged something about a room has it when it is started again.</summary>
[Trait("Category", "Slow")]
public sealed class KilledKreweTests : IAsyncLifetime, IDisposable
{
    private const string Domain = "mantua.example";
    private const string Room = $"team@rooms.{Domain}";
    private const string Path = $"api/v1/hosts/{Domain}";
    private const string RoomPath = $"{Path}/muc/rooms/team%40rooms.{Domain}";

    private readonly DemoProcess _krewe = new();
    private HttpClient _provider = new();

    public async Task InitializeAsync()
    {
        await _krewe.InitializeAsync();
        _provider = new HttpClient { BaseAddress = _krewe.Http };
        _provider.DefaultRequestHeaders.Authorization = new("Bearer", _krewe.AdminToken);
        await PutAsync(Path, new
        {
            c2s_require_encryption = false,
            allow_unencrypted_plain_auth = true,
            components = new Dictionary<string, object> { [$"rooms.{Domain}"] = new { type = "muc" } },
        });
        foreach (var user in (string[])["alice", "bob"])
        {
            await PutAsync($"{Path}/accounts/{user}", new { password = RunningKrewe.Password });
        }
    }

    public Task DisposeAsync() => _krewe.DisposeAsync();

    public void Dispose() => _provider.Dispose();

    [Fact]
    public async Task Room_AfterAKill_HasEverythingThatWasAcknowledged()
    {
        // A room that is made by its first occupant, and its configuration.
        await WithAliceAsync(async alice =>
        {
            Assert.Contains(201, RoomTenant.Statuses(await JoinAsync(alice)));
            await AcceptedAsync(alice, """
                <query xmlns='http://jabber.org/protocol/muc#owner'><x xmlns='jabber:x:data' type='submit'>
                <field var='FORM_TYPE'><value>http://jabber.org/protocol/muc#roomconfig</value></field>
                <field var='muc#roomconfig_roomname'><value>The team</value></field>
                <field var='muc#roomconfig_persistentroom'><value>1</value></field>
                <field var='muc#roomconfig_membersonly'><value>1</value></field></x></query>
                """);
        });
        var room = await RoomAsync();
        Assert.Equal(("The team", true, true), ((string?)room["roomname"], (bool)room["persistentroom"]!, (bool)room["membersonly"]!));
        Assert.Equal($$"""{"alice@{{Domain}}":"owner"}""", room["affiliations"]!.ToJsonString());

        // Affiliations.
        await WithAliceAsync(async alice =>
        {
            await JoinAsync(alice);
            await AcceptedAsync(alice, $"<query xmlns='http://jabber.org/protocol/muc#admin'><item affiliation='outcast' jid='tybalt@{Domain}'/></query>");
            await AcceptedAsync(alice, $"<query xmlns='http://jabber.org/protocol/muc#admin'><item affiliation='admin' jid='bob@{Domain}'/></query>");
        });
        Assert.Equal(
            [("alice", "owner"), ("bob", "admin"), ("tybalt", "outcast")],
            (await RoomAsync())["affiliations"]!.AsObject().Select(one => (one.Key.Split('@')[0], (string)one.Value!)).Order());

        // The subject: its acknowledgement is the room's own message.
        await WithAliceAsync(async alice =>
        {
            await JoinAsync(alice);
            await SubjectAsync(alice, "");
            await alice.SendAsync($"<message to='{Room}' type='groupchat'><subject>Release &amp; rest</subject></message>");
            await SubjectAsync(alice, "Release & rest");
        });

        // What a client sees, and the room's end.
        await WithAliceAsync(async alice =>
        {
            Assert.DoesNotContain(201, RoomTenant.Statuses(await JoinAsync(alice)));
            await SubjectAsync(alice, "Release & rest");
            await AcceptedAsync(alice, "<query xmlns='http://jabber.org/protocol/muc#owner'><destroy/></query>");
        });
        using var gone = await _provider.GetAsync(RoomPath);
        Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
    }

    /// <summary>Does it, then kills the process, and starts it again.</summary>
    private async Task WithAliceAsync(Func<XmppClient, Task> work)
    {
        await using (var alice = await XmppClient.LoginAsync(new IPEndPoint(IPAddress.Loopback, _krewe.C2SPort), "alice", Domain, "desk"))
        {
            await work(alice);
            await _krewe.KillAsync();
        }

        await _krewe.InitializeAsync();
    }

    private static async Task<System.Xml.Linq.XElement> JoinAsync(XmppClient client)
    {
        await client.SendAsync($"<presence to='{Room}/Alice'><x xmlns='http://jabber.org/protocol/muc'/></presence>");
        var presence = await client.PresenceFromAsync($"{Room}/Alice");
        Assert.Contains(110, RoomTenant.Statuses(presence));
        return presence;
    }

    private static Task SubjectAsync(XmppClient client, string subject) => client.ExpectAsync(stanza => (string?)stanza.Element("{jabber:client}subject") == subject);

    private static async Task AcceptedAsync(XmppClient client, string query)
    {
        var reply = await client.AskAsync("set", query, Room);
        Assert.True((string?)reply.Attribute("type") == "result", reply.ToString());
    }

    private async Task<JsonObject> RoomAsync() => (await _provider.GetFromJsonAsync<JsonObject>(RoomPath))!;

    private async Task PutAsync<T>(string path, T document)
    {
        using var answer = await _provider.PutAsJsonAsync(path, document);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }
}
