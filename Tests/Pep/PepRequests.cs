using System.Xml.Linq;

namespace Krewe.Tests.Pep;

/// <summary>What users and their contacts ask of nodes (XEP-0060 §6.5, §7.1, §7.2; XEP-0163), in the order in which it comes.</summary>
/// <param name="notify">Tells those who want to know: of the owner, of the node, the item or what is left of it.</param>
internal sealed class PepRequests(PepNodes nodes, PepContacts contacts, Func<string, string, XElement, Task> notify)
{
    public async Task<PepReply> AnswerAsync(XElement request)
    {
        var asker = (string)request.Attribute("from")!;
        var owner = (string?)request.Attribute("to") ?? PepNames.Bare(asker);
        var payload = request.Elements().Single();
        if (!await contacts.MaySeeAsync(owner, asker))
        {
            // XEP-0355 §10: the same, whether or not there is such an account.
            return PepReply.Error("auth", "not-authorized", "presence-subscription-required");
        }

        var isOwn = PepNames.Bare(asker) == owner;
        return (payload.Name.Namespace == PepNames.Pubsub, payload.Elements().FirstOrDefault()) switch
        {
            (false, _) => Disco(owner, payload),
            (_, { Name.LocalName: "publish" } publish) when isOwn => await PublishAsync(owner, publish),
            (_, { Name.LocalName: "retract" } retract) when isOwn => await RetractAsync(owner, retract),
            (_, { Name.LocalName: "publish" or "retract" }) => PepReply.Error("auth", "forbidden"),
            (_, { Name.LocalName: "items" } items) => Items(owner, items),
            _ => PepReply.Error("cancel", "feature-not-implemented"),
        };
    }

    private PepReply Disco(string owner, XElement query)
    {
        var node = (string?)query.Attribute("node");
        if (query.Name.Namespace == PepNames.Items)
        {
            return PepReply.Result(new XElement(query.Name, query.Attribute("node"), node is null
                ? nodes.Of(owner).Select(name => new XElement(PepNames.Items + "item", new XAttribute("jid", owner), new XAttribute("node", name)))
                : (nodes.Items(owner, node, []) ?? []).Select(item => new XElement(PepNames.Items + "item", new XAttribute("jid", owner), new XAttribute("name", (string)item.Attribute("id")!)))));
        }

        return node is null || nodes.Items(owner, node, []) is null ? PepReply.Error("cancel", "item-not-found") : PepReply.Result(new XElement(
            query.Name,
            new XAttribute("node", node),
            new XElement(PepNames.Info + "identity", new XAttribute("category", "pubsub"), new XAttribute("type", "leaf"))));
    }

    private async Task<PepReply> PublishAsync(string owner, XElement publish)
    {
        var node = (string)publish.Attribute("node")!;
        var published = publish.Element(PepNames.Pubsub + "item")!;
        var id = (string?)published.Attribute("id") ?? Guid.NewGuid().ToString("N");
        var item = new XElement(PepNames.Pubsub + "item", new XAttribute("id", id), published.Elements());
        nodes.Publish(owner, node, id, item);
        await notify(owner, node, item);
        return PepReply.Result(Pubsub(new XElement(publish.Name, new XAttribute("node", node), new XElement(item.Name, new XAttribute("id", id)))));
    }

    private async Task<PepReply> RetractAsync(string owner, XElement retract)
    {
        var node = (string)retract.Attribute("node")!;
        var id = (string)retract.Elements().Single().Attribute("id")!;
        if (!nodes.Retract(owner, node, id))
        {
            return PepReply.Error("cancel", "item-not-found");
        }

        if ((string?)retract.Attribute("notify") is "1" or "true")
        {
            await notify(owner, node, new XElement(PepNames.Pubsub + "retract", new XAttribute("id", id)));
        }

        return PepReply.Result();
    }

    private PepReply Items(string owner, XElement asked)
    {
        var node = (string)asked.Attribute("node")!;
        return nodes.Items(owner, node, [.. asked.Elements().Select(item => (string)item.Attribute("id")!)]) is { } items
            ? PepReply.Result(Pubsub(new XElement(asked.Name, new XAttribute("node", node), items)))
            : PepReply.Error("cancel", "item-not-found");
    }

    private static XElement Pubsub(XElement content) => new(PepNames.Pubsub + "pubsub", content);
}
