using System.Text.Json;
using System.Text.Json.Nodes;
using Krewe.Contracts.Hosts;

namespace Krewe.Tests.Unit.Hosts;

/// <summary>What a host has of the provider's defaults and a component of its host's document: whose value holds, what is refused, and what is never inherited.</summary>
public sealed class SettingInheritanceTests
{
    private const string Host = "verona.localhost";
    private const string Rooms = "rooms.verona.localhost";
    private const string Foreign = "rooms.elsinore.localhost";
    private const string Mine = "http://provider.example/join";
    private const string Theirs = "http://tenant.example/join";

    public static IEnumerable<object[]> Good => Inheritable(RoomServiceKeysTests.Good);

    public static IEnumerable<object[]> Bad => Inheritable(RoomServiceKeysTests.Bad);

    [Theory, MemberData(nameof(Good))]
    public void KeyOfRooms_AtTheTop_TakesWhatItTakesInAnEntry(string key, string value)
    {
        Assert.Empty(HostDocumentReader.Read(Host, 1, $$"""{ "{{key}}": {{value}} }""").Problems);
        Assert.Empty(HostDocumentMerge.MergeDefaults($$"""{ "{{key}}": {{value}} }""", "{}").Problems);
    }

    [Theory, MemberData(nameof(Bad))]
    public void KeyOfRooms_AtTheTop_RefusesWhatItRefusesInAnEntry(string key, string value)
    {
        foreach (var problems in new[] { HostDocumentReader.Read(Host, 1, $$"""{ "{{key}}": {{value}} }""").Problems, HostDocumentMerge.MergeDefaults($$"""{ "{{key}}": {{value}} }""", "{}").Problems })
        {
            Assert.NotEmpty(problems);
            Assert.All(problems, problem => Assert.StartsWith($"$.{key}", problem.Path, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Host_HasOfTheDefaultsWhatItDoesNotSet()
    {
        var settings = Read(
            """{ "isolate": false, "limits": { "sessions": 7 } }""",
            """{ "isolate": true, "c2s_stanza_size_limit": 20000, "limits": { "sessions": 5, "rooms": 3 }, "http_roster_url": "http://provider.example/%s", "http_roster_wait": 1 }""");

        Assert.Equal((false, 20000, 7, 3, 20), (settings.Isolate, settings.C2SStanzaSizeLimit, settings.Limits.Sessions, settings.Limits.Rooms, settings.Limits.SessionsPerUser));
        Assert.Equal(("http://provider.example/%s", TimeSpan.FromSeconds(1)), (settings.HttpRoster!.Url, settings.HttpRoster.Wait));
    }

    [Fact]
    public void RoomService_HasItsOwn_ThenItsHosts_ThenTheProviders()
    {
        const string Defaults = """{ "muc_http_auth_timeout": 1, "muc_http_auth_allow_for": 1, "muc_room_locking": false, "muc_http_auth_url": "http://provider.example/join" }""";
        var document = $$"""
            { "components": { "{{Rooms}}": { "type": "muc", "muc_http_auth_timeout": 3 }, "quiet.{{Rooms}}": { "type": "muc", "muc_http_auth_url": false } },
              "muc_http_auth_timeout": 2, "muc_http_auth_allow_for": 2 }
            """;
        var service = (MucServiceSettings)Read(document, Defaults).Components[Rooms];

        Assert.Equal((Mine, 3, 2, 10, false), (service.HttpAuth!.Url, service.HttpAuth.Timeout.TotalSeconds, service.HttpAuth.AllowFor.TotalSeconds, service.HttpAuth.DenyFor.TotalSeconds, service.RoomLocking));
        Assert.Null(((MucServiceSettings)Read(document, Defaults).Components[$"quiet.{Rooms}"]).HttpAuth);
    }

    [Fact]
    public void ExternalComponent_HasItsHostsGenerations()
    {
        var settings = Read(
            $$"""{ "delegation_ns": 1, "components": { "pubsub.{{Host}}": { "type": "external", "component_secret": "secret" } } }""", """{ "privilege_ns": 1, "component_conflict_resolve": "balance" }""");
        var component = (ExternalComponentSettings)settings.Components[$"pubsub.{Host}"];

        Assert.Equal((1, 1, ComponentConflict.Balance, "secret"), (component.DelegationNs, component.PrivilegeNs, component.ConflictResolve, component.Secret));
    }

    [Fact]
    public void Component_ThatIsTheProviders_HasNothingOfTheHosts()
    {
        var settings = Read(
            $$"""{ "muc_http_auth_url": "{{Theirs}}", "muc_room_locking": false, "components": { "{{Foreign}}": { "type": "muc" }, "{{Rooms}}": { "type": "muc" } } }""",
            $$"""{ "muc_http_auth_url": "{{Mine}}" }""");

        Assert.Equal((Mine, true), (Auth(settings, Foreign)!.Url, ((MucServiceSettings)settings.Components[Foreign]).RoomLocking));
        Assert.Equal(Theirs, Auth(settings, Rooms)!.Url);
    }

    [Theory]
    [InlineData("", "", "Bearer provider", true)]
    [InlineData("", $", \"muc_http_auth_url\": \"{Theirs}\"", null, false)]
    [InlineData($", \"muc_http_auth_url\": \"{Theirs}\"", "", null, false)]
    [InlineData($", \"muc_http_auth_url\": \"{Theirs}\"", $", \"muc_http_auth_url\": \"{Mine}\"", "Bearer provider", true)]
    [InlineData("", $", \"muc_http_auth_url\": \"{Mine}/\"", null, false)]
    [InlineData(", \"muc_http_auth_authorization_header\": \"Bearer tenant\"", $", \"muc_http_auth_url\": \"{Theirs}\"", "Bearer tenant", false)]
    public void SecretOfTheProviders_GoesToNoServerOfTheTenants(string atTheTop, string inTheEntry, string? header, bool isInsecure)
    {
        var auth = Auth(Read(
            $$"""{ "components": { "{{Rooms}}": { "type": "muc"{{inTheEntry}} } }{{atTheTop}} }""",
            $$"""{ "muc_http_auth_url": "{{Mine}}", "muc_http_auth_authorization_header": "Bearer provider", "muc_http_auth_insecure": true }"""), Rooms)!;

        Assert.Equal((header, isInsecure), (auth.AuthorizationHeader, auth.IsInsecure));
    }

    [Theory]
    [InlineData("{}", "Bearer provider")]
    [InlineData("""{ "http_roster_url": "http://tenant.example/%s" }""", null)]
    [InlineData("""{ "http_roster_url": "http://provider.example/%s" }""", "Bearer provider")]
    [InlineData("""{ "http_roster_url": "http://provider.example/%s?" }""", null)]
    [InlineData("""{ "http_roster_url": "http://tenant.example/%s", "http_roster_authorization_header": "Bearer tenant" }""", "Bearer tenant")]
    public void RosterSecretOfTheProviders_GoesToNoServerOfTheTenants(string document, string? header) => Assert.Equal(
        header, Read(document, """{ "http_roster_url": "http://provider.example/%s", "http_roster_authorization_header": "Bearer provider" }""").HttpRoster!.AuthorizationHeader);

    [Fact]
    public void Secret_WithoutAServerOfTheProviders_IsNotInherited() => Assert.Null(
        Read("""{ "http_roster_url": "http://tenant.example/%s" }""", """{ "http_roster_authorization_header": "Bearer provider" }""").HttpRoster!.AuthorizationHeader);

    [Fact]
    public void Host_ThatWantsNoRosterOfTheProviders_HasItsOwn()
    {
        const string Defaults = """{ "http_roster_url": "http://provider.example/%s" }""";

        Assert.Null(Read("""{ "http_roster_url": false }""", Defaults).HttpRoster);
        Assert.Null(Read("""{ "privileged_entities": { "pubsub.verona.localhost": { "roster": "both" } } }""", Defaults).HttpRoster);
        Assert.NotNull(Read("""{ "privileged_entities": { "pubsub.verona.localhost": { "roster": "get" } } }""", Defaults).HttpRoster);
    }

    [Fact]
    public void RivalThatIsSetNearer_TakesThePlaceOfWhatWouldBeInherited()
    {
        var settings = Read(
            $$"""{ "muc_http_auth_url": "{{Theirs}}", "components": { "{{Rooms}}": { "type": "muc", "muc_http_auth_enabled_for": ["balcony"] }, "more.{{Rooms}}": { "type": "muc" } } }""",
            """{ "muc_http_auth_disabled_for": ["lobby"] }""");

        Assert.Equal((true, true), (Auth(settings, Rooms)!.EnabledFor!.Holds("a", "balcony"), Auth(settings, Rooms)!.DisabledFor is null));
        Assert.True(Auth(settings, $"more.{Rooms}")!.DisabledFor!.Holds("a", "lobby"));
        foreach (var problems in new[]
        {
            HostDocumentReader.Read(Host, 1, """{ "muc_http_auth_enabled_for": [], "muc_http_auth_disabled_for": [] }""").Problems,
            HostDocumentMerge.MergeDefaults("""{ "muc_http_auth_enabled_for": [], "muc_http_auth_disabled_for": [] }""", "{}").Problems,
        })
        {
            Assert.Equal("$.muc_http_auth_disabled_for", Assert.Single(problems).Path);
        }
    }

    [Fact]
    public void Defaults_OfWhatIsOfEachHost_AreRefusedWithTheReason_BesideEveryOtherBadPlace()
    {
        var problems = HostDocumentMerge.MergeDefaults(
            """
            { "tenant": "x", "enabled": false, "components": {}, "delegations": {}, "privileged_entities": {}, "admins": [], "hook_secret": "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz",
              "name": "x", "component_secret": "secret", "nonsense": 1, "isolate": 5, "limits": { "nonsense": 1, "rooms": -1 } }
            """, "{}").Problems.OrderBy(problem => problem.Path, StringComparer.Ordinal).ToArray();

        Assert.Equal(
            ["$.admins", "$.component_secret", "$.components", "$.delegations", "$.enabled", "$.hook_secret", "$.isolate", "$.limits.nonsense", "$.limits.rooms", "$.name", "$.nonsense",
             "$.privileged_entities", "$.tenant"],
            problems.Select(problem => problem.Path));
        Assert.All(
            problems.Where(problem => problem.Path is "$.tenant" or "$.enabled" or "$.hook_secret" or "$.delegations"),
            problem => Assert.StartsWith("is not for all hosts: ", problem.Message, StringComparison.Ordinal));
        Assert.Equal("$", Assert.Single(HostDocumentMerge.MergeDefaults("[]", "{}").Problems).Path);
    }

    [Fact]
    public void Secrets_OfTheDefaults_AreKeptByTheirMarker_AndNeverShown()
    {
        const string Stored = """{"http_roster_url":"http://provider.example/%s","http_roster_authorization_header":"Bearer hush"}""";
        var shown = HostDefaults.Redact(Stored).ToJsonString();

        Assert.DoesNotContain("hush", shown, StringComparison.Ordinal);
        Assert.Equal(Stored, HostDocumentMerge.MergeDefaults(shown, Stored).Json);
        Assert.Equal("$.http_roster_authorization_header", Assert.Single(HostDocumentMerge.MergeDefaults(shown, "{}").Problems).Path);
    }

    [Fact]
    public void ProvidersKey_WrittenOutByATenant_GoesOnFollowingTheDefaults()
    {
        var defaults = Defaults("""{ "limits": { "sessions": 5 }, "muc_http_auth_insecure": true, "muc_http_auth_url": "http://provider.example/join" }""");
        var same = HostDocumentMerge.Merge(
            Host, 2, $$"""{ "limits": { "sessions": 5, "rooms": 10000 }, "muc_http_auth_insecure": true, "components": { "{{Rooms}}": { "type": "muc", "muc_http_auth_insecure": true } } }""",
            "{}", isProvider: false, defaults);
        Assert.Empty(same.Touched);
        Assert.Equal($$"""{"limits":{},"components":{"{{Rooms}}":{"type":"muc"} } }""".Replace(" ", "", StringComparison.Ordinal), same.Json);

        // What is the default where the provider has set none would lift what the provider has set.
        foreach (var (sent, path) in ((string, string)[])
        [
            ("""{ "limits": { "sessions": 0 } }""", "$.limits.sessions"), ("""{ "muc_http_auth_insecure": false }""", "$.muc_http_auth_insecure"),
            ($$"""{ "components": { "{{Rooms}}": { "type": "muc", "muc_http_auth_insecure": false } } }""", $"$.components['{Rooms}'].muc_http_auth_insecure"),
        ])
        {
            Assert.Equal(path, Assert.Single(HostDocumentMerge.Merge(Host, 2, sent, "{}", isProvider: false, defaults).Touched).Path);
        }

        var byTheProvider = HostDocumentMerge.Merge(Host, 2, """{ "limits": { "sessions": 5 } }""", "{}", isProvider: true, defaults);
        Assert.Equal("""{"limits":{"sessions":5}}""", byTheProvider.Json);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void EffectiveDocument_PutAgain_GivesTheSameSettings_AndPinsNoSecret(bool isProvider)
    {
        const string Sent = """{ "muc_http_auth_authorization_header": "Bearer tenant", "components": { "rooms.verona.localhost": { "type": "muc", "muc_http_auth_url": "http://tenant.example/join" } } }""";
        var defaults = Defaults(
            $$"""
            { "http_roster_url": "http://provider.example/%s", "http_roster_authorization_header": "Bearer hush", "http_roster_wait": 2, "isolate": true,
              "limits": { "rooms": 3 }, "muc_http_auth_timeout": 2 }
            """);
        var shown = EffectiveSettings.Document(Host, Sent, defaults).ToJsonString();
        Assert.DoesNotContain("Bearer", shown, StringComparison.Ordinal);

        var merged = HostDocumentMerge.Merge(Host, 2, shown, Sent, isProvider, defaults);

        Assert.Empty(merged.Touched);
        Assert.Empty(merged.Problems);
        Assert.DoesNotContain("hush", merged.Json!, StringComparison.Ordinal);
        var (before, after) = (HostDocumentReader.Read(Host, 2, Sent, defaults).Settings!, HostDocumentReader.Read(Host, 2, merged.Json!, defaults).Settings!);
        Assert.Equal((before.HttpRoster, before.Isolate, before.Limits), (after.HttpRoster, after.Isolate, after.Limits));
        Assert.Equal("Bearer hush", after.HttpRoster!.AuthorizationHeader);
        Assert.Equal(before.Components[Rooms], after.Components[Rooms]);
    }

    [Fact]
    public void Explanation_TellsOfEachSettingItsValueAndItsOrigin()
    {
        var explained = EffectiveSettings.Explain(
            Host,
            $$"""
            { "isolate": true, "http_roster_wait": 2, "limits": { "rooms": 1 }, "muc_http_auth_timeout": 4, "hook_secret": "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz",
              "components": { "{{Rooms}}": { "type": "muc", "name": "Rooms" } } }
            """,
            Defaults("""{ "http_roster_url": "http://provider.example/%s", "http_roster_authorization_header": "Bearer hush", "limits": { "sessions": 9 }, "muc_http_auth_allow_for": 8, "isolate": false }"""))
            .ToDictionary(one => one.Path, one => $"{one.Value?.ToJsonString()} {one.From}");

        (string, string)[] expected =
        [
            ("$.isolate", "true Host"), ("$.http_roster_wait", "2 Host"), ("$.http_roster_url", "\"http://provider.example/%s\" Provider"),
            ("$.http_roster_authorization_header", "{\"secret\":\"set\"} Provider"), ("$.hook_secret", "{\"secret\":\"set\"} Host"), ("$.http_roster_timeout", "10 Default"),
            ("$.tenant", "\"verona.localhost\" Default"), ("$.delegations", " Default"), ("$.limits.rooms", "1 Host"), ("$.limits.sessions", "9 Provider"),
            ("$.limits.occupants", "5000 Default"), ("$.muc_http_auth_timeout", "4 Host"), ("$.muc_http_auth_allow_for", "8 Provider"),
            ($"$.components['{Rooms}'].name", "\"Rooms\" Component"), ($"$.components['{Rooms}'].muc_http_auth_timeout", "4 Host"),
            ($"$.components['{Rooms}'].muc_http_auth_allow_for", "8 Provider"), ($"$.components['{Rooms}'].muc_http_auth_deny_for", "10 Default"),
            ($"$.components['{Rooms}'].muc_http_auth_url", " Default"),
        ];
        Assert.All(expected, one => Assert.Equal((one.Item1, one.Item2), (one.Item1, explained.GetValueOrDefault(one.Item1))));
        Assert.False(explained.ContainsKey("$.muc_room_locking"));
        Assert.False(explained.ContainsKey("$.components"));
    }

    private static MucHttpAuthSettings? Auth(HostSettings settings, string domain) => ((MucServiceSettings)settings.Components[domain]).HttpAuth;

    private static HostSettings Read(string document, string defaults)
    {
        var reading = HostDocumentReader.Read(Host, 1, document, Defaults(defaults));
        Assert.Empty(reading.Problems);
        return reading.Settings!;
    }

    private static HostDefaults Defaults(string json)
    {
        var (merged, problems) = HostDocumentMerge.MergeDefaults(json, "{}");
        Assert.Empty(problems);
        return new HostDefaults(new HostDefaultsDocument(2, merged!));
    }

    private static IEnumerable<object[]> Inheritable(IEnumerable<object[]> rows) => rows.Where(row => row[0] is not ("type" or "name"));
}
