using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Muc;

namespace Krewe.Tests.Unit.Hosts;

/// <summary>Components in the host document: every key of a room service with values that it takes and refuses, and what the entries themselves must be.</summary>
public sealed class RoomServiceKeysTests
{
    private const string Host = "verona.localhost";
    private const string Rooms = "rooms.verona.localhost";
    private const string RoomsPath = "$.components['rooms.verona.localhost']";

    private static readonly string[] Booleans = ["true", "false"];
    private static readonly string[] NoBooleans = ["1", "null", "\"true\"", "[]"];
    private static readonly string[] Selections =
    [
        "[]", "[\"balcony\",\"Orchard\"]", "{}", "{\"verona.localhost\":[\"balcony\"],\"all\":[\"orchard\"]}", "{\"Elsinore.Localhost\":[]}",
    ];

    private static readonly string[] NoSelections =
    [
        "null", "\"balcony\"", "[5]", "[\"a@b\"]", "[\"\"]", "[\"balcony\",\"Balcony\"]", "{\"a b\":[]}", "{\"all\":5}", "{\"all\":[\"a/b\"]}",
        "{\"verona.localhost\":[],\"Verona.Localhost\":[]}", "{\"all\":{}}",
    ];

    /// <summary>Key, values it takes, values it refuses; all JSON.</summary>
    private static readonly ImmutableArray<(string Key, string[] Good, string[] Bad)> Table =
    [
        ("type", ["\"muc\""], ["\"extern\"", "\"MUC\"", "5", "null", "[\"muc\"]"]),
        ("name", ["\"Rooms\"", "\"Räume & Säle\""], ["\"\"", "5", "\"a\\nb\"", $"\"{new string('a', 256)}\""]),
        ("restrict_room_creation", ["false", "\"local\"", "\"admin\""], ["true", "\"none\"", "null", "0", "\"\""]),
        ("muc_room_locking", Booleans, NoBooleans),
        ("muc_room_default_public", Booleans, NoBooleans),
        ("muc_room_default_persistent", Booleans, NoBooleans),
        ("muc_room_default_members_only", Booleans, NoBooleans),
        ("muc_room_default_moderated", Booleans, NoBooleans),
        ("muc_room_default_public_jids", Booleans, NoBooleans),
        ("muc_room_default_change_subject", Booleans, NoBooleans),
        ("muc_room_default_allow_member_invites", Booleans, NoBooleans),
        ("muc_room_default_history_length", ["0", "20", "1000"], ["-1", "1001", "2.5", "\"20\"", "null"]),
        ("muc_room_default_language", ["\"en\"", "\"de-CH-1996\""], ["\"\"", "\"en_GB\"", "\"en-\"", "\"en\\n\"", "5", $"\"en{new string('a', 9)}\""]),
        ("muc_http_auth_url",
            ["\"http://127.0.0.1:5290/can-join\"", "\"https://app.example/join?app=chat\"", "\"https://app.example/a%20b\""],
            ["\"/can-join\"", "\"ftp://app.example/\"", "\"http://u:p@app.example/\"", "\"http://app.example/#f\"", "\"http://app.example/%s\"", "\"\"", "5", "null"]),
        ("muc_http_auth_enabled_for", Selections, NoSelections),
        ("muc_http_auth_disabled_for", Selections, NoSelections),
        ("muc_http_auth_authorization_header", ["\"Bearer abc\""], ["\"\"", "\"a\\r\\nb\"", "7", "{\"secret\":\"set\"}", "{\"secret\":\"x\"}"]),
        ("muc_http_auth_insecure", Booleans, NoBooleans),
        ("muc_http_auth_authorize_registration", Booleans, NoBooleans),
        ("muc_http_auth_allow_for", ["0", "0.5", "31536000"], ["-1", "31536001", "\"5\"", "null"]),
        ("muc_http_auth_deny_for", ["0", "10"], ["-1", "31536001", "[]"]),
        ("muc_http_auth_timeout", ["0.1", "5", "25"], ["0", "25.1", "\"5s\""]),
        ("muc_http_auth_on_error", ["\"deny\"", "\"allow\"", "\"stale\""], ["\"Deny\"", "false", "null"]),
        ("muc_http_auth_recheck", Booleans, NoBooleans),
        ("muc_http_auth_exempt_admins", Booleans, NoBooleans),
    ];

    public static IEnumerable<object[]> Good => Table.SelectMany(row => row.Good.Select(value => (object[])[row.Key, value]));

    public static IEnumerable<object[]> Bad => Table.SelectMany(row => row.Bad.Select(value => (object[])[row.Key, value]));

    [Theory, MemberData(nameof(Good))]
    public void Key_WithGoodValue_IsTaken(string key, string value) => Assert.Empty(Read(Entry(key, value)).Problems);

    [Theory, MemberData(nameof(Bad))]
    public void Key_WithBadValue_IsRefusedByItsPath(string key, string value)
    {
        var reading = Read(Entry(key, value));

        Assert.Null(reading.Settings);
        Assert.NotEmpty(reading.Problems);
        Assert.All(reading.Problems, problem => Assert.StartsWith($"{RoomsPath}.{key}", problem.Path, StringComparison.Ordinal));
    }

    [Fact]
    public void Table_HasARowForEveryKey() => Assert.Equal(MucServiceKeys.All.Select(key => key.Name), Table.Select(row => row.Key), StringComparer.Ordinal);

    [Fact]
    public void Entry_WithEverything_SaysWhatTheSettingsAre()
    {
        var service = Service(
            """
            "name": "Rooms", "restrict_room_creation": "admin", "muc_room_locking": false,
            "muc_room_default_public": false, "muc_room_default_persistent": true, "muc_room_default_members_only": true, "muc_room_default_moderated": true,
            "muc_room_default_public_jids": true, "muc_room_default_change_subject": true, "muc_room_default_allow_member_invites": true,
            "muc_room_default_history_length": 7, "muc_room_default_language": "it",
            "muc_http_auth_timeout": 1, "muc_http_auth_url": "http://127.0.0.1:5290/can-join?x=1", "muc_http_auth_authorization_header": "Bearer x",
            "muc_http_auth_insecure": true, "muc_http_auth_authorize_registration": true, "muc_http_auth_allow_for": 2, "muc_http_auth_deny_for": 3,
            "muc_http_auth_on_error": "stale", "muc_http_auth_recheck": true, "muc_http_auth_exempt_admins": true
            """);

        Assert.Equal((Rooms, "Rooms", RoomCreation.Admin, false), (service.Domain, service.Name, service.RestrictRoomCreation, service.RoomLocking));
        Assert.Equal(
            new MucRoomConfig
            {
                IsPublic = false, IsPersistent = true, IsMembersOnly = true, IsModerated = true, IsNonAnonymous = true, MayChangeSubject = true, MayInvite = true,
                HistoryLength = 7, Language = "it",
            },
            service.RoomDefaults);
        Assert.Equal(
            new MucHttpAuthSettings
            {
                Url = "http://127.0.0.1:5290/can-join?x=1", AuthorizationHeader = "Bearer x", IsInsecure = true, AuthorizeRegistration = true,
                AllowFor = TimeSpan.FromSeconds(2), DenyFor = TimeSpan.FromSeconds(3), Timeout = TimeSpan.FromSeconds(1), OnError = MucAuthOnError.Stale,
                Recheck = true, ExemptAdmins = true,
            },
            service.HttpAuth);
    }

    [Fact]
    public void Entry_WithOnlyItsType_HasTheDefaults()
    {
        Assert.Equal(new MucServiceSettings { Domain = Rooms }, Service(null));
        Assert.Equal(new MucHttpAuthSettings { Url = "http://a.example/" }, Service("\"muc_http_auth_url\": \"http://a.example/\"").HttpAuth);
        Assert.Null(Service("\"muc_http_auth_timeout\": 1").HttpAuth);
    }

    [Theory]
    [InlineData("[\"Balcony\"]", "elsinore.localhost", "balcony", true)]
    [InlineData("[\"Balcony\"]", "elsinore.localhost", "orchard", false)]
    [InlineData("[]", "elsinore.localhost", "balcony", false)]
    [InlineData("{\"all\":[\"balcony\"]}", "elsinore.localhost", "balcony", true)]
    [InlineData("{\"Verona.Localhost\":[\"balcony\"]}", "elsinore.localhost", "balcony", false)]
    [InlineData("{\"Verona.Localhost\":[\"balcony\"]}", "verona.localhost", "balcony", true)]
    [InlineData("{\"verona.localhost\":[\"orchard\"],\"all\":[\"balcony\"]}", "verona.localhost", "balcony", true)]
    public void Selection_OfRooms_HoldsInBothOfItsForms(string selection, string userDomain, string room, bool isHeld)
    {
        const string Url = "\"muc_http_auth_url\": \"http://a.example/\"";

        Assert.Equal(isHeld, Service($"{Url}, \"muc_http_auth_enabled_for\": {selection}").HttpAuth!.AppliesTo(userDomain, room));
        Assert.Equal(!isHeld, Service($"{Url}, \"muc_http_auth_disabled_for\": {selection}").HttpAuth!.AppliesTo(userDomain, room));
        Assert.True(Service(Url).HttpAuth!.AppliesTo(userDomain, room));
    }

    [Fact]
    public void Selections_ForAndAgainst_AreRefusedTogether() =>
        Assert.Equal($"{RoomsPath}.muc_http_auth_disabled_for", Assert.Single(Read(
            $$"""{ "components": { "{{Rooms}}": { "type": "muc", "muc_http_auth_disabled_for": [], "muc_http_auth_enabled_for": [] } } }""").Problems).Path);

    [Fact]
    public void Components_WithManyBadPlaces_TellEveryOne()
    {
        var paths = Read(
            """
            { "components": {
                "rooms.verona.localhost": { "type": "muc", "nmae": "x", "name": 5, "muc_http_auth_enabled_for": { "all": ["ok", "a@b"] } },
                "Rooms.Verona.LOCALHOST": { "type": "muc", "muc_room_locking": 1 },
                "Verona.Localhost": { "type": "muc" }, "a b": { "type": "muc", "name": "" }, "x.verona.localhost": {}, "y.verona.localhost": { "type": "external" },
                "z.verona.localhost": [], "w.verona.localhost": { "type": "muc", "name": "a", "name": "b" } }, "admins": ["x"] }
            """).Problems.Select(problem => problem.Path);

        Assert.Equal(
            [$"{RoomsPath}.nmae", $"{RoomsPath}.name", $"{RoomsPath}.muc_http_auth_enabled_for.all[1]", "$.components['Rooms.Verona.LOCALHOST']",
             "$.components['Rooms.Verona.LOCALHOST'].muc_room_locking", "$.components['Verona.Localhost']", "$.components['a b']", "$.components['a b'].name",
             "$.components['x.verona.localhost'].type", "$.components['y.verona.localhost'].component_secret", "$.components['z.verona.localhost']",
             "$.components['w.verona.localhost'].name", "$.admins[0]"],
            paths);
    }

    [Theory]
    [InlineData(100, true)]
    [InlineData(101, false)]
    public void Components_AreBoundedInNumber(int count, bool isGood)
    {
        var entries = string.Join(", ", Enumerable.Range(0, count).Select(i => $$"""  "c{{i}}.verona.localhost": { "type": "muc" }  """));
        var reading = Read($$"""{ "components": { {{entries}} } }""");

        Assert.Equal(isGood ? [] : ["$.components"], reading.Problems.Select(problem => problem.Path));
        Assert.Equal(isGood ? count : null, reading.Settings?.Components.Count);
    }

    [Fact]
    public void Effective_ShowsWhatIsInForceInAComponent()
    {
        var written = $$"""{ "components": { "Rooms.Verona.Localhost": { "type": "muc", "muc_http_auth_enabled_for": ["b", "a"] } } }""";

        var shown = HostSecrets.Redact(Host, written, isEffective: true);
        var entry = shown["components"]!["Rooms.Verona.Localhost"]!.AsObject();

        Assert.Equal((300L, "deny", true, 20, false), (
            (long)entry["muc_http_auth_allow_for"]!, (string?)entry["muc_http_auth_on_error"], (bool)entry["muc_room_locking"]!,
            (int)entry["muc_room_default_history_length"]!, (bool)entry["restrict_room_creation"]!));
        Assert.Equal("""["b","a"]""", entry["muc_http_auth_enabled_for"]!.ToJsonString());
        Assert.Equal(Read(written).Settings!.Components[Rooms], Read(shown.ToJsonString()).Settings!.Components[Rooms]);
    }

    [Fact]
    public void Shown_Components_ReadTheSame()
    {
        var settings = Read(
            """
            { "components": { "b.verona.localhost": { "type": "muc", "muc_http_auth_url": "http://a.example/",
                "muc_http_auth_disabled_for": { "verona.localhost": ["B", "a"], "all": ["c"] } }, "a.verona.localhost": { "type": "muc" } } }
            """).Settings!;

        var shown = HostSettingKeys.All.Single(key => key.Name == "components").Show(settings)!.AsObject();

        Assert.Equal(["a.verona.localhost", "b.verona.localhost"], shown.Select(entry => entry.Key));
        Assert.Equal(
            """{"all":["c"],"verona.localhost":["a","b"]}""", shown["b.verona.localhost"]!["muc_http_auth_disabled_for"]!.ToJsonString());
        Assert.Empty(Read(new JsonObject { ["components"] = shown }.ToJsonString()).Problems);
    }

    private static string Entry(string key, string value) => key == "type"
        ? $$"""{ "components": { "{{Rooms}}": { "type": {{value}} } } }"""
        : $$"""{ "components": { "{{Rooms}}": { "type": "muc", "{{key}}": {{value}} } } }""";

    private static MucServiceSettings Service(string? members)
    {
        var reading = Read($$"""{ "components": { "{{Rooms}}": { {{members}}{{(members is null ? "" : ",")}} "type": "muc" } } }""");
        Assert.Empty(reading.Problems);
        return Assert.IsType<MucServiceSettings>(reading.Settings!.Components[Rooms]);
    }

    private static HostDocumentReading Read(string json) => HostDocumentReader.Read(Host, 7, json);
}
