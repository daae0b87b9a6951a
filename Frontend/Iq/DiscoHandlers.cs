using Krewe.Contracts.Hosts;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Delegation.ClientMode;
using Krewe.Frontend.Forms;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Iq;

/// <summary>XEP-0030 §3: what a host, or an account, is and can do. Of an account only its contacts are told (§8).</summary>
internal sealed class DiscoInfoHandler(Lazy<ServerFeatures> features, IHostSettingsSource hosts, DiscoAudience audience) : IIqHandler
{
    public string Namespace => "http://jabber.org/protocol/disco#info";

    public string Name => "query";

    public IqTarget Targets => IqTarget.Account | IqTarget.OtherAccount | IqTarget.Host;

    public string Feature => Namespace;

    public ValueTask HandleAsync(IqRequest request)
    {
        if (request.Target != IqTarget.OtherAccount)
        {
            Answer(request);
            return default;
        }

        return audience.BeginAsync(request, () => Answer(request));
    }

    private void Answer(IqRequest request)
    {
        var domain = request.To?.Domainpart ?? request.Sender.Domain;
        if (!hosts.TryGetLoaded(domain, out var host))
        {
            // It was removed a moment ago.
            request.Refuse(StanzaError.ServiceUnavailable);
            return;
        }

        var node = DiscoNode.Of(request.Xml);
        var offered = features.Value.Of(host);

        if (request.Type == StanzaType.Get && ConfigureCommand.IsFor(request) && node is ConfigureCommand.Node or ConfigureCommand.CommandsNamespace)
        {
            AnswerCommands(request, node);
            return;
        }

        // XEP-0115 §6.2: the node that our stream features name is the host's own disco#info.
        var isCaps = request.Target == IqTarget.Host && node == $"{ServerFeatures.CapsNode}#{offered.CapsVersion}";
        if (request.Type == StanzaType.Set || (node is not null && !isCaps))
        {
            request.Refuse(request.Type == StanzaType.Set ? StanzaError.NotAllowed : StanzaError.ItemNotFound);
            return;
        }

        request.Answer((ref XmppWriter xml) =>
        {
            xml.Raw("<query xmlns='http://jabber.org/protocol/disco#info'"u8);
            if (node is not null)
            {
                xml.Attribute("node"u8, node);
            }

            xml.Raw(">"u8);
            xml.Raw(request.Target == IqTarget.Host ? offered.Host : offered.Account);
            xml.Raw("</query>"u8);
        });
    }

    /// <summary>XEP-0050 §2.2 and §2.3: the list of commands, and the one that there is.</summary>
    private static void AnswerCommands(IqRequest request, string node) => request.Answer((ref XmppWriter xml) =>
    {
        xml.Raw("<query xmlns='http://jabber.org/protocol/disco#info'"u8);
        xml.Attribute("node"u8, node);
        xml.Raw(">"u8);
        var info = node == ConfigureCommand.Node
            ? new DiscoInfo([new("automation", "command-node", Name: ConfigureCommand.Title)], [ConfigureCommand.CommandsNamespace, DataForm.Namespace], [])
            : new DiscoInfo([new("automation", "command-list")], [ConfigureCommand.CommandsNamespace], []);
        info.Write(ref xml);
        xml.Raw("</query>"u8);
    });
}

/// <summary>XEP-0030 §4: a host's items are its components, and an account shows none.</summary>
internal sealed class DiscoItemsHandler(IHostSettingsSource hosts, HostItems items, DiscoAudience audience) : IIqHandler
{
    public string Namespace => "http://jabber.org/protocol/disco#items";

    public string Name => "query";

    public IqTarget Targets => IqTarget.Account | IqTarget.OtherAccount | IqTarget.Host;

    public string Feature => Namespace;

    public ValueTask HandleAsync(IqRequest request)
    {
        if (request.Target != IqTarget.OtherAccount)
        {
            Answer(request);
            return default;
        }

        return audience.BeginAsync(request, () => Answer(request));
    }

    private void Answer(IqRequest request)
    {
        var node = DiscoNode.Of(request.Xml);
        if (request.Type == StanzaType.Get && node == ConfigureCommand.CommandsNamespace && ConfigureCommand.IsFor(request))
        {
            AnswerCommands(request);
            return;
        }

        if (request.Type == StanzaType.Set || node is not null)
        {
            request.Refuse(request.Type == StanzaType.Set ? StanzaError.NotAllowed : StanzaError.ItemNotFound);
            return;
        }

        var components = request.Target == IqTarget.Host && hosts.TryGetLoaded(request.To!.Bare, out var host) ? items.Of(host, request.Sender.Hosted) : [];
        request.Answer((ref XmppWriter xml) =>
        {
            xml.Raw("<query xmlns='http://jabber.org/protocol/disco#items'>"u8);
            foreach (var component in components)
            {
                DiscoItems.Write(ref xml, component.Domain, component.Name);
            }

            xml.Raw("</query>"u8);
        });
    }

    /// <summary>XEP-0050 §2.2.</summary>
    private static void AnswerCommands(IqRequest request) => request.Answer((ref XmppWriter xml) =>
    {
        xml.Raw("<query xmlns='http://jabber.org/protocol/disco#items' node='http://jabber.org/protocol/commands'>"u8);
        DiscoItems.Write(ref xml, request.To!.Bare, ConfigureCommand.Title, ConfigureCommand.Node);
        xml.Raw("</query>"u8);
    });
}

/// <summary>Writes items of disco#items (XEP-0030 §4).</summary>
internal static class DiscoItems
{
    /// <param name="name">For people's eyes; null for none.</param>
    /// <param name="node">The part of it that is meant; null for the whole.</param>
    public static void Write(ref XmppWriter xml, string jid, string? name, string? node = null)
    {
        xml.Raw("<item"u8);
        xml.Attribute("jid"u8, jid);
        if (node is not null)
        {
            xml.Attribute("node"u8, node);
        }

        if (name is not null)
        {
            xml.Attribute("name"u8, name);
        }

        xml.Raw("/>"u8);
    }
}

/// <summary>The <c>node</c> of a disco request.</summary>
internal static class DiscoNode
{
    public static string? Of(ReadOnlySpan<byte> iq)
    {
        var reader = new XmlElementReader(iq);
        return reader.ReadToFirstChild() && reader.TryGetAttribute("node"u8, out var node) ? node : null;
    }
}
