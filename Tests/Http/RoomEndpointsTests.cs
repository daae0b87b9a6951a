using System.Net;
using System.Text.Json.Nodes;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Muc;

namespace Krewe.Tests.Http;

/// <summary>Contract §4: rooms as documents, their lists, their occupants, and revocation, over HTTP.</summary>
[Collection(ApiCollection.Name)]
public sealed class RoomEndpointsTests(ApiFixture api)
{
    public static TheoryData<string> Collections => ["muc/rooms", "rooms"];

    [Theory]
    [MemberData(nameof(Collections))]
    public async Task Room_IsMadeReplacedReadAndDestroyed(string collection)
    {
        var domain = await NewHostAsync();
        var path = $"/api/v1/hosts/{domain}/{collection}/Ball%40rooms.{domain}";
        using var made = await api.SendAsync(HttpMethod.Put, path, """{ "roomname": "The ball", "affiliations": { "juliet@verona.example": "owner" } }""");

        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        Assert.Equal($"/api/v1/hosts/{domain}/muc/rooms/ball%40rooms.{domain}", made.Headers.Location?.OriginalString);
        var shown = JsonNode.Parse(await made.Content.ReadAsStringAsync())!;
        Assert.Equal(("The ball", true, "owner"), ((string?)shown["roomname"], (bool)shown["persistentroom"]!, (string?)shown["affiliations"]!["juliet@verona.example"]));
        Assert.Equal(shown.ToJsonString(), (await api.GetAsync(path)).ToJsonString());

        using var replaced = await api.SendAsync(HttpMethod.Put, path, """{ "subject": "Masks", "persistentroom": false }""");
        Assert.Equal(HttpStatusCode.OK, replaced.StatusCode);
        var document = api.Rooms.Documents[$"ball@rooms.{domain}"];
        Assert.Equal(("Masks", null, false), (document.Subject, document.Config.Name, document.Config.IsPersistent));
        Assert.Empty(document.Affiliations);

        using var destroyed = await api.SendAsync(HttpMethod.Delete, $"{path}?reason=Over%20now&alternate=garden%40rooms.{domain}");
        Assert.Equal(HttpStatusCode.NoContent, destroyed.StatusCode);
        Assert.Contains(($"ball@rooms.{domain}", new MucDestroy(Jid.Parse($"garden@rooms.{domain}"), "Over now", null)), api.Rooms.Destroyed);
        foreach (var method in (HttpMethod[])[HttpMethod.Get, HttpMethod.Delete])
        {
            using var gone = await api.SendAsync(method, path);
            await ApiFixture.AssertProblemAsync(gone, HttpStatusCode.NotFound);
        }
    }

    [Fact]
    public async Task Room_TakesWhatItsDocumentLeavesOutFromItsService()
    {
        var domain = await NewHostAsync("\"muc_room_default_moderated\": true, \"muc_room_default_persistent\": false");
        var shown = await api.JsonAsync(HttpMethod.Put, $"/api/v1/hosts/{domain}/rooms/ball%40rooms.{domain}", "{}");

        Assert.Equal((true, true), ((bool)shown["moderatedroom"]!, (bool)shown["persistentroom"]!));
    }

    [Fact]
    public async Task Password_IsNeverShownAndKeptByItsMarker()
    {
        var domain = await NewHostAsync();
        var path = $"/api/v1/hosts/{domain}/rooms/ball%40rooms.{domain}";
        await api.JsonAsync(HttpMethod.Put, path, """{ "roomsecret": "sesame" }""");
        var shown = await api.GetAsync(path);

        Assert.Equal("""{"secret":"set"}""", shown["roomsecret"]!.ToJsonString());
        shown["roomname"] = "The ball";
        await api.JsonAsync(HttpMethod.Put, path, shown.ToJsonString());
        Assert.Equal(("sesame", "The ball"), (api.Rooms.Documents[$"ball@rooms.{domain}"].Config.Password, api.Rooms.Documents[$"ball@rooms.{domain}"].Config.Name));
    }

    [Fact]
    public async Task Document_ThatIsNotValid_IsRefusedByPathAndChangesNothing()
    {
        var domain = await NewHostAsync();
        var path = $"/api/v1/hosts/{domain}/muc/rooms/ball%40rooms.{domain}";
        using var answer = await api.SendAsync(HttpMethod.Put, path, """{ "membersonly": 1, "colour": "red", "affiliations": { "a@b.example": "boss" } }""");

        Assert.Equal(["$.membersonly", "$.colour", "$.affiliations['a@b.example']"], await ApiFixture.AssertProblemAsync(answer, HttpStatusCode.UnprocessableEntity));
        Assert.False(api.Rooms.Documents.ContainsKey($"ball@rooms.{domain}"));
        using var huge = await api.SendAsync(HttpMethod.Put, path, $$"""{ "roomdesc": "{{new string('x', 1_100_000)}}" }""");
        await ApiFixture.AssertProblemAsync(huge, HttpStatusCode.RequestEntityTooLarge);
    }

    [Theory]
    [InlineData("ball%40rooms.elsewhere.example")]
    [InlineData("ball%40{host}")]
    [InlineData("rooms.{host}")]
    [InlineData("ball%40rooms.{host}%2Fromeo")]
    [InlineData("%40rooms.{host}")]
    [InlineData("ball%40pubsub.{host}")]
    public async Task Room_OfNoRoomServiceOfTheHost_IsNotFound(string room)
    {
        var domain = await NewHostAsync();
        var path = $"/api/v1/hosts/{domain}/muc/rooms/{room.Replace("{host}", domain, StringComparison.Ordinal)}";
        foreach (var (method, rest) in ((HttpMethod, string)[])[(HttpMethod.Get, ""), (HttpMethod.Put, ""), (HttpMethod.Delete, ""), (HttpMethod.Get, "/occupants"), (HttpMethod.Delete, "/occupants/x")])
        {
            using var answer = await api.SendAsync(method, path + rest, method == HttpMethod.Put ? "{}" : null);
            await ApiFixture.AssertProblemAsync(answer, HttpStatusCode.NotFound);
        }
    }

    /// <summary>Neither by a key of the one nor by that of the other.</summary>
    [Fact]
    public async Task Room_OfAnotherHost_IsReachedByNobody()
    {
        var (own, other) = (await NewHostAsync(), await NewHostAsync());
        await api.JsonAsync(HttpMethod.Put, $"/api/v1/hosts/{other}/rooms/ball%40rooms.{other}", "{}");
        var key = await api.NewKeyAsync(own, "muc");

        using var direct = await api.SendAsync(HttpMethod.Get, $"/api/v1/hosts/{other}/rooms/ball%40rooms.{other}", token: key);
        await ApiFixture.AssertProblemAsync(direct, HttpStatusCode.Forbidden);
        using var through = await api.SendAsync(HttpMethod.Get, $"/api/v1/hosts/{own}/rooms/ball%40rooms.{other}", token: key);
        await ApiFixture.AssertProblemAsync(through, HttpStatusCode.NotFound);
        using var dotted = await api.SendAsync(HttpMethod.Get, $"/api/v1/hosts/{own}/x/%2e%2e/rooms/ball%40rooms.{other}", token: key);
        await ApiFixture.AssertProblemAsync(dotted, HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData("alternate=nobody")]
    [InlineData("alternate=ball%40rooms.verona.example%2Fx")]
    [InlineData("reason=%00")]
    [InlineData("reason=%EF%BF%BF")]
    public async Task Destruction_WithABadWord_IsABadRequest(string query)
    {
        var domain = await NewHostAsync();
        await api.JsonAsync(HttpMethod.Put, $"/api/v1/hosts/{domain}/rooms/ball%40rooms.{domain}", "{}");

        using var answer = await api.SendAsync(HttpMethod.Delete, $"/api/v1/hosts/{domain}/rooms/ball%40rooms.{domain}?{query}");
        await ApiFixture.AssertProblemAsync(answer, HttpStatusCode.BadRequest);
        Assert.True(api.Rooms.Documents.ContainsKey($"ball@rooms.{domain}"));
    }

    [Fact]
    public async Task Rooms_BeyondTheLimit_AreAConflict()
    {
        var domain = await NewHostAsync();
        await api.JsonAsync(HttpMethod.Put, $"/api/v1/hosts/{domain}/rooms/one%40rooms.{domain}", "{}");
        api.Rooms.RoomsMax = 1;
        try
        {
            using var answer = await api.SendAsync(HttpMethod.Put, $"/api/v1/hosts/{domain}/rooms/two%40rooms.{domain}", "{}");
            await ApiFixture.AssertProblemAsync(answer, HttpStatusCode.Conflict);
            using var replaced = await api.SendAsync(HttpMethod.Put, $"/api/v1/hosts/{domain}/rooms/one%40rooms.{domain}", "{}");
            Assert.Equal(HttpStatusCode.OK, replaced.StatusCode);
        }
        finally
        {
            api.Rooms.RoomsMax = int.MaxValue;
        }
    }

    [Theory]
    [MemberData(nameof(Collections))]
    public async Task List_HasTheRoomsOfEveryServicePageByPage(string collection)
    {
        var domain = await NewHostAsync();
        string[] rooms = [$"a@halls.{domain}", $"c@halls.{domain}", $"a@rooms.{domain}", $"b@rooms.{domain}", $"d@rooms.{domain}"];
        foreach (var room in rooms.Reverse())
        {
            await api.JsonAsync(HttpMethod.Put, $"/api/v1/hosts/{domain}/rooms/{Uri.EscapeDataString(room)}", $$"""{ "roomname": "{{room}}", "publicroom": false }""");
        }

        // After a restart only their addresses are known, and one of them may be gone.
        api.Rooms.Unknown[rooms[1]] = 0;
        foreach (var limit in (int[])[1, 2, 3, 5, 100])
        {
            var seen = new List<string>();
            for (string? next = ""; next is not null;)
            {
                var page = await api.GetAsync($"/api/v1/hosts/{domain}/{collection}?limit={limit}&after={Uri.EscapeDataString(next)}");
                Assert.All(page["items"]!.AsArray(), room => Assert.Equal(
                    ((string)room!["room"]!, false, true), ((string)room["name"]!, (bool)room["public"]!, (bool)room["persistent"]!)));
                seen.AddRange(page["items"]!.AsArray().Select(room => (string)room!["room"]!));
                next = (string?)page["next"];
            }

            Assert.Equal(rooms, seen);
        }

        var one = await api.GetAsync($"/api/v1/hosts/{domain}/{collection}?service=halls.{domain}");
        Assert.Equal(rooms[..2], one["items"]!.AsArray().Select(room => (string)room!["room"]!));
        using var none = await api.SendAsync(HttpMethod.Get, $"/api/v1/hosts/{domain}/{collection}?service=rooms.elsewhere.example");
        await ApiFixture.AssertProblemAsync(none, HttpStatusCode.NotFound);
        using var much = await api.SendAsync(HttpMethod.Get, $"/api/v1/hosts/{domain}/{collection}?limit=1001");
        await ApiFixture.AssertProblemAsync(much, HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task List_OfAHostWithoutRoomServices_IsEmpty() =>
        Assert.Equal("""{"items":[]}""", (await api.GetAsync($"/api/v1/hosts/{await api.NewHostAsync()}/rooms")).ToJsonString());

    [Theory]
    [MemberData(nameof(Collections))]
    public async Task Occupants_AreListedAndKicked(string collection)
    {
        var domain = await NewHostAsync();
        var room = $"ball@rooms.{domain}";
        var path = $"/api/v1/hosts/{domain}/{collection}/{Uri.EscapeDataString(room)}";
        await api.JsonAsync(HttpMethod.Put, path, "{}");
        Assert.Equal("""{"items":[]}""", (await api.GetAsync($"{path}/occupants")).ToJsonString());
        api.Rooms.EnterUnasked(room, "romeo@verona.example", "Ro/meo %");
        api.Rooms.EnterUnasked(room, "juliet@verona.example", "juliet");

        var page = await api.GetAsync($"{path}/occupants?limit=1");
        Assert.Equal(
            """[{"nick":"Ro/meo %","jids":["romeo@verona.example/desk","romeo@verona.example/pocket"],"affiliation":"none","role":"participant"}]""",
            page["items"]!.ToJsonString());
        var rest = await api.GetAsync($"{path}/occupants?after={Uri.EscapeDataString((string)page["next"]!)}");
        Assert.Equal("juliet", (string?)Assert.Single(rest["items"]!.AsArray())!["nick"]);

        using var kicked = await api.SendAsync(HttpMethod.Delete, $"{path}/occupants/Ro%2Fmeo%20%25?reason=Enough");
        Assert.Equal(HttpStatusCode.NoContent, kicked.StatusCode);
        Assert.Contains((room, "Ro/meo %", "Enough"), api.Rooms.Kicked);
        using var missing = await api.SendAsync(HttpMethod.Delete, $"{path}/occupants/nobody");
        await ApiFixture.AssertProblemAsync(missing, HttpStatusCode.NotFound);
        using var control = await api.SendAsync(HttpMethod.Delete, $"{path}/occupants/juliet?reason=%01");
        await ApiFixture.AssertProblemAsync(control, HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Invalidation_AnswersWithItsCounts()
    {
        var domain = await NewHostAsync("\"muc_http_auth_url\": \"https://app.example/can-join\"");
        var (room, other) = ($"ball@rooms.{domain}", $"garden@rooms.{domain}");
        var user = $"romeo@{domain}";
        api.Rooms.Enter(room, user);
        api.Rooms.Hold(other, user);
        var path = $"/api/v1/hosts/{domain}/muc/decisions/invalidate";

        Assert.Equal("""{"forgotten":1,"asked":1,"removed":0,"failed":0}""", (await InvalidateAsync($$"""{ "room": "Ball@rooms.{{domain}}" }""")).ToJsonString());
        Assert.Equal("""{"forgotten":2,"asked":1,"removed":0,"failed":0}""", (await InvalidateAsync($$"""{ "user": "{{user}}" }""")).ToJsonString());
        Assert.Equal("""{"forgotten":1,"asked":0,"removed":0,"failed":0}""", (await InvalidateAsync($$"""{ "user": "{{user}}", "room": "{{other}}" }""")).ToJsonString());
        Assert.Equal("""{"forgotten":0,"asked":0,"removed":0,"failed":0}""", (await InvalidateAsync("""{ "user": "nobody@elsewhere.example" }""")).ToJsonString());

        Task<JsonNode> InvalidateAsync(string body) => api.JsonAsync(HttpMethod.Post, path, body);
    }

    [Theory]
    [InlineData("{}", 422, "$")]
    [InlineData("""{ "room": null, "user": null }""", 422, "$")]
    [InlineData("""{ "room": "rooms.verona.example", "user": "romeo@verona.example/orchard" }""", 422, "$.room", "$.user")]
    [InlineData("""{ "user": "@" }""", 422, "$.user")]
    [InlineData("""{ "room": "ball@rooms.elsewhere.example" }""", 404)]
    [InlineData("""{ "room": 5 }""", 400, "$.room")]
    [InlineData("""{ "rooms": [] }""", 400, "$.rooms")]
    [InlineData("[]", 400, "$")]
    public async Task Invalidation_ThatIsNotOne_IsRefused(string body, int status, params string[] paths)
    {
        using var answer = await api.SendAsync(HttpMethod.Post, $"/api/v1/hosts/{await NewHostAsync()}/muc/decisions/invalidate", body);

        Assert.Equal(paths, await ApiFixture.AssertProblemAsync(answer, (HttpStatusCode)status));
    }

    /// <summary>Whoever gets the domain next must find nobody's rooms.</summary>
    [Fact]
    public async Task Rooms_AreGoneWithTheirHost()
    {
        var (domain, other) = (await NewHostAsync(), await NewHostAsync());
        foreach (var room in (string[])[$"a@rooms.{domain}", $"b@rooms.{domain}", $"a@halls.{domain}", $"a@rooms.{other}"])
        {
            await api.JsonAsync(HttpMethod.Put, $"/api/v1/hosts/{room[(room.IndexOf('.') + 1)..]}/rooms/{Uri.EscapeDataString(room)}", "{}");
        }

        using var refused = await api.SendAsync(HttpMethod.Delete, $"/api/v1/hosts/{domain}", ifMatch: "\"99\"");
        await ApiFixture.AssertProblemAsync(refused, HttpStatusCode.PreconditionFailed);
        Assert.Equal(3, api.Rooms.Documents.Keys.Count(room => room.EndsWith($".{domain}", StringComparison.Ordinal)));
        using var deleted = await api.SendAsync(HttpMethod.Delete, $"/api/v1/hosts/{domain}");

        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        Assert.DoesNotContain(api.Rooms.Documents.Keys, room => room.EndsWith($".{domain}", StringComparison.Ordinal));
        Assert.Contains($"a@rooms.{other}", api.Rooms.Documents.Keys);
    }

    private Task<string> NewHostAsync(string service = "\"name\": \"Rooms\"")
    {
        var domain = api.NewDomain();
        return api.NewHostAsync(domain, $$"""
            { "components": {
                "rooms.{{domain}}": { "type": "muc", {{service}} },
                "halls.{{domain}}": { "type": "muc" } } }
            """);
    }
}
