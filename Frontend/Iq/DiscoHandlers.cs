using Krewe.Contracts.Hosts;
using Krewe.Contracts.Stanzas;
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

        // Aside: the read loop waits for nobody's roster.
        _ = audience.AnswerAsync(request, () => Answer(request));
        return default;
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

        _ = audience.AnswerAsync(request, () => Answer(request));
        return default;
    }

    private void Answer(IqRequest request)
    {
        var node = DiscoNode.Of(request.Xml);
        if (request.Type == StanzaType.Set || node is not null)
        {
            request.Refuse(request.Type == StanzaType.Set ? StanzaError.NotAllowed : StanzaError.ItemNotFound);
            return;
        }

        var components = request.Target == IqTarget.Host && hosts.TryGetLoaded(request.To!.Bare, out var host) ? items.Of(host) : [];
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
}

/// <summary>Writes items of disco#items (XEP-0030 §4).</summary>
internal static class DiscoItems
{
    /// <param name="name">For people's eyes; null for none.</param>
    public static void Write(ref XmppWriter xml, string jid, string? name)
    {
        xml.Raw("<item"u8);
        xml.Attribute("jid"u8, jid);
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
