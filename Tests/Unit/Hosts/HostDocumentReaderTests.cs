using System.Collections.Immutable;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Tests.Support;

namespace Krewe.Tests.Unit.Hosts;

/// <summary>The host document: every key with values that it takes and values that it refuses (contract: host settings).</summary>
public sealed class HostDocumentReaderTests
{
    private const string Secret = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz";

    /// <summary>Key, values it takes, values it refuses; all JSON.</summary>
    private static readonly ImmutableArray<(string Key, string[] Good, string[] Bad)> Table =
    [
        ("tenant", ["\"acme\"", "\"Acme GmbH & Söhne\""], ["\"\"", "1", "null", "\"a\\nb\"", $"\"{new string('a', 256)}\""]),
        ("enabled", ["true", "false"], ["\"true\"", "1", "null"]),
        ("authentication", ["\"internal_hashed\"", "[\"internal_hashed\"]", "\"anonymous\"", "[\"anonymous\",\"internal_hashed\"]"], ["\"ldap\"", "[]", "[\"internal_hashed\",\"internal_hashed\"]", "[\"PLAIN\"]", "7", "null"]),
        ("http_auth_url",
            ["\"http://127.0.0.1:5290/auth\"", "\"https://app.example/\"", "\"https://app.example\""],
            ["\"https://app.example/auth?key=1\"", "\"https://app.example/%s\"", "\"https://u:p@app.example/\"", "\"/auth\"", "\"\"", "1", "null"]),
        ("http_auth_credentials", ["\"krewe:secret\"", "\"a:b:c\"", "\"jörg:grün\""], ["\"krewe\"", "\":secret\"", "\"a:\\nb\"", "\"\"", "1", "{\"secret\":\"set\"}"]),
        ("http_auth_method", ["\"GET\"", "\"POST\""], ["\"get\"", "\"PUT\"", "true", "null"]),
        ("http_auth_timeout", ["0.1", "10", "25"], ["0", "26", "\"10s\""]),
        ("jwt_keys", [AuthenticationKeysTests.GoodPem], ["\"\"", "\"secret\"", "[]", "[1]", "{}", "{\"keys\":[]}", "{\"keys\":[1]}", "{\"secret\":\"set\"}", "1", "null"]),
        ("jwt_keys_file", ["\"verona.json\"", "\"a\"", "\"_a-b.c\""],
            ["\"../verona.json\"", "\"/etc/passwd\"", "\"a/b\"", "\"a\\\\b\"", "\".\"", "\"..\"", "\".hidden\"", "\"C:x\"", "\"\"", $"\"{new string('a', 129)}\"", "1", "null"]),
        ("jwt_secret",
            [$"\"{Tokens.Secret}\"", $"[\"{Tokens.Secret}\",\"next {Tokens.Secret}\"]"],
            ["\"too short\"", $"\"{new string('a', 64)}\"", "[]", $"[\"{Tokens.Secret}\",\"a{Tokens.Secret}\",\"b{Tokens.Secret}\"]", "1", "{\"secret\":\"set\"}", "[{\"secret\":\"set\"}]"]),
        ("jwt_issuer", ["\"https://id.example\""], ["\"\"", "[\"a\"]", "1"]),
        ("jwt_audience", ["\"krewe\"", "[\"krewe\",\"chat\"]"], ["\"\"", "[]", "[1]", "1", "null"]),
        ("jwt_user_claim", ["\"sub\"", "\"https://app.example/user\""], ["\"\"", "[\"sub\"]", "1"]),
        ("jwt_clock_skew", ["0", "60", "600"], ["-1", "601", "\"60\"", "null"]),
        ("c2s_require_encryption", ["true", "false"], ["0", "\"no\""]),
        ("allow_unencrypted_plain_auth", ["true", "false"], ["[]", "\"yes\""]),
        ("c2s_stanza_size_limit", ["10000", "262144", "16777216"], ["9999", "16777217", "262144.5", "\"262144\"", "-1", "1e99"]),
        ("component_stanza_size_limit", ["10000", "524288", "16777216"], ["9999", "16777217", "1.5", "\"524288\"", "null"]),
        ("http_roster_url",
            ["\"http://127.0.0.1:5290/contacts/%s\"", "\"https://app.example/r?user=%s&x=1\"", "\"http://[::1]:80/%s@verona.localhost\"", "\"HTTPS://app.example\""],
            ["\"/contacts/%s\"", "\"ftp://app.example/%s\"", "\"http://user:pw@app.example/%s\"", "\"http://@app.example/\"", "\"http://app.example/#f\"",
             "\"http://%s.app.example/\"", "\"http://app.example:%s/\"", "\"http://app.example\\\\@evil.example/\"", "\"http://app.example/ x\"", "\"http:///x\"", "\"http:app.example\"", "\"\"", "1", "null"]),
        ("http_roster_authorization_header", ["\"Bearer abc\"", "\"Basic cm9vdDpyb290\""], ["\"\"", "\"a\\r\\nX-Evil: 1\"", "\" padded\"", "\"ü\"", "7", "{\"secret\":\"unset\"}", "{\"secret\":\"set\"}"]),
        ("http_roster_fresh_for", ["0", "0.5", "31536000"], ["-1", "31536001", "\"5\"", "null"]),
        ("http_roster_wait", ["0", "3", "25"], ["-0.1", "25.1", "true"]),
        ("http_roster_timeout", ["0.1", "10", "25"], ["0", "26", "\"10s\""]),
        ("http_roster_stale_for", ["0", "604800"], ["-1", "1e300", "[]"]),
        ("roster_admin_allow_from", ["\"127.0.0.1/32\"", "[\"10.0.0.0/8\",\"2001:db8::/32\"]", "\"127.0.0.1\"", "\"10.0.0.1/8\"", "[]"], ["\"10.0.0.0/33\"", "\"here\"", "[1]", "5", "{}"]),
        ("hook_secret", [$"\"{Secret}\"", $"[\"{Secret}\",\"{Secret}AAAA\"]"],
            ["\"secret\"", "\"whsec_\"", "\"whsec_c2hvcnQ=\"", "\"whsec_!!!\"", "[]", $"[\"{Secret}\",\"{Secret}AAAA\",\"{Secret}BBBB\"]", "{\"secret\":\"set\"}", "[{\"secret\":\"set\"}]"]),
        ("components",
            ["{}", "{\"rooms.verona.localhost\":{\"type\":\"muc\"}}"],
            ["[]", "null", "\"muc\"", "{\"rooms.verona.localhost\":5}", "{\"rooms.verona.localhost\":{}}", "{\"a b\":{\"type\":\"muc\"}}"]),
        ("delegations",
            ["{}", "{\"urn:xmpp:mam:2\":{\"jid\":\"pubsub.verona.localhost\"}}", "{\"urn:xmpp:mam:2\":[{\"url\":\"http://a.example/\"}]}"],
            ["[]", "null", "\"urn:xmpp:mam:2\"", "{\"urn:xmpp:mam:2\":\"pubsub.verona.localhost\"}"]),
        ("privileged_entities",
            ["{}", "{\"pubsub.verona.localhost\":{}}", "{\"bot@verona.localhost\":{\"roster\":\"both\"}}"],
            ["[]", "null", "\"pubsub.verona.localhost\"", "{\"pubsub.verona.localhost\":\"both\"}", "{\"a b\":{}}"]),
        ("admins",
            ["[]", "[\"romeo@verona.localhost\",\"hamlet@elsinore.localhost\"]", "\"romeo@verona.localhost\""],
            ["[\"romeo\"]", "[\"verona.localhost\"]", "[\"romeo@verona.localhost/orchard\"]", "[5]", "{}", "null", "\"@verona.localhost\""]),
        ("isolate", ["true", "false"], ["\"\"", "{}"]),
        .. Limits.Select(limit => ($"limits.{limit}", (string[])["0", "17", "1000000000"], (string[])["-1", "1000000001", "1.5", "\"1\"", "null"])),
    ];

    private static string[] Limits =>
    [
        "sessions_per_user", "sessions", "stanzas_per_second", "bytes_per_second", "roster_items", "rooms", "occupants", "hook_calls_per_second", "hook_concurrency", "pending_iqs",
        "offline_messages", "anonymous_sessions", "anonymous_sessions_per_address",
    ];

    public static IEnumerable<object[]> Good => Table.SelectMany(row => row.Good.Select(value => (object[])[row.Key, value]));

    public static IEnumerable<object[]> Bad => Table.SelectMany(row => row.Bad.Select(value => (object[])[row.Key, value]));

    [Theory, MemberData(nameof(Good))]
    public void Key_WithGoodValue_IsTaken(string key, string value)
    {
        var reading = Read(Document(key, value));

        Assert.Empty(reading.Problems);
        Assert.NotNull(reading.Settings);
    }

    [Theory, MemberData(nameof(Bad))]
    public void Key_WithBadValue_IsRefusedByItsPath(string key, string value)
    {
        var reading = Read(Document(key, value));

        Assert.Null(reading.Settings);
        Assert.NotEmpty(reading.Problems);
        Assert.All(reading.Problems, problem => Assert.StartsWith($"$.{key}", problem.Path, StringComparison.Ordinal));
    }

    [Fact]
    public void Table_HasARowForEveryKey() =>
        Assert.Equal(Leaves("", [.. HostSettingKeys.All.Where(key => key is not ComponentDefaultKey)]).Order(StringComparer.Ordinal), Table.Select(row => row.Key).Order(StringComparer.Ordinal));

    [Fact]
    public void Document_WithEverything_SaysWhatTheSettingsAre()
    {
        var settings = Read(
            $$"""
            { "tenant": "acme", "enabled": false, "authentication": ["internal_hashed"], "c2s_require_encryption": false, "allow_unencrypted_plain_auth": true,
              "c2s_stanza_size_limit": 20000, "component_stanza_size_limit": 30000, "http_roster_url": "http://127.0.0.1:5290/%s", "http_roster_authorization_header": "Bearer x",
              "http_roster_fresh_for": 1, "http_roster_wait": 0.25, "http_roster_timeout": 4, "http_roster_stale_for": 5,
              "roster_admin_allow_from": ["127.0.0.1/32"], "hook_secret": "{{Secret}}", "isolate": true,
              "limits": { "sessions_per_user": 1, "sessions": 2, "stanzas_per_second": 3, "bytes_per_second": 4, "roster_items": 5,
                          "hook_calls_per_second": 6, "hook_concurrency": 7, "offline_messages": 8, "rooms": 9, "occupants": 10, "pending_iqs": 11 },
              "admins": ["Romeo@Verona.Localhost"], "components": { "Rooms.Verona.Localhost": { "type": "muc" } },
              "delegations": { "urn:xmpp:mam:2": { "jid": "Pubsub.Verona.Localhost", "timeout": 2 } },
              "privileged_entities": { "Pubsub.Verona.Localhost": { "roster": "get" } } }
            """).Settings!;

        Assert.Equal(("verona.localhost", 7L, "acme", false), (settings.Domain, settings.Version, settings.Tenant, settings.Enabled));
        Assert.Equal(HostAuthentication.InternalHashed, Assert.Single(settings.Authentication));
        Assert.Equal((false, true, 20000, true), (settings.C2SRequireEncryption, settings.AllowUnencryptedPlainAuth, settings.C2SStanzaSizeLimit, settings.Isolate));
        Assert.Equal(
            new HttpRosterSettings
            {
                Url = "http://127.0.0.1:5290/%s", AuthorizationHeader = "Bearer x", FreshFor = TimeSpan.FromSeconds(1), Wait = TimeSpan.FromSeconds(0.25),
                Timeout = TimeSpan.FromSeconds(4), StaleFor = TimeSpan.FromSeconds(5),
            },
            settings.HttpRoster);
        Assert.Equal("127.0.0.1/32", Assert.Single(settings.RosterAdminAllowFrom).ToString());
        Assert.Equal("012345678901234567890123"u8.ToArray(), Assert.Single(settings.HookSecrets).ToArray());
        Assert.Equal(
            new HostLimits
            {
                SessionsPerUser = 1, Sessions = 2, StanzasPerSecond = 3, BytesPerSecond = 4, RosterItems = 5, HookCallsPerSecond = 6, HookConcurrency = 7,
                OfflineMessages = 8, Rooms = 9, Occupants = 10, PendingIqs = 11,
            },
            settings.Limits);
        Assert.Equal("romeo@verona.localhost", Assert.Single(settings.Admins));
        Assert.Equal(30000, settings.ComponentStanzaSizeLimit);
        Assert.Equal(
            new DelegationGrant { Namespace = "urn:xmpp:mam:2", Entity = Jid.Parse("pubsub.verona.localhost"), Timeout = TimeSpan.FromSeconds(2) }, Assert.Single(settings.Delegations));
        Assert.Equal(KeyValuePair.Create("pubsub.verona.localhost", new EntityPrivileges { Roster = PrivilegeAccess.Get }), Assert.Single(settings.PrivilegedEntities));
        Assert.Equal(new MucServiceSettings { Domain = "rooms.verona.localhost" }, Assert.Single(settings.Components).Value);
        Assert.Equal("rooms.verona.localhost", Assert.Single(settings.Components).Key);
    }

    [Fact]
    public void Document_ThatIsEmpty_HasTheDefaults()
    {
        var settings = Read("{}").Settings!;

        var defaults = HostSettings.Default("verona.localhost") with { Version = 7 };
        Assert.Equal(defaults, settings with { Authentication = defaults.Authentication });
        Assert.Equal(HostAuthentication.InternalHashed, Assert.Single(settings.Authentication));
        Assert.Equal("verona.localhost", settings.Tenant);
        Assert.Null(settings.HttpRoster);
    }

    [Fact]
    public void Document_WithManyBadPlaces_TellsEveryOne()
    {
        var paths = Read(
            """
            { "tennant": "x", "enabled": 1, "enabled": true, "limits": { "foo": 1, "sessions": -1, "sessions": 3 }, "authentication": ["internal_hashed", "ldap", 3],
              "http_roster_url": "ftp://x/", "muc.rooms": {}, "hook_secret": 5 }
            """).Problems.Select(problem => problem.Path);

        Assert.Equal(
            ["$.tennant", "$.enabled", "$.enabled", "$.limits.foo", "$.limits.sessions", "$.limits.sessions", "$.authentication[1]", "$.authentication[2]",
             "$.http_roster_url", "$['muc.rooms']", "$.hook_secret"],
            paths);
    }

    [Theory]
    [InlineData("ldap_server")]
    [InlineData("HttpRosterUrl")]
    public void Key_OfAFeatureThatDoesNotExist_IsUnknown(string key) =>
        Assert.Equal(new DocumentProblem($"$.{key}", "is not a key of a host document"), Assert.Single(Read($$"""{ "{{key}}": {} }""").Problems));

    [Theory]
    [InlineData("[]")]
    [InlineData("\"x\"")]
    [InlineData("null")]
    public void Document_ThatIsNoObject_IsRefusedAtItsRoot(string json) => Assert.Equal("$", Assert.Single(Read(json).Problems).Path);

    [Fact]
    public void Document_ThatIsNotJson_IsRefusedWithoutQuotingIt()
    {
        var problem = Assert.Single(Read("{\n  \"hook_secret\": whsec_oops }").Problems);

        Assert.Equal("$", problem.Path);
        Assert.Contains("line 2", problem.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("oops", problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ "tenant": "\ud83c" }""", false)]
    [InlineData("""{ "tenant": "\udfad" }""", false)]
    [InlineData("""{ "tenant": "\udfad\ud83c" }""", false)]
    [InlineData("""{ "tenant": "\ud83cx\udfad" }""", false)]
    [InlineData("""{ "\ud83c": 1 }""", false)]
    [InlineData("""{ "tenant": "\ud83c\udfad" }""", true)]
    [InlineData("""{ "tenant": "🎭 \\ud83c \"\u00e9\/" }""", true)]
    public void Document_WithHalfACharacter_IsRefusedAtItsRoot(string json, bool isGood)
    {
        var expected = isGood ? Array.Empty<string>() : [HostDocumentReader.Root];

        Assert.Equal(expected, Read(json).Problems.Select(problem => problem.Path));
        Assert.Equal(expected, HostDocumentMerge.Merge("verona.localhost", 8, json, "{}", isProvider: true).Problems.Select(problem => problem.Path));
    }

    [Fact]
    public void Document_NestedTooDeep_IsRefused() =>
        Assert.Equal("$", Assert.Single(Read($"{{\"limits\":{new string('[', 1000)}{new string(']', 1000)}}}").Problems).Path);

    internal static string Document(string key, string value) =>
        key.Split('.') is [var group, var member] ? $$"""{ "{{group}}": { "{{member}}": {{value}} } }""" : $$"""{ "{{key}}": {{value}} }""";

    private static HostDocumentReading Read(string json) => HostDocumentReader.Read("verona.localhost", 7, json);

    private static IEnumerable<string> Leaves(string prefix, ImmutableArray<HostSettingKey> keys) =>
        keys.SelectMany(key => key.Members.IsEmpty ? [prefix + key.Name] : Leaves($"{prefix}{key.Name}.", key.Members));
}
