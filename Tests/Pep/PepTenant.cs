using System.Text.Json.Nodes;
using System.Xml.Linq;
using Krewe.Tests.Defects;
using Krewe.Tests.Support;

namespace Krewe.Tests.Pep;

/// <summary>A host that has delegated its users' nodes, and what its users do with them.</summary>
internal sealed class PepTenant(RunningKrewe krewe, Tenant tenant, PepNodes nodes)
{
    public const string Node = "urn:xmpp:avatar:metadata";

    public string Domain => tenant.Domain;

    public string Component => $"pubsub.{tenant.Domain}";

    public Tenant Application => tenant;

    public static async Task<PepTenant> CreateAsync(RunningKrewe krewe, string domain, string? owner = null)
    {
        var component = $"pubsub.{domain}";
        var settings = new JsonObject
        {
            ["components"] = new JsonObject { [component] = new JsonObject { ["type"] = "external", ["component_secret"] = PepNames.Secret } },
            ["delegations"] = PepGrants.Delegations(component),
            ["privileged_entities"] = PepGrants.Privileges(component),
        };
        if (owner is not null)
        {
            settings["tenant"] = owner;
        }

        return new PepTenant(krewe, await krewe.TenantAsync(settings, domain), new PepNodes());
    }

    public string Jid(string user) => tenant.Jid(user);

    public Task<PepService> ServeAsync() => PepService.StartAsync(krewe.Component, Component, Domain, nodes);

    public void Lists(string user, params string[] contacts) => tenant[user] = HookAnswers.Body(RosterOf(contacts.Select(contact => (contact, "both"))));

    public void ListsOnly(string user, string contact, string subscription) => tenant[user] = HookAnswers.Body(RosterOf([(contact, subscription)]));

    /// <summary>A client that follows the node, which its presence and its disco#info say.</summary>
    public async Task<XmppClient> FollowAsync(string user, string? resource = null)
    {
        var client = await tenant.LoginAsync(user, resource);
        var info = new XElement(
            PepNames.Info + "query",
            new XElement(PepNames.Info + "identity", new XAttribute("category", "client"), new XAttribute("type", "pc"), new XAttribute("name", client.Full)),
            new XElement(PepNames.Info + "feature", new XAttribute("var", $"{Node}+notify")));
        var version = EntityCaps.Hash(info);
        client.Answers = stanza => (string?)stanza.Element(PepNames.Info + "query")?.Attribute("node") == $"urn:example:client#{version}" && (string?)stanza.Attribute("type") == "get"
            ? $"<iq type='result' id='{stanza.Attribute("id")!.Value}' to='{stanza.Attribute("from")!.Value}'>{info.ToString(SaveOptions.DisableFormatting)}</iq>"
            : null;
        await client.RosterAsync();
        await client.AvailableAsync($"<c xmlns='{PepNames.Caps}' hash='sha-1' node='urn:example:client' ver='{version}'/>");
        return client;
    }

    public static async Task PublishAsync(XmppClient client, string id, string text = "")
    {
        var answer = await client.AskAsync(
            "set", $"<pubsub xmlns='{PepNames.Pubsub}'><publish node='{Node}'><item id='{id}'><metadata xmlns='{Node}'>{text}</metadata></item></publish></pubsub>");
        Assert.True((string?)answer.Attribute("type") == "result", answer.ToString());
    }

    public static Task<XElement> FetchAsync(XmppClient client, string owner) =>
        client.AskAsync("get", $"<pubsub xmlns='{PepNames.Pubsub}'><items node='{Node}'/></pubsub>", owner);

    /// <summary>The next notification of that owner; the id of the item.</summary>
    public static async Task<string> ToldAsync(XmppClient client, string owner)
    {
        var message = await client.ExpectAsync(stanza => IsEvent(stanza) && (string?)stanza.Attribute("from") == owner);
        Assert.Equal(("headline", client.Full), ((string?)message.Attribute("type"), (string?)message.Attribute("to")));
        return (string)message.Descendants(PepNames.Event + "item").Single().Attribute("id")!;
    }

    /// <summary>Notifications that came and that nobody asked for.</summary>
    public static IEnumerable<XElement> Unasked(XmppClient client) => client.Inbox.Where(IsEvent);

    private static bool IsEvent(XElement stanza) => stanza.Element(PepNames.Event + "event") is not null;

    private static string RosterOf(IEnumerable<(string Jid, string Subscription)> contacts) => new JsonObject(
        contacts.Select(contact => KeyValuePair.Create(contact.Jid, (JsonNode?)new JsonObject { ["subscription"] = contact.Subscription }))).ToJsonString();
}
