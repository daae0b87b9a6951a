using System.Text.Json.Nodes;
using Krewe.Contracts.Hosts;

namespace Krewe.Tests.Unit.Hosts;

/// <summary>Privileged entities in the host document (XEP-0356): what they may be given, and what cannot be honoured.</summary>
public sealed class PrivilegedEntitiesKeyTests
{
    private const string Host = "verona.localhost";
    private const string Pubsub = "pubsub.verona.localhost";
    private const string PubsubPath = "$.privileged_entities['pubsub.verona.localhost']";

    [Fact]
    public void Entity_WithEverything_SaysWhatItMayDo()
    {
        var privileges = Privileges("""{ "presence": "roster", "roster": "both", "message": "outgoing", "iq": { "urn:a": "get", "urn:b": "set", "urn:c": "both" } }""");

        Assert.Equal((PrivilegeAccess.Both, true, PresencePrivilege.Roster), (privileges.Roster, privileges.MayMessage, privileges.Presence));
        Assert.Equal(
            [("urn:a", PrivilegeAccess.Get), ("urn:b", PrivilegeAccess.Set), ("urn:c", PrivilegeAccess.Both)],
            privileges.Iq.OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => (entry.Key, entry.Value)));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{ "roster": "none", "message": "none", "presence": "none", "iq": {} }""")]
    public void Entity_WithNothing_MayDoNothing(string entity) => Assert.True(Privileges(entity).IsEmpty);

    [Theory]
    [InlineData("PUBSUB.Verona.Localhost", "pubsub.verona.localhost")]
    [InlineData("xn--bcher-kva.example", "bücher.example")]
    [InlineData("Bot@verona.localhost/Desk", "bot@verona.localhost/Desk")]
    public void Entity_IsKeyedByItsPreparedForm(string written, string expected) =>
        Assert.Equal(expected, Assert.Single(Read($$"""{ "privileged_entities": { "{{written}}": {} } }""").Settings!.PrivilegedEntities).Key);

    [Theory]
    [InlineData("null", "")]
    [InlineData("[]", "")]
    [InlineData("\"both\"", "")]
    [InlineData("""{ "roster": "all" }""", ".roster")]
    [InlineData("""{ "roster": true }""", ".roster")]
    [InlineData("""{ "roster": null }""", ".roster")]
    [InlineData("""{ "message": "incoming" }""", ".message")]
    [InlineData("""{ "message": true }""", ".message")]
    [InlineData("""{ "presence": "managed-entity" }""", ".presence")]
    [InlineData("""{ "presence": "roster" }""", ".presence")]
    [InlineData("""{ "presence": "roster", "roster": "set" }""", ".presence")]
    [InlineData("""{ "roster": "none", "presence": "roster" }""", ".presence")]
    [InlineData("""{ "roster": 5, "presence": "roster" }""", ".roster")]
    [InlineData("""{ "iq": ["urn:a"] }""", ".iq")]
    [InlineData("""{ "iq": { "urn:a": "none" } }""", ".iq['urn:a']")]
    [InlineData("""{ "iq": { "urn:a": 1 } }""", ".iq['urn:a']")]
    [InlineData("""{ "iq": { "": "get" } }""", ".iq['']")]
    [InlineData("""{ "iq": { "a b": "get" } }""", ".iq['a b']")]
    [InlineData("""{ "iq": { "urn:a": "get", "urn:a": "set" } }""", ".iq['urn:a']")]
    [InlineData("""{ "pubsub": "get" }""", ".pubsub")]
    public void Entity_ThatIsBad_IsRefusedByItsPath(string entity, string path) =>
        Assert.Equal($"{PubsubPath}{path}", Assert.Single(Read(Document(entity)).Problems).Path);

    [Theory]
    [InlineData("""{ "a b": {} }""", "$.privileged_entities['a b']")]
    [InlineData("""{ "": {} }""", "$.privileged_entities['']")]
    [InlineData("""{ "a.example/b": {} }""", "$.privileged_entities['a.example/b']")]
    [InlineData("""{ "Verona.Localhost": {} }""", "$.privileged_entities['Verona.Localhost']")]
    [InlineData("""{ "a.example": {}, "A.Example": {} }""", "$.privileged_entities['A.Example']")]
    [InlineData("""{ "bücher.example": {}, "xn--bcher-kva.example": {} }""", "$.privileged_entities['xn--bcher-kva.example']")]
    public void Address_ThatIsBadOrThereTwice_IsRefusedByItsPath(string entities, string path) =>
        Assert.Equal(path, Assert.Single(Read($$"""{ "privileged_entities": {{entities}} }""").Problems).Path);

    [Theory]
    [InlineData("set", false)]
    [InlineData("both", false)]
    [InlineData("get", true)]
    [InlineData("none", true)]
    public void Rosters_OfATenantsApplication_AreNobodysToChange(string access, bool isGood)
    {
        var members = new[] { $$""" "privileged_entities": { "Pubsub.Verona.Localhost": { "roster": "{{access}}" } } """, "\"http_roster_url\": \"http://a.example/%s\"" };

        foreach (var order in (string[][])[members, [.. members.Reverse()]])
        {
            Assert.Equal(
                isGood ? [] : ["$.privileged_entities['Pubsub.Verona.Localhost'].roster"],
                Read($"{{ {string.Join(", ", order)} }}").Problems.Select(problem => problem.Path));
        }

        Assert.Empty(Read($"{{ {members[0]}, \"http_roster_wait\": 1 }}").Problems);
    }

    [Theory]
    [InlineData(100, 100, null)]
    [InlineData(101, 1, "$.privileged_entities")]
    [InlineData(1, 101, "$.privileged_entities['e0.example'].iq")]
    public void Entities_AreBoundedInNumber(int entities, int namespaces, string? path)
    {
        var iq = string.Join(", ", Enumerable.Range(0, namespaces).Select(i => $"\"urn:{i}\": \"get\""));
        var entries = string.Join(", ", Enumerable.Range(0, entities).Select(i => $$""" "e{{i}}.example": { "iq": { {{iq}} } } """));

        Assert.Equal(path, Read($$"""{ "privileged_entities": { {{entries}} } }""").Problems.SingleOrDefault()?.Path);
    }

    [Fact]
    public void Entities_WithManyBadPlaces_TellEveryOne() => Assert.Equal(
        ["$.privileged_entities['a b'].roster", "$.privileged_entities['a b']", "$.privileged_entities['a.example'].foo", "$.privileged_entities['a.example'].iq['urn:a']",
         "$.privileged_entities['a.example'].presence", "$.privileged_entities['A.Example']", "$.isolate", "$.privileged_entities['b.example'].roster"],
        Read(
            """
            { "privileged_entities": {
                "a b": { "roster": "x" }, "a.example": { "foo": 1, "iq": { "urn:a": "x" }, "presence": "roster" }, "A.Example": {}, "b.example": { "roster": "set" } },
              "isolate": 1, "http_roster_url": "http://a.example/%s" }
            """).Problems.Select(problem => problem.Path));

    [Fact]
    public void Effective_ShowsWhatIsInForceForAnEntity()
    {
        const string Written = """{ "privileged_entities": { "B.Example": { "iq": { "urn:b": "get", "urn:a": "both" } }, "a.example": { "roster": "get" } } }""";

        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(Written), HostSecrets.Redact(Host, Written)));
        Assert.Equal(
            """{"a.example":{"roster":"get","message":"none","presence":"none"},"b.example":{"roster":"none","message":"none","presence":"none","iq":{"urn:a":"both","urn:b":"get"}}}""",
            HostSecrets.Redact(Host, Written, isEffective: true)["privileged_entities"]!.ToJsonString());
        Assert.False(HostSecrets.Redact(Host, "{}", isEffective: true).ContainsKey("privileged_entities"));
    }

    private static string Document(string entity) => $$"""{ "privileged_entities": { "{{Pubsub}}": {{entity}} } }""";

    private static EntityPrivileges Privileges(string entity)
    {
        var reading = Read(Document(entity));
        Assert.Empty(reading.Problems);
        return reading.Settings!.PrivilegedEntities[Pubsub];
    }

    private static HostDocumentReading Read(string json) => HostDocumentReader.Read(Host, 7, json);
}
