using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Sessions;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Delivery;
using Krewe.Frontend.Observability;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Routing;

/// <summary>
/// The local path (docs/ARCHITECTURE.md): the recipient's streams are all in this process, and its grain said so. Whoever takes it must have nothing else for that
/// recipient under way, lest order be lost.
/// </summary>
internal sealed class LocalPath(IHostSettingsSource hosts, LocalRoutes routes, SessionTable sessions, FrontendInstruments instruments)
{
    /// <param name="isToSelf">The sender named no addressee, and <paramref name="to"/> is to be written.</param>
    public bool TryDeliverMessage(IStanzaSender sender, ReadOnlySpan<byte> element, in ElementHead head, Jid to, bool isToSelf)
    {
        if (!routes.IsEnabled || !routes.TryGet(to.Bare, out var route) || (to.Domainpart != sender.Domain && !MayCross(sender, to.Domainpart)))
        {
            return false;
        }

        var decision = DeliveryPolicy.Decide(StanzaKind.Message, head.StanzaType, to.Resourcepart, route.Resources.AsSpan());
        if (decision.Outcome != RouteOutcome.Delivered)
        {
            return false;
        }

        var xml = StanzaStamping.StampBytes(sender, element, head, isToSelf ? to : null, out _);
        var delivered = false;
        if (decision.Index >= 0)
        {
            delivered = Deliver(StanzaKind.Message, route, decision.Index, xml);
        }
        else
        {
            foreach (var index in decision.Indexes!)
            {
                delivered |= Deliver(StanzaKind.Message, route, index, xml);
            }
        }

        return Count(delivered);
    }

    /// <summary>An IQ's answer, to the full JID that asked. Who may be asked is for the user's grain to say.</summary>
    public bool TryDeliverAnswer(IStanzaSender sender, ReadOnlySpan<byte> element, in ElementHead head, Jid to)
    {
        if (!routes.IsEnabled || !routes.TryGet(to.Bare, out var route) || (to.Domainpart != sender.Domain && !MayCross(sender, to.Domainpart)))
        {
            return false;
        }

        var decision = DeliveryPolicy.Decide(StanzaKind.Iq, head.StanzaType, to.Resourcepart, route.Resources.AsSpan());
        return decision is { Outcome: RouteOutcome.Delivered, Index: >= 0 }
            && Count(Deliver(StanzaKind.Iq, route, decision.Index, StanzaStamping.StampBytes(sender, element, head, null, out _)));
    }

    // A stream that is just ending: its grain decides once more, among the others.
    private bool Count(bool delivered)
    {
        if (delivered)
        {
            instruments.Routed(RoutePath.Local, RouteOutcome.Delivered);
        }

        return delivered;
    }

    private bool Deliver(StanzaKind kind, LocalRoute route, int index, byte[] xml) =>
        sessions.TryGetStream(route.Resources[index].Session, out var target) && target.TryDeliverStamped(kind, xml);

    private bool MayCross(IStanzaSender sender, string domain) => hosts.TryFindLoaded(domain, out var other) && DomainScope.MayCross(sender.Hosted, other);
}
