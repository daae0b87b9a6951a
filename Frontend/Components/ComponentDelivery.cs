using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Routing;
using Krewe.Frontend.Streams;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Components;

/// <summary>The way of stanzas to external components (XEP-0114): those that may reach the component, to the connection that serves their sender.</summary>
internal sealed class ComponentDelivery(ComponentTable components)
{
    /// <summary>A message or an IQ to a component's domain or to an address of it; a sender for whom the domain does not exist is told so.</summary>
    public void Route(IStanzaSender sender, ReadOnlySpan<byte> element, in ElementHead head, Jid to, HostedDomain hosted)
    {
        if (head.Kind == StanzaKind.Iq && !IqRouter.IsProper(sender, element, head, to))
        {
            return;
        }

        var refusal = !DomainScope.MayCross(sender.Hosted, hosted) ? StanzaError.RemoteServerNotFound
            : components.TryPick(hosted.Component!.Domain, sender.Address.Bare, out var stream)
                && stream.Enqueue(StanzaStamping.StampBytes(sender, element, head, null, out _)) ? null
            : Absent(hosted.Component!.Domain);
        if (refusal is not null)
        {
            StanzaErrorWriter.Refuse(sender, head.Kind, head.StanzaType, head.IdText(element), to, refusal);
        }
    }

    /// <summary>A stanza that is allowed already. False when no connection takes it.</summary>
    public bool Send(StanzaFrame stanza, Jid to)
    {
        if (!components.TryPick(to.Domainpart, stanza.From.Bare, out var stream))
        {
            return false;
        }

        return stream.TryDeliver(stanza, to);
    }

    /// <summary>What is said of a component without a connection (specs C-020): one that was just lost will be back.</summary>
    public StanzaError Absent(string domain) => components.WasConnected(domain) ? StanzaError.RemoteServerTimeout : StanzaError.ServiceUnavailable;
}
