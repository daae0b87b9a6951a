using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace Krewe.Tests.Interop;

/// <summary>What a user of <c>./run</c> does first, with slixmpp.</summary>
[Trait("Category", "Interop")]
public sealed class SlixmppTests(DemoProcess demo) : IClassFixture<DemoProcess>
{
    private const string Password = "secret";

    [SlixmppFact]
    public async Task Login_OverStartTls_GetsTheApplicationsRoster()
    {
        await using var hamlet = SlixmppClient.Start("hamlet@elsinore.localhost/castle", Password, demo.C2SPort);

        var session = await hamlet.NextAsync("session");
        Assert.Equal("hamlet@elsinore.localhost/castle", Text(session, "jid"));
        Assert.StartsWith("TLSv1.", Text(session, "tls"), StringComparison.Ordinal);
        // slixmpp 1.8 asks for tls-unique, which TLS 1.3 does not have, and then does not trust itself to go without: PLAIN is what is left.
        Assert.Matches("^(PLAIN|SCRAM-.*)$", Text(session, "mechanism"));
        var roster = (await hamlet.NextAsync("roster"))["items"]!.AsObject();
        Assert.Equal(
            """{"ophelia@elsinore.localhost":{"name":"Ophelia","groups":["Court"],"subscription":"both"}}""", roster.ToJsonString());
    }

    [SlixmppFact]
    public async Task Login_WithAWrongPassword_IsRefused()
    {
        await using var hamlet = SlixmppClient.Start("hamlet@elsinore.localhost", "sesame", demo.C2SPort);

        Assert.Equal("failed_all_auth", Text(await hamlet.NextAsync("failed"), "kind"));
    }

    [SlixmppFact]
    public async Task Chat_BetweenTwoUsers_GoesBothWays()
    {
        await using var romeo = SlixmppClient.Start("romeo@verona.localhost/orchard", Password, demo.C2SPort);
        await romeo.NextAsync("roster");
        await using var juliet = SlixmppClient.Start("juliet@verona.localhost/balcony", Password, demo.C2SPort);

        // Contacts of each other: romeo sees her come online, and only then is there somebody to talk to.
        await romeo.NextAsync("presence", presence => Text(presence, "from") == "juliet@verona.localhost/balcony");
        await romeo.SendAsync("juliet@verona.localhost", "it is the east & <juliet> is the sun ☀");
        var heard = await juliet.NextAsync("message");
        Assert.Equal(
            ("romeo@verona.localhost/orchard", "chat", "it is the east & <juliet> is the sun ☀"), (Text(heard, "from"), Text(heard, "type"), Text(heard, "body")));

        await juliet.SendAsync(Text(heard, "from"), "wherefore art thou");
        Assert.Equal("wherefore art thou", Text(await romeo.NextAsync("message"), "body"));
    }

    [SlixmppFact]
    public async Task Component_ThatKnowsItsSecret_IsTalkedTo_FromAnyOfItsAddresses()
    {
        await using var component = SlixmppClient.StartComponent("pubsub.verona.localhost", Password, demo.ComponentPort);
        await component.NextAsync("session");
        await using var romeo = SlixmppClient.Start("romeo@verona.localhost/orchard", Password, demo.C2SPort);
        await romeo.NextAsync("roster");

        await romeo.SendAsync("anybody@pubsub.verona.localhost/any", "soft & <what> light ☀");

        var heard = await romeo.NextAsync("message");
        Assert.Equal(
            ("anybody@pubsub.verona.localhost/any", "chat", "soft & <what> light ☀"), (Text(heard, "from"), Text(heard, "type"), Text(heard, "body")));
    }

    [SlixmppFact]
    public async Task Component_WithAWrongSecret_IsRefused()
    {
        await using var component = SlixmppClient.StartComponent("pubsub.elsinore.localhost", "sesame", demo.ComponentPort);

        Assert.Equal("not-authorized", Text(await component.NextAsync("failed"), "condition"));
    }

    [SlixmppFact]
    public async Task Refresh_AfterAChangeInTheApplication_IsPushedToEveryDevice()
    {
        await using var desk = SlixmppClient.Start("nurse@verona.localhost/desk", Password, demo.C2SPort);
        await using var pocket = SlixmppClient.Start("nurse@verona.localhost/pocket", Password, demo.C2SPort);
        var roster = (await desk.NextAsync("roster"))["items"]!.AsObject();
        await pocket.NextAsync("roster");

        using var application = new HttpClient { BaseAddress = demo.Contacts };
        var changed = roster.DeepClone().AsObject();
        changed["peter@verona.localhost"] = JsonNode.Parse("""{"name":"Peter","groups":["Household"],"subscription":"both"}""");
        using var saved = await application.PutAsJsonAsync("verona.localhost/contacts/nurse", changed);

        Assert.Contains("\"updated\":1", Text((await saved.Content.ReadFromJsonAsync<JsonObject>())!, "message").Replace(" ", "", StringComparison.Ordinal), StringComparison.Ordinal);
        foreach (var device in new[] { desk, pocket })
        {
            var push = (await device.NextAsync("push"))["items"]!.AsObject();
            Assert.Equal("""{"peter@verona.localhost":{"name":"Peter","groups":["Household"],"subscription":"both"}}""", push.ToJsonString());
        }
    }

    [SlixmppFact]
    public async Task Room_AfterAChangeInTheApplication_LosesWhoIsTakenOffItsList()
    {
        const string Room = "court@rooms.elsinore.localhost";
        await using var hamlet = SlixmppClient.Start("hamlet@elsinore.localhost/castle", Password, demo.C2SPort);
        await hamlet.NextAsync("roster");
        await hamlet.JoinAsync(Room, "Hamlet");
        await hamlet.NextAsync("presence", presence => Text(presence, "from") == $"{Room}/Hamlet");
        await using var ophelia = SlixmppClient.Start("ophelia@elsinore.localhost/garden", Password, demo.C2SPort);
        await ophelia.NextAsync("roster");
        await ophelia.JoinAsync(Room, "Ophelia");
        await ophelia.NextAsync("presence", presence => Text(presence, "from") == $"{Room}/Ophelia" && Statuses(presence).Contains(110));
        await ophelia.SayAsync(Room, "my lord");
        Assert.Equal($"{Room}/Ophelia", Text(await hamlet.NextAsync("message", message => Text(message, "body") == "my lord"), "from"));

        using var application = new HttpClient { BaseAddress = demo.Contacts };
        using var saved = await application.PutAsJsonAsync("elsinore.localhost/rooms/court", new[] { "hamlet" });

        Assert.Contains("\"removed\":1", Text((await saved.Content.ReadFromJsonAsync<JsonObject>())!, "message"), StringComparison.Ordinal);
        var gone = await ophelia.NextAsync("presence", presence => Text(presence, "from") == $"{Room}/Ophelia" && Text(presence, "type") == "unavailable");
        Assert.Equal([110, 307], Statuses(gone));
        Assert.Equal("You are not on the list for this room.", Text(gone, "reason"));
        var seen = await hamlet.NextAsync("presence", presence => Text(presence, "from") == $"{Room}/Ophelia" && Text(presence, "type") == "unavailable");
        Assert.Equal([307], Statuses(seen));
        await ophelia.JoinAsync(Room, "Ophelia");
        var refused = await ophelia.NextAsync("refused");
        Assert.Equal(("registration-required", "You are not on the list for this room."), (Text(refused, "condition"), Text(refused, "text")));
    }

    [SlixmppFact]
    public async Task Room_WithTwoDevicesUnderOneNickname_HasOneOccupantUntilBothAreGone()
    {
        const string Room = "battlements@rooms.elsinore.localhost";
        await using var desk = SlixmppClient.Start("hamlet@elsinore.localhost/desk", Password, demo.C2SPort);
        await desk.NextAsync("roster");
        await desk.JoinAsync(Room, "Hamlet");
        await desk.NextAsync("presence", IsSelf);
        await using (var pocket = SlixmppClient.Start("hamlet@elsinore.localhost/pocket", Password, demo.C2SPort))
        {
            await pocket.NextAsync("roster");
            await pocket.JoinAsync(Room, "Hamlet");
            await pocket.NextAsync("presence", IsSelf);
            await pocket.SayAsync(Room, "whither wilt thou");
            Assert.Equal($"{Room}/Hamlet", Text(await desk.NextAsync("message", message => Text(message, "body") == "whither wilt thou"), "from"));
        }

        // Its stream is over when the account's own presence says so; what the room had to say of it would have come before what is said then.
        await desk.NextAsync("presence", presence => Text(presence, "from").EndsWith("/pocket", StringComparison.Ordinal) && Text(presence, "type") == "unavailable");
        await desk.SayAsync(Room, "speak");
        var next = await desk.NextAsync("message", message => Text(message, "body") == "speak");
        Assert.Equal($"{Room}/Hamlet", Text(next, "from"));
        Assert.DoesNotContain(desk.Seen, line => line.Contains($"{Room}/Hamlet", StringComparison.Ordinal) && line.Contains("unavailable", StringComparison.Ordinal));

        bool IsSelf(JsonObject presence) => Text(presence, "from") == $"{Room}/Hamlet" && Statuses(presence).Contains(110);
    }

    [SlixmppFact]
    public async Task Sigterm_WithAClient_TellsItAndStopsInTime()
    {
        var own = new DemoProcess();
        try
        {
            await own.InitializeAsync();
            await using var hamlet = SlixmppClient.Start("hamlet@elsinore.localhost/castle", Password, own.C2SPort);
            await hamlet.NextAsync("roster");

            Assert.Equal(0, await own.StopAsync());
            Assert.Contains("system-shutdown", Text(await hamlet.NextAsync("failed", failure => Text(failure, "kind") == "stream_error"), "reason"), StringComparison.Ordinal);
        }
        finally
        {
            await own.DisposeAsync();
        }
    }

    private static int[] Statuses(JsonObject presence) => [.. presence["statuses"]!.AsArray().Select(code => (int)code!)];

    private static string Text(JsonObject source, string key) => source[key]?.GetValue<string>() ?? "";
}
