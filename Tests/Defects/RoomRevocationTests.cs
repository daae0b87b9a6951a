using System.Net;
using System.Text.Json.Nodes;

namespace Krewe.Tests.Defects;

/// <summary>
/// prosody-modules §3.2: a decision could not be taken back. Here the application says that something has changed, and whoever it refuses now is out of the
/// room; whoever it says nothing clear about stays (contract §4, §5 "Room access").
/// </summary>
public sealed class RoomRevocationTests(RunningKrewe krewe) : IClassFixture<RunningKrewe>
{
    [Fact]
    public async Task Room_Invalidated_LosesWhoIsRefusedNowFromEveryDevice()
    {
        var tenant = await RoomTenant.StartAsync(krewe);
        var (desk, pocket, bob) = (await tenant.Host.OnlineAsync("alice", "desk"), await tenant.Host.OnlineAsync("alice", "pocket"), await tenant.Host.OnlineAsync("bob"));
        await tenant.JoinAsync(bob, "ball", "Bob");
        await AcceptConfigurationAsync(tenant, bob, "ball");
        await tenant.JoinAsync(desk, "ball", "Alice");
        await tenant.JoinAsync(pocket, "ball", "Alice");
        tenant.Refuses("alice", "ball", """, "reason": "Not <now>" """);
        var calls = tenant.Calls;

        Assert.Equal("""{"forgotten":2,"asked":2,"removed":1,"failed":0}""", await tenant.InvalidateAsync("ball"));
        Assert.Equal(calls + 2, tenant.Calls);
        foreach (var device in (XmppClient[])[desk, pocket])
        {
            var gone = await tenant.GoneAsync(device, "ball", "Alice");
            Assert.Equal([110, 307], RoomTenant.Statuses(gone).Order());
            Assert.Equal(("none", "Not <now>"), ((string?)RoomTenant.Item(gone).Attribute("role"), (string?)RoomTenant.Item(gone).Element(RoomTenant.User + "reason")));
        }

        // Told once, when the last device was out.
        await tenant.AssertPresentAsync(bob, "ball", "Bob");
        var seen = Assert.Single(bob.Presences, presence => (string?)presence.Attribute("from") == $"{tenant.Room("ball")}/Alice" && (string?)presence.Attribute("type") == "unavailable");
        Assert.Equal([307], RoomTenant.Statuses(seen));

        // And the refusal is what is remembered.
        var again = await tenant.JoinAsync(desk, "ball", "Alice");
        Assert.Equal("not-authorized", XmppClient.Condition(again));
        Assert.Equal(calls + 2, tenant.Calls);
    }

    [Theory]
    [InlineData(""", "affiliation": "outcast" """, false, 301)]
    [InlineData("", true, 321)]
    [InlineData("", false, 307)]
    public async Task Refusal_HasTheCodeOfItsCause(string more, bool isMembersOnly, int code)
    {
        var tenant = await RoomTenant.StartAsync(krewe);
        await tenant.SendAsync(
            HttpMethod.Put, tenant.Path("ball"), new JsonObject { ["membersonly"] = isMembersOnly, ["affiliations"] = new JsonObject { [tenant.Host.Jid("alice")] = "member" } }.ToJsonString(),
            HttpStatusCode.Created);
        var alice = await tenant.Host.OnlineAsync("alice");
        await tenant.JoinAsync(alice, "ball", "Alice");
        tenant.Refuses("alice", "ball", more);

        Assert.Equal("""{"forgotten":1,"asked":1,"removed":1,"failed":0}""", await tenant.InvalidateAsync("ball", "alice"));
        var gone = await tenant.GoneAsync(alice, "ball", "Alice");
        Assert.Equal(((int[])[110, code]).Order(), RoomTenant.Statuses(gone).Order());
        Assert.Null(RoomTenant.Item(gone).Element(RoomTenant.User + "reason"));
    }

    [Fact]
    public async Task User_Invalidated_LeavesOnlyTheRoomsThatRefuse()
    {
        var tenant = await RoomTenant.StartAsync(krewe, new { muc_room_locking = false });
        var (alice, bob) = (await tenant.Host.OnlineAsync("alice"), await tenant.Host.OnlineAsync("bob"));
        foreach (var room in (string[])["ball", "garden"])
        {
            await tenant.JoinAsync(alice, room, "Alice");
            await tenant.JoinAsync(bob, room, "Bob");
        }

        tenant.Refuses("alice", "ball");
        tenant.Refuses("bob", "ball");
        Assert.Equal("""{"forgotten":2,"asked":2,"removed":1,"failed":0}""", await tenant.InvalidateAsync(user: "alice"));
        await tenant.GoneAsync(alice, "ball", "Alice");
        await tenant.AssertPresentAsync(alice, "garden", "Alice");
        await tenant.AssertPresentAsync(bob, "ball", "Bob");

        // Somebody of the same name elsewhere is somebody else.
        Assert.Equal("""{"forgotten":0,"asked":0,"removed":0,"failed":0}""", await tenant.InvalidateAsync(user: "bob@elsewhere.example"));
    }

    [Theory]
    [InlineData("500", "deny")]
    [InlineData("404", "allow")]
    [InlineData("302", "stale")]
    [InlineData("close", "deny")]
    [InlineData("hang", "allow")]
    [InlineData("invalid-json", "stale")]
    [InlineData("array", "deny")]
    [InlineData("empty-body", "deny")]
    public async Task Hook_ThatFails_RemovesNobody(string failure, string onError)
    {
        var tenant = await RoomTenant.StartAsync(krewe, new { muc_http_auth_timeout = 0.5, muc_http_auth_on_error = onError, muc_room_locking = false });
        var (alice, bob) = (await tenant.Host.OnlineAsync("alice"), await tenant.Host.OnlineAsync("bob"));
        await tenant.JoinAsync(alice, "ball", "Alice");
        await tenant.JoinAsync(bob, "ball", "Bob");
        tenant.Answers("alice", "ball", HookAnswers.Failing(failure));
        tenant.Refuses("bob", "ball");

        Assert.Equal("""{"forgotten":2,"asked":2,"removed":1,"failed":1}""", await tenant.InvalidateAsync("ball"));
        await tenant.GoneAsync(bob, "ball", "Bob");
        await tenant.AssertPresentAsync(alice, "ball", "Alice");
    }

    /// <summary>A failed question is asked again, and then the answer counts.</summary>
    [Fact]
    public async Task Hook_ThatAnswersAfterItFailed_IsHeeded()
    {
        var tenant = await RoomTenant.StartAsync(krewe, new { muc_room_locking = false });
        var alice = await tenant.Host.OnlineAsync("alice");
        await tenant.JoinAsync(alice, "ball", "Alice");
        tenant.Answers("alice", "ball", HookAnswers.Failing("500"));
        Assert.Equal("""{"forgotten":1,"asked":1,"removed":0,"failed":1}""", await tenant.InvalidateAsync("ball"));
        tenant.Refuses("alice", "ball");

        Assert.Contains(307, RoomTenant.Statuses(await tenant.GoneAsync(alice, "ball", "Alice")));
    }

    /// <summary>The answer that was under way when the decisions were taken back was given before the change: it counts for nothing.</summary>
    [Fact]
    public async Task Join_ThatIsUnderWay_IsAskedAboutAgain()
    {
        var tenant = await RoomTenant.StartAsync(krewe, new { muc_room_locking = false });
        var alice = await tenant.Host.OnlineAsync("alice");
        var (asked, gate) = (new TaskCompletionSource(), new TaskCompletionSource());
        tenant.Answers("alice", "ball", context =>
        {
            asked.TrySetResult();
            return HookAnswers.Behind(gate.Task, HookAnswers.Body("""{"allowed":true}"""))(context);
        });
        var joining = tenant.JoinAsync(alice, "ball", "Alice");
        await asked.Task.WaitAsync(Support.Timeouts.Test);
        Assert.Equal("""{"forgotten":1,"asked":0,"removed":0,"failed":0}""", await tenant.InvalidateAsync("ball"));
        tenant.Refuses("alice", "ball");
        gate.SetResult();

        Assert.Equal("not-authorized", XmppClient.Condition(await joining));
    }

    [Fact]
    public async Task Room_OfTheApi_HasNoLockAndOutlivesItsOccupantsAndTheProcess()
    {
        var own = await RunningKrewe.StartAsync(options => options);
        try
        {
            var tenant = await RoomTenant.StartAsync(own);
            var made = await tenant.SendAsync(
                HttpMethod.Put, tenant.Path("ball"),
                new JsonObject { ["roomname"] = "The ball", ["subject"] = "Masks", ["affiliations"] = new JsonObject { [tenant.Host.Jid("alice")] = "owner" } }.ToJsonString(), HttpStatusCode.Created);
            var alice = await tenant.Host.OnlineAsync("alice");
            var entered = await tenant.JoinAsync(alice, "ball", "Alice");
            Assert.Equal("owner", (string?)RoomTenant.Item(entered).Attribute("affiliation"));
            Assert.DoesNotContain(201, RoomTenant.Statuses(entered));
            var subject = await alice.ExpectAsync(stanza => stanza.Name.LocalName == "message" && (string?)stanza.Attribute("type") == "groupchat");
            Assert.Equal("Masks", subject.Elements().Single(child => child.Name.LocalName == "subject").Value);
            Assert.Contains($"\"jids\":[\"{alice.Full}\"]", await tenant.SendAsync(HttpMethod.Get, $"{tenant.Path("ball")}/occupants"), StringComparison.Ordinal);

            await tenant.SendAsync(HttpMethod.Delete, $"{tenant.Path("ball")}/occupants/Alice?reason=Late", status: HttpStatusCode.NoContent);
            var kicked = await tenant.GoneAsync(alice, "ball", "Alice");
            Assert.Equal([110, 307], RoomTenant.Statuses(kicked).Order());
            Assert.Equal("Late", (string?)RoomTenant.Item(kicked).Element(RoomTenant.User + "reason"));

            await own.RestartAsync();
            Assert.Equal(made, await tenant.SendAsync(HttpMethod.Get, tenant.Path("ball")));
            var listed = JsonNode.Parse(await tenant.SendAsync(HttpMethod.Get, "rooms"))!["items"]!.AsArray();
            Assert.Equal($$"""{"room":"{{tenant.Room("ball")}}","name":"The ball","public":true,"persistent":true}""", Assert.Single(listed)!.ToJsonString());
            await tenant.SendAsync(HttpMethod.Delete, tenant.Path("ball"), status: HttpStatusCode.NoContent);
            await tenant.SendAsync(HttpMethod.Get, tenant.Path("ball"), status: HttpStatusCode.NotFound);
        }
        finally
        {
            await own.DisposeAsync();
        }
    }

    /// <summary>XEP-0045 §10.1.2: an instant room.</summary>
    private static async Task AcceptConfigurationAsync(RoomTenant tenant, XmppClient owner, string room) => Assert.Equal("result", (string?)(await owner.AskAsync(
        "set", "<query xmlns='http://jabber.org/protocol/muc#owner'><x xmlns='jabber:x:data' type='submit'/></query>", tenant.Room(room))).Attribute("type"));
}
