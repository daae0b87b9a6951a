using System.Text;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Muc;
using Krewe.Contracts.Sessions;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Delegation;
using Krewe.Frontend.Entities;
using Krewe.Frontend.Iq;
using Krewe.Frontend.Muc;
using Krewe.Frontend.Observability;
using Krewe.Frontend.Privileges;
using Krewe.Frontend.Routing;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Components;

/// <summary>
/// RFC 6120 §10 for what an external component sends, whose stream carries the stanzas of many addresses to the users of many hosts: in order for each recipient, and
/// none of them holds up the others.
/// </summary>
internal sealed class ComponentRouter(
    IGrainFactory grains,
    IHostSettingsSource hosts,
    LocalRoutes routes,
    LocalPath localPath,
    UserMessages messages,
    PresenceRouter presences,
    MucRouter rooms,
    ComponentDelivery components,
    EntityRequests requests,
    DelegationReplies replies,
    DelegationForwarder delegations,
    PrivilegeRouter privileges,
    PrivilegedIqs asked,
    IqHandlers handlers,
    FrontendInstruments instruments) : IComponentRouter
{
    public ValueTask RouteAsync(ComponentStream stream, Jid from, Jid to, ReadOnlySpan<byte> element, in ElementHead head) =>
        hosts.TryFindLoaded(to.Domainpart, out var hosted)
            ? RouteAsync(stream, from, to, element, head, hosted)
            : FindAndRouteAsync(stream, from, to, element.ToArray(), head);

    private async ValueTask FindAndRouteAsync(ComponentStream stream, Jid from, Jid to, byte[] element, ElementHead head)
    {
        StanzaError refusal;
        try
        {
            if (await hosts.FindAsync(to.Domainpart) is { } hosted)
            {
                await RouteAsync(stream, from, to, element, head, hosted);
                return;
            }

            refusal = StanzaError.RemoteServerNotFound;
        }
        catch (Exception e) when (e is TimeoutException or Orleans.Runtime.OrleansException)
        {
            instruments.RouteFailed(RoutePath.Grain);
            refusal = StanzaError.RemoteServerTimeout;
        }

        Refuse(stream.AddressOf(from), element, head, to, refusal);
    }

    private ValueTask RouteAsync(ComponentStream stream, Jid from, Jid to, ReadOnlySpan<byte> element, in ElementHead head, HostedDomain hosted)
    {
        var sender = stream.AddressOf(from);
        if (!DomainScope.MayCross(sender.Hosted, hosted))
        {
            Refuse(sender, element, head, to, StanzaError.RemoteServerNotFound);
            return default;
        }

        return hosted.Component switch
        {
            MucServiceSettings => RouteToRoomAsync(stream, from, to, element, head, hosted),
            not null => RouteToComponent(sender, element, head, to, hosted),
            _ => head.Kind switch
            {
                StanzaKind.Message => RouteMessageAsync(stream, sender, element, head, to, hosted.Host),
                StanzaKind.Presence => RoutePresenceAsync(stream, sender, element, head, to, hosted.Host),
                _ => RouteIqAsync(stream, sender, element, head, to, hosted.Host),
            },
        };
    }

    private static void Refuse(IStanzaSender sender, ReadOnlySpan<byte> element, in ElementHead head, Jid to, StanzaError error)
    {
        // Presence is refused where somebody waits for what it brings about, as a client's is.
        if (head.Kind != StanzaKind.Presence || head.StanzaType is StanzaType.Available or StanzaType.Subscribe or StanzaType.Invalid)
        {
            StanzaErrorWriter.Refuse(sender, head.Kind, head.StanzaType, head.IdText(element), to, error);
        }
    }

    private ValueTask RouteToRoomAsync(ComponentStream stream, Jid from, Jid to, ReadOnlySpan<byte> element, in ElementHead head, HostedDomain hosted)
    {
        if (stream.Visitors.Find(from) is not { } visitor)
        {
            Refuse(stream.AddressOf(from), element, head, to, StanzaError.ResourceConstraint);
            return default;
        }

        // A visitor's dealings with its rooms are begun one after the other.
        var key = visitor.Address.ToString();
        return stream.Order.IsUnderWay(key)
            ? RouteToRoomLaterAsync(stream, key, visitor, element.ToArray(), head, to, hosted)
            : stream.Order.AddAsync(key, rooms.RouteAsync(visitor, element, head, to, hosted));
    }

    private ValueTask RouteToRoomLaterAsync(
        ComponentStream stream, string key, ComponentAddress visitor, byte[] element, ElementHead head, Jid to, HostedDomain hosted) =>
        stream.Order.RunAsync(key, () => rooms.RouteAsync(visitor, element, head, to, hosted).AsTask());

    private ValueTask RouteToComponent(ComponentAddress sender, ReadOnlySpan<byte> element, in ElementHead head, Jid to, HostedDomain hosted)
    {
        components.Route(sender, element, head, to, hosted);
        return default;
    }

    private ValueTask RouteMessageAsync(ComponentStream stream, ComponentAddress sender, ReadOnlySpan<byte> element, in ElementHead head, Jid to, HostSettings host)
    {
        if (!to.HasLocalpart)
        {
            if (to.IsBare && privileges.TryTakeMessage(stream, sender, host, to, element, head, out var place))
            {
                return place;
            }

            // The server itself reads no messages (RFC 6120 §10.5.1).
            Refuse(sender, element, head, to, StanzaError.ServiceUnavailable);
            return default;
        }

        if (!stream.Order.IsUnderWay(to.Bare) && localPath.TryDeliverMessage(sender, element, head, to, isToSelf: false))
        {
            return default;
        }

        return RouteByGrainAsync(stream, sender, StanzaStamping.Stamp(sender, element, head, to), messages.DeliverAsync);
    }

    private ValueTask RoutePresenceAsync(ComponentStream stream, ComponentAddress sender, ReadOnlySpan<byte> element, in ElementHead head, Jid to, HostSettings host)
    {
        switch (head.StanzaType)
        {
            case StanzaType.Invalid:
                // RFC 6121 §4.7.1
                Refuse(sender, element, head, to, StanzaError.BadRequest);
                return default;
            case var _ when !to.HasLocalpart:
                // The host itself is nobody's contact.
                return default;
            case StanzaType.Error when host.PrivilegedEntities.TryGetValue(stream.Domain, out var privileges) && privileges.Presence != PresencePrivilege.None:
                // About presence that it was told by privilege, and of which the user knows nothing (specs P-057).
                return default;
            case StanzaType.Subscribe or StanzaType.Subscribed or StanzaType.Unsubscribe or StanzaType.Unsubscribed:
                // RFC 6121 §3.1.2: from account to account, whatever resource was named.
                var subscription = StanzaStamping.Stamp(sender, element, head, to.ToBare(), isToRewritten: true, isFromBare: true);
                return RouteByGrainAsync(stream, sender, subscription, frame => SendSubscriptionAsync(sender.Hosted, frame));
            case var _ when routes.IsSurelyOffline(to.Bare):
                return default;
            default:
                return RouteByGrainAsync(stream, sender, StanzaStamping.Stamp(sender, element, head, to), SendPresenceAsync);
        }
    }

    private async Task<StanzaError?> SendSubscriptionAsync(HostedDomain from, StanzaFrame subscription)
    {
        await presences.SendAsync(from, subscription);
        return null;
    }

    private async Task<StanzaError?> SendPresenceAsync(StanzaFrame presence)
    {
        var sessions = grains.Sessions(presence.To!);
        await (presence.Type == StanzaType.Probe
            ? sessions.ProbeAsync(new PresenceProbe(presence.From, presence.To!, presence.Id, IsImplied: false))
            : sessions.ContactPresenceAsync(new ContactPresence(presence, false, presence.To!.Resourcepart)));
        return null;
    }

    private ValueTask RouteIqAsync(ComponentStream stream, ComponentAddress sender, ReadOnlySpan<byte> element, in ElementHead head, Jid to, HostSettings host)
    {
        if (!IqRouter.IsProper(sender, element, head, to))
        {
            return default;
        }

        if (head.StanzaType is not (StanzaType.Get or StanzaType.Set))
        {
            return RouteAnswerAsync(stream, sender, element, head, to);
        }

        if (privileges.TryTakePrivilegedIq(stream, sender, new HostedDomain(host, null), to, element, head, out var place))
        {
            return place;
        }

        if (to is { HasLocalpart: true, IsBare: false })
        {
            return RouteByGrainAsync(stream, sender, StanzaStamping.Stamp(sender, element, head, to), AskClientAsync);
        }

        if (to.IsBare && privileges.TryTakeRoster(stream, sender, host, to, element, head, out place))
        {
            return place;
        }

        if (!to.IsBare || delegations.TryForward(sender, host, to, element, head))
        {
            if (!to.IsBare)
            {
                Refuse(sender, element, head, to, StanzaError.ServiceUnavailable);
            }

            return default;
        }

        var target = to.HasLocalpart ? IqTarget.OtherAccount : IqTarget.Host;
        if (handlers.Find(head.FirstChildNamespace(element), head.FirstChildName(element), target) is { } handler)
        {
            var whole = handler.NeedsPayload ? StanzaStamping.StampBytes(sender, element, head, null, out _) : [];
            return AnswerAsync(stream, handler, new IqRequest(sender, head.StanzaType, head.IdText(element)!, to, target, whole));
        }

        Refuse(sender, element, head, to, StanzaError.ServiceUnavailable);
        return default;
    }

    /// <summary>Apart, for its closure. A component is not read from while too many of its requests are at work.</summary>
    private static ValueTask AnswerAsync(ComponentStream stream, IIqHandler handler, IqRequest request) =>
        stream.Order.RunAsideAsync(() => IqRouter.AnswerAsync(handler, request));

    /// <summary>What answers a request of the server's own, or of a client.</summary>
    private ValueTask RouteAnswerAsync(ComponentStream stream, ComponentAddress sender, ReadOnlySpan<byte> element, in ElementHead head, Jid to)
    {
        if (!to.HasLocalpart && requests.TryTake(stream, sender, to, element, head))
        {
            return default;
        }

        if (!to.HasLocalpart)
        {
            replies.TryTake(stream, to, element, head);
            return default;
        }

        if (to.IsBare)
        {
            asked.TryAnswer(sender, element, head, to);
            return default;
        }

        if (!stream.Order.IsUnderWay(to.Bare) && localPath.TryDeliverAnswer(sender, element, head, to))
        {
            return default;
        }

        return RouteByGrainAsync(stream, sender, StanzaStamping.Stamp(sender, element, head, to), AskClientAsync);
    }

    private async Task<StanzaError?> AskClientAsync(StanzaFrame iq)
    {
        var isRequest = iq.Type is StanzaType.Get or StanzaType.Set;
        var outcome = !routes.IsSurelyOffline(iq.To!.Bare) ? await grains.Sessions(iq.To).RouteAsync(iq) : RouteOutcome.ServiceUnavailable;
        return isRequest && outcome != RouteOutcome.Delivered ? StanzaError.ServiceUnavailable : null;
    }

    /// <summary>Apart, so that the local path pays for no closure. Nobody is left without a word.</summary>
    private ValueTask RouteByGrainAsync(ComponentStream stream, ComponentAddress sender, StanzaFrame stanza, Func<StanzaFrame, Task<StanzaError?>> route) =>
        stream.Order.RunAsync(stanza.To!.Bare, async () =>
        {
            try
            {
                if (await route(stanza) is { } error)
                {
                    StanzaErrorWriter.Refuse(sender, stanza, error);
                }
            }
            catch (Exception e) when (e is TimeoutException or Orleans.Runtime.OrleansException)
            {
                instruments.RouteFailed(RoutePath.Grain);
                StanzaErrorWriter.Refuse(sender, stanza, StanzaError.RemoteServerTimeout);
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                sender.LogFailure(e);
                StanzaErrorWriter.Refuse(sender, stanza, StanzaError.InternalServerErrorWait);
            }
        });
}
