using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Krewe.Contracts.Hosts;

namespace Krewe.Tests.Unit.Hosts;

/// <summary>External components in the host document (XEP-0114): every key with values that it takes and refuses, and the secret that is never shown.</summary>
public sealed class ExternalComponentKeysTests
{
    private const string Host = "verona.localhost";
    private const string Pubsub = "pubsub.verona.localhost";
    private const string Foreign = "pubsub.elsinore.localhost";
    private const string PubsubPath = "$.components['pubsub.verona.localhost']";
    private const string Marker = """{ "secret": "set" }""";

    /// <summary>Key, values it takes, values it refuses; all JSON.</summary>
    private static readonly ImmutableArray<(string Key, string[] Good, string[] Bad)> Table =
    [
        ("type", ["\"external\""], ["\"External\"", "5", "null"]),
        ("name", ["\"Publish & subscribe\""], ["\"\"", "5", "\"a\\nb\"", $"\"{new string('a', 256)}\""]),
        ("component_secret",
            ["\"secret\"", "\"ein längeres Geheimnis\"", $"\"{new string('a', 255)}\""],
            ["\"short\"", "\"\"", $"\"{new string('a', 256)}\"", "\"sec\\nret\"", "123456", "null", "[\"secret\"]", Marker, "{\"secret\":\"secret\"}"]),
        ("component_conflict_resolve", ["\"kick_new\"", "\"kick_old\"", "\"balance\""], ["\"kick\"", "\"Balance\"", "true", "null"]),
        ("delegation_ns", ["1", "2"], ["0", "3", "1.5", "\"2\"", "null"]),
        ("privilege_ns", ["1", "2"], ["0", "3", "\"urn:xmpp:privilege:2\"", "null"]),
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
        Assert.Equal($"{PubsubPath}.{key}", Assert.Single(reading.Problems).Path);
        Assert.DoesNotContain("sec\nret", reading.Problems[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Table_HasARowForEveryKey() => Assert.Equal(ExternalComponentKeys.All.Select(key => key.Name), Table.Select(row => row.Key), StringComparer.Ordinal);

    [Fact]
    public void Entry_WithEverything_SaysWhatTheSettingsAre() => Assert.Equal(
        new ExternalComponentSettings { Domain = Pubsub, Name = "PEP", Secret = "hush-hush", ConflictResolve = ComponentConflict.Balance, DelegationNs = 1, PrivilegeNs = 1 },
        Component(""" "name": "PEP", "component_secret": "hush-hush", "component_conflict_resolve": "balance", "delegation_ns": 1, "privilege_ns": 1 """));

    [Fact]
    public void Entry_WithOnlyItsSecret_HasTheDefaults() =>
        Assert.Equal(new ExternalComponentSettings { Domain = Pubsub, Secret = "secret" }, Component("\"component_secret\": \"secret\""));

    [Fact]
    public void Entry_WithoutASecret_IsRefused() =>
        Assert.Equal($"{PubsubPath}.component_secret", Assert.Single(Read(Components($$"""  "{{Pubsub}}": { "type": "external" }  """)).Problems).Path);

    [Fact]
    public void Entry_WithKeysOfAnotherType_IsRefusedByTheirPaths() => Assert.Equal(
        [$"{PubsubPath}.muc_room_locking", $"{PubsubPath}.component_secrets"],
        Read(Components($$"""  "{{Pubsub}}": { "type": "external", "component_secret": "secret", "muc_room_locking": true, "component_secrets": 1 }  """))
            .Problems.Select(problem => problem.Path));

    [Fact]
    public void Secret_IsNeverShown_AndKeptWhenTheDocumentIsPutAgain()
    {
        var stored = Components(External(Pubsub, "hush-hush", ", \"name\": \"PEP\""), External(Foreign, "never-told"));

        foreach (var isEffective in (bool[])[false, true])
        {
            var shown = HostSecrets.Redact(Host, stored, isEffective).ToJsonString();
            Assert.DoesNotContain("hush", shown, StringComparison.Ordinal);
            Assert.DoesNotContain("never", shown, StringComparison.Ordinal);
            foreach (var isProvider in (bool[])[true, isEffective])
            {
                var merged = HostDocumentMerge.Merge(Host, 2, shown, stored, isProvider);
                Assert.Empty(merged.Problems);
                Assert.Equal(Read(stored).Settings!.Components.OrderBy(entry => entry.Key), merged.Settings!.Components.OrderBy(entry => entry.Key));
            }
        }

        Assert.Equal(Pubsub, Component("\"component_secret\": \"secret\"").ToString());
    }

    [Fact]
    public void Redacted_SentBack_IsTheStoredDocument()
    {
        var stored = Components(External(Pubsub, "hush-hush"), External(Foreign, "never-told"));

        var merged = HostDocumentMerge.Merge(Host, 2, HostSecrets.Redact(Host, stored).ToJsonString(), stored, isProvider: false);

        Assert.Empty(merged.Touched);
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(stored), JsonNode.Parse(merged.Json!)), merged.Json);
    }

    [Fact]
    public void Marker_OfAComponentThatWasOfAnotherType_HasNothingToKeep()
    {
        var stored = Components($$"""  "{{Pubsub}}": { "type": "muc" }  """);

        var merged = HostDocumentMerge.Merge(Host, 2, Components($$"""  "{{Pubsub}}": { "type": "external", "component_secret": {{Marker}} }  """), stored, isProvider: false);

        Assert.Equal(new DocumentProblem($"{PubsubPath}.component_secret", HostSecrets.NothingToKeep), Assert.Single(merged.Problems));
    }

    [Theory]
    [InlineData("secret-2", "$.components['pubsub.elsinore.localhost'].component_secret")]
    [InlineData("secret-1", null)]
    public void Component_NotBelowTheHost_IsTheProvidersToChange(string secret, string? path)
    {
        var stored = Components(External(Foreign, "secret-1"));

        Assert.Equal(path, HostDocumentMerge.Merge(Host, 2, Components(External(Foreign, secret)), stored, isProvider: false).Touched.SingleOrDefault()?.Path);
        Assert.Empty(HostDocumentMerge.Merge(Host, 2, Components(External(Foreign, secret)), stored, isProvider: true).Touched);
        Assert.Equal(
            "$.components['pubsub.elsinore.localhost']",
            HostDocumentMerge.Merge(Host, 2, Components(External(Foreign, secret)), "{}", isProvider: false).Touched[0].Path);
        Assert.Empty(HostDocumentMerge.Merge(Host, 2, Components(External(Pubsub, secret)), "{}", isProvider: false).Touched);
    }

    private static string External(string domain, string secret, string members = "") =>
        $$"""  "{{domain}}": { "type": "external", "component_secret": "{{secret}}"{{members}} }  """;

    private static string Components(params string[] entries) => $$"""{ "components": { {{string.Join(", ", entries)}} } }""";

    private static string Entry(string key, string value) => Components(key switch
    {
        "type" => $$"""  "{{Pubsub}}": { "type": {{value}}, "component_secret": "secret" }  """,
        "component_secret" => $$"""  "{{Pubsub}}": { "type": "external", "component_secret": {{value}} }  """,
        _ => External(Pubsub, "secret", $", \"{key}\": {value}"),
    });

    private static ExternalComponentSettings Component(string members)
    {
        var reading = Read(Components($$"""  "{{Pubsub}}": { {{members}}, "type": "external" }  """));
        Assert.Empty(reading.Problems);
        return Assert.IsType<ExternalComponentSettings>(reading.Settings!.Components[Pubsub]);
    }

    private static HostDocumentReading Read(string json) => HostDocumentReader.Read(Host, 7, json);
}
