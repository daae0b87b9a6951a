using Krewe.Contracts.Hosts;

namespace Krewe.Tests.Unit.Hosts;

/// <summary>What is told of two versions of a document: places by their paths, and of secrets only that they are others.</summary>
public sealed class HostDocumentDiffTests
{
    private const string Pubsub = "pubsub.verona.localhost";

    [Fact]
    public void Places_AreToldOneByOne_GroupsMemberByMember_ListsAsAWhole() => Assert.Equal(
        [
            "$.isolate: true -> ", "$.limits.rooms: 1 -> 2", "$.admins: [\"a@b\"] -> [\"a@b\",\"c@d\"]", "$.delegations['urn:a'].jid: \"x.y\" -> \"x.z\"", "$.tenant:  -> \"acme\"",
        ],
        Between(
            """{ "isolate": true, "limits": { "rooms": 1, "sessions": 5 }, "admins": ["a@b"], "http_roster_wait": 2, "delegations": { "urn:a": { "jid": "x.y" } } }""",
            """{ "http_roster_wait": 2, "limits": { "sessions": 5, "rooms": 2 }, "admins": ["a@b", "c@d"], "delegations": { "urn:a": { "jid": "x.z" } }, "tenant": "acme" }"""));

    [Fact]
    public void Secrets_AreToldToBeOthers_AndNothingElse() => Assert.Equal(
        [
            """$.http_roster_authorization_header: {"secret":"set"} -> {"secret":"set"}""",
            """$.hook_secret: {"secret":"set"} -> [{"secret":"set"},{"secret":"set"}]""",
            $$"""$.components['{{Pubsub}}'].component_secret: {"secret":"set"} -> {"secret":"set"}""",
            """$.muc_http_auth_authorization_header:  -> {"secret":"set"}""",
        ],
        Between(
            $$"""{ "http_roster_authorization_header": "hush-1", "hook_secret": "whsec_hush", "components": { "{{Pubsub}}": { "type": "external", "component_secret": "hush-2" } } }""",
            $$"""
            { "http_roster_authorization_header": "hush-3", "hook_secret": ["whsec_hush", "whsec_hush2"], "muc_http_auth_authorization_header": "hush-5",
              "components": { "{{Pubsub}}": { "type": "external", "component_secret": "hush-4" } } }
            """));

    [Fact]
    public void Secret_ThatStaysAsItIs_IsNotTold() =>
        Assert.Empty(Between("""{ "http_roster_authorization_header": "hush", "isolate": true }""", """{ "isolate": true, "http_roster_authorization_header": "hush" }"""));

    [Fact]
    public void Component_ThatComesGoesOrIsOfAnotherType_IsToldAsAWhole_WithoutItsSecrets() => Assert.Equal(
        [
            """$.components['a.b']: {"type":"external","component_secret":{"secret":"set"}} -> {"type":"muc","muc_http_auth_authorization_header":{"secret":"set"}}""",
            """$.components['c.d']: {"type":"external","component_secret":{"secret":"set"}} -> """,
            """$.components['e.f']:  -> {"type":"external","component_secret":{"secret":"set"}}""",
        ],
        Between(
            """{ "components": { "a.b": { "type": "external", "component_secret": "hush-1" }, "c.d": { "type": "external", "component_secret": "hush-2" } } }""",
            """{ "components": { "a.b": { "type": "muc", "muc_http_auth_authorization_header": "hush-3" }, "e.f": { "type": "external", "component_secret": "hush-4" } } }"""));

    [Fact]
    public void Components_ThatComeTogether_AreToldWithoutTheirSecrets() => Assert.Equal(
        ["""$.components:  -> {"a.b":{"type":"external","component_secret":{"secret":"set"}}}"""],
        Between("{}", """{ "components": { "a.b": { "type": "external", "component_secret": "hush" } } }"""));

    private static string[] Between(string before, string after)
    {
        var told = HostDocumentDiff.Between(before, after).Select(one => $"{one.Path}: {one.Before?.ToJsonString()} -> {one.After?.ToJsonString()}").ToArray();
        Assert.All(told, line => Assert.DoesNotContain("hush", line, StringComparison.Ordinal));
        return told;
    }
}
