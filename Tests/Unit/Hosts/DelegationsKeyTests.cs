using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Krewe.Contracts.Hosts;

namespace Krewe.Tests.Unit.Hosts;

/// <summary>Delegations in the host document (XEP-0355 §4.1): what a grant may be, which namespaces may be granted, and in which order grants are tried.</summary>
public sealed class DelegationsKeyTests
{
    private const string Host = "verona.localhost";
    private const string Mam = "urn:xmpp:mam:2";
    private const string MamPath = "$.delegations['urn:xmpp:mam:2']";

    [Theory]
    [InlineData("""{ "jid": "pubsub.verona.localhost" }""", "pubsub.verona.localhost")]
    [InlineData("""{ "jid": "Pubsub.Verona.LOCALHOST." }""", "pubsub.verona.localhost")]
    [InlineData("""{ "jid": "xn--bcher-kva.example" }""", "bücher.example")]
    [InlineData("""{ "jid": "BÜCHER.example" }""", "bücher.example")]
    [InlineData("""{ "jid": "Bot@verona.localhost" }""", "bot@verona.localhost")]
    [InlineData("""{ "jid": "Bot@verona.localhost/Desk" }""", "bot@verona.localhost/Desk")]
    public void Entity_IsReadInItsPreparedForm(string grant, string expected) => Assert.Equal(expected, Assert.Single(Grants(grant)).Entity!.ToString());

    [Fact]
    public void Grant_WithEverything_SaysWhatItIs()
    {
        var grant = Assert.Single(Grants("""{ "jid": "pubsub.verona.localhost", "filtering": ["node", "after", "Zed"], "timeout": 0.5, "allow_core": true }"""));

        Assert.Equal((Mam, null, TimeSpan.FromSeconds(0.5), true), (grant.Namespace, grant.Url, grant.Timeout, grant.AllowCore));
        Assert.Equal(["Zed", "after", "node"], grant.Filtering.AsEnumerable());
    }

    [Theory]
    [InlineData("""{ "jid": "pubsub.verona.localhost" }""", 30)]
    [InlineData("""{ "jid": "pubsub.verona.localhost", "timeout": 300 }""", 300)]
    [InlineData("""{ "url": "https://a.example/iq?x=1" }""", 25)]
    [InlineData("""{ "timeout": 25, "url": "https://a.example/iq?x=1" }""", 25)]
    [InlineData("""{ "url": "https://a.example/iq?x=1", "timeout": 0.1 }""", 0.1)]
    public void Timeout_IsAsWritten_OrTheDefaultOfItsKind(string grant, double seconds)
    {
        var only = Assert.Single(Grants(grant));
        Assert.Equal(TimeSpan.FromSeconds(seconds), only.Timeout);
        Assert.True(only.Filtering.IsEmpty);
        Assert.False(only.AllowCore);
    }

    [Theory]
    [InlineData("\"pubsub.verona.localhost\"", "")]
    [InlineData("null", "")]
    [InlineData("[]", "")]
    [InlineData("{}", "")]
    [InlineData("[[]]", "[0]")]
    [InlineData("""["pubsub.verona.localhost"]""", "[0]")]
    [InlineData("""{ "jid": "a.example", "url": "http://a.example/" }""", "")]
    [InlineData("""{ "jid": "a b" }""", ".jid")]
    [InlineData("""{ "jid": "" }""", ".jid")]
    [InlineData("""{ "jid": 5 }""", ".jid")]
    [InlineData("""{ "jid": "a.example/x" }""", ".jid")]
    [InlineData("""{ "jid": "Verona.Localhost" }""", ".jid")]
    [InlineData("""{ "url": "ftp://a.example/" }""", ".url")]
    [InlineData("""{ "url": "http://u:p@a.example/" }""", ".url")]
    [InlineData("""{ "url": "http://a.example/%s" }""", ".url")]
    [InlineData("""{ "url": "http://a.example/", "timeout": 25.1 }""", ".timeout")]
    [InlineData("""{ "jid": "a.example", "timeout": 300.1 }""", ".timeout")]
    [InlineData("""{ "jid": "a.example", "timeout": 0.09 }""", ".timeout")]
    [InlineData("""{ "jid": "a.example", "timeout": "30" }""", ".timeout")]
    [InlineData("""{ "jid": "a.example", "filtering": "node" }""", ".filtering")]
    [InlineData("""{ "jid": "a.example", "filtering": ["node", "a:b"] }""", ".filtering[1]")]
    [InlineData("""{ "jid": "a.example", "filtering": ["1a"] }""", ".filtering[0]")]
    [InlineData("""{ "jid": "a.example", "filtering": [""] }""", ".filtering[0]")]
    [InlineData("""{ "jid": "a.example", "filtering": ["a b"] }""", ".filtering[0]")]
    [InlineData("""{ "jid": "a.example", "filtering": ["xmlns"] }""", ".filtering[0]")]
    [InlineData("""{ "jid": "a.example", "filtering": [5] }""", ".filtering[0]")]
    [InlineData("""{ "jid": "a.example", "filtering": ["node", "node"] }""", ".filtering[1]")]
    [InlineData("""{ "jid": "a.example", "filtering": ["a","b","c","d","e","f","g","h","i","j","k","l","m","n","o","p","q"] }""", ".filtering")]
    [InlineData("""{ "jid": "a.example", "allow_core": 1 }""", ".allow_core")]
    [InlineData("""{ "jid": "a.example", "type": "x" }""", ".type")]
    [InlineData("""{ "jid": "a.example", "jid": "b.example" }""", ".jid")]
    [InlineData("""[{ "jid": "a.example" }, { "jid": "b.example" }]""", "[1]")]
    [InlineData("""[{ "jid": "a.example", "filtering": ["a", "b"] }, { "jid": "a.example", "filtering": [] }, { "url": "http://a.example/", "filtering": ["b", "a"] }]""", "[2]")]
    public void Grant_ThatIsBad_IsRefusedByItsPath(string grant, string path) => Assert.Equal($"{MamPath}{path}", Assert.Single(Read(Mam, grant).Problems).Path);

    [Fact]
    public void Timeout_TooLongForAWebService_SaysHowLongItMayBe() =>
        Assert.Contains("25", Assert.Single(Read(Mam, """{ "url": "http://a.example/", "timeout": 30 }""").Problems).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("urn:xmpp:delegation:1")]
    [InlineData("urn:xmpp:delegation:2")]
    [InlineData("urn:xmpp:delegation:2:bare:disco#info")]
    [InlineData("urn:xmpp:privilege:1")]
    [InlineData("urn:xmpp:privilege:2")]
    [InlineData("urn:ietf:params:xml:ns:xmpp-bind")]
    [InlineData("urn:ietf:params:xml:ns:xmpp-session")]
    [InlineData("a b")]
    [InlineData("a\\u0001b")]
    [InlineData("")]
    public void Namespace_ThatIsNeverDelegated_IsRefusedByItsPath(string name)
    {
        var problem = Assert.Single(Read(name, """{ "jid": "a.example", "allow_core": true }""").Problems);

        Assert.Equal(JsonPaths.Member("$.delegations", name.Replace("\\u0001", "\u0001", StringComparison.Ordinal)), problem.Path);
    }

    [Theory]
    [InlineData("jabber:iq:roster")]
    [InlineData("http://jabber.org/protocol/disco#info")]
    [InlineData("http://jabber.org/protocol/disco#items")]
    [InlineData("urn:xmpp:carbons:2")]
    [InlineData("urn:xmpp:ping")]
    public void Namespace_ThatClientsDependOn_NeedsTheFlag(string name)
    {
        foreach (var grant in (string[])["""{ "jid": "a.example" }""", """{ "jid": "a.example", "allow_core": false }"""])
        {
            var problem = Assert.Single(Read(name, grant).Problems);
            Assert.Equal(JsonPaths.Member("$.delegations", name), problem.Path);
            Assert.Contains("allow_core", problem.Message, StringComparison.Ordinal);
        }

        Assert.Empty(Read(name, """{ "jid": "a.example", "allow_core": true }""").Problems);
        Assert.Equal(
            $"{JsonPaths.Member("$.delegations", name)}[1]",
            Assert.Single(Read(name, """[{ "jid": "a.example", "allow_core": true, "filtering": ["x"] }, { "jid": "b.example" }]""").Problems).Path);
    }

    [Theory]
    [InlineData("urn:xmpp:delegation:2:bare:disco#info:*")]
    [InlineData("urn:xmpp:delegation:2:bare:disco#items:*")]
    public void PseudoNamespace_IsTaken_WithoutAFilter(string name)
    {
        Assert.Empty(Read(name, """{ "jid": "pubsub.verona.localhost" }""").Problems);
        Assert.Equal($"$.delegations['{name}'].filtering", Assert.Single(Read(name, """{ "jid": "a.example", "filtering": ["node"] }""").Problems).Path);
    }

    [Theory]
    [InlineData("urn:xmpp:delegations")]
    [InlineData("urn:xmpp:pingpong")]
    [InlineData("jabber:iq:roster2")]
    [InlineData("http://jabber.org/protocol/pubsub")]
    public void Namespace_OfAnyOtherName_IsTaken(string name) => Assert.Empty(Read(name, """{ "jid": "a.example" }""").Problems);

    [Fact]
    public void Delegations_StandByNamespace_MostAttributesFirst()
    {
        var settings = HostDocumentReader.Read(Host, 7,
            """
            { "delegations": {
                "urn:b": [{ "jid": "any.example" }, { "jid": "two.example", "filtering": ["x", "y"] }, { "jid": "one.example", "filtering": ["x"] }],
                "urn:a": { "jid": "a.example" } } }
            """).Settings!;

        Assert.Equal(["a.example", "two.example", "one.example", "any.example"], settings.Delegations.Select(grant => grant.Entity!.ToString()));
    }

    [Theory]
    [InlineData(100, 1, null)]
    [InlineData(101, 1, "$.delegations")]
    [InlineData(1, 16, null)]
    [InlineData(1, 17, "$.delegations['urn:0']")]
    public void Delegations_AreBoundedInNumber(int namespaces, int grants, string? path)
    {
        var list = string.Join(", ", Enumerable.Range(0, grants).Select(i => $$"""{ "jid": "a.example", "filtering": ["a{{i}}"] }"""));
        var entries = string.Join(", ", Enumerable.Range(0, namespaces).Select(i => $"\"urn:{i}\": [{list}]"));

        Assert.Equal(path, HostDocumentReader.Read(Host, 7, $$"""{ "delegations": { {{entries}} } }""").Problems.SingleOrDefault()?.Path);
    }

    [Fact]
    public void Namespace_IsBoundedInLength()
    {
        Assert.Empty(Read(new string('a', 1023), """{ "jid": "a.example" }""").Problems);
        Assert.Equal($"$.delegations.{new string('a', 1024)}", Assert.Single(Read(new string('a', 1024), """{ "jid": "a.example" }""").Problems).Path);
    }

    [Fact]
    public void Delegations_WithManyBadPlaces_TellEveryOne() => Assert.Equal(
        ["$.delegations['urn:xmpp:privilege:2']", "$.delegations['urn:xmpp:privilege:2'].jid", "$.delegations['urn:a'].url", "$.delegations['urn:a'].timeout",
         "$.delegations['urn:b'][0].foo", "$.delegations['urn:b'][0]", "$.delegations['urn:b'][1]", "$.delegations['urn:a']", "$.admins[0]"],
        HostDocumentReader.Read(Host, 7,
            """
            { "delegations": {
                "urn:xmpp:privilege:2": { "jid": "a b" }, "urn:a": { "url": "x", "timeout": 26 },
                "urn:b": [{ "foo": 1 }, 5, { "jid": "a.example", "filtering": ["x"] }], "urn:a": { "jid": "a.example" } }, "admins": ["x"] }
            """).Problems.Select(problem => problem.Path).OrderBy(path => path == "$.delegations['urn:a']" ? 1 : path == "$.admins[0]" ? 2 : 0));

    [Fact]
    public void Effective_ShowsWhatIsInForceInAGrant()
    {
        const string Written =
            """{ "delegations": { "urn:a": [{ "jid": "Any.Example" }, { "url": "http://a.example/", "filtering": ["y", "x"] }], "urn:b": { "jid": "b.example" } } }""";

        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(Written), HostSecrets.Redact(Host, Written)));
        Assert.Equal(
            """{"urn:a":[{"url":"http://a.example/","filtering":["x","y"],"timeout":25,"allow_core":false},{"jid":"any.example","timeout":30,"allow_core":false}],"urn:b":{"jid":"b.example","timeout":30,"allow_core":false}}""",
            HostSecrets.Redact(Host, Written, isEffective: true)["delegations"]!.ToJsonString());
        Assert.False(HostSecrets.Redact(Host, "{}", isEffective: true).ContainsKey("delegations"));
    }

    private static ImmutableArray<DelegationGrant> Grants(string grant)
    {
        var reading = Read(Mam, grant);
        Assert.Empty(reading.Problems);
        return reading.Settings!.Delegations;
    }

    private static HostDocumentReading Read(string name, string grant) => HostDocumentReader.Read(Host, 7, $$"""{ "delegations": { "{{name}}": {{grant}} } }""");
}
