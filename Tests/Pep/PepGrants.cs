using System.Text.Json.Nodes;

namespace Krewe.Tests.Pep;

/// <summary>What a host grants to an external PEP service.</summary>
internal static class PepGrants
{
    public static JsonObject Delegations(string component) => new(
        new[] { "http://jabber.org/protocol/pubsub", "urn:xmpp:delegation:2:bare:disco#info:*", "urn:xmpp:delegation:2:bare:disco#items:*" }
            .Select(name => KeyValuePair.Create(name, (JsonNode?)new JsonObject { ["jid"] = component })));

    /// <param name="presence">What it may see: users, or their contacts as well.</param>
    public static JsonObject Privileges(string component, string presence = "roster") => new()
    {
        [component] = new JsonObject
        {
            ["roster"] = "get",
            ["message"] = "outgoing",
            ["presence"] = presence,
            ["iq"] = new JsonObject { ["http://jabber.org/protocol/disco#info"] = "get" },
        },
    };
}
