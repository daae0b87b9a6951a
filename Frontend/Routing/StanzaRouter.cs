using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Frontend.Components;
using Krewe.Contracts.Sessions;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Delegation.ClientMode;
using Krewe.Frontend.Delivery;
using Krewe.Frontend.Entities;
using Krewe.Frontend.Muc;
using Krewe.Frontend.Observability;
using Krewe.Frontend.Streams;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Routing;

/// <summary>
/// RFC 6120 §10 for what a bound client sends, in the order of the RFC: no addressee, the own server, a local user, elsewhere. It stamps <c>from</c>,
/// takes the local path where it is open, and otherwise asks the addressee's grain.
/// </summary>
internal sealed class StanzaRouter(
    IHostSettingsSource hosts,
    LocalPath localPath,
    IqRouter iqs,
    PresenceRouter presences,
    MucRouter rooms,
    ComponentDelivery components,
    UserMessages messages,
    DelegationRequests delegationRequests,
    UserEntityRouter entities,
    FrontendInstruments instruments)
{
    /// <summary>Routes one stanza. The bytes are used before this returns; what is awaited is that the stanza has its place, not its answer.</summary>
    public ValueTask RouteAsync(C2SStream stream, ReadOnlySpan<byte> element, in ElementHead head)
    {
        var kind = head.Kind;
        stream.Counters.StanzaReceived(kind);
        Jid? to = null;
        if (head.HasTo && !stream.TryParseTo(head.To(element), out to))
        {
            // RFC 6120 §8.3.3.8; the malformed address is not sent back as 'from'.
            StanzaErrorWriter.Refuse(stream, kind, head.StanzaType, head.IdText(element), null, StanzaError.JidMalformed);
            return default;
        }

        if (to is not null && to.Domainpart != stream.Domain)
        {
            if (!hosts.TryFindLoaded(to.Domainpart, out var hosted))
            {
                return FindAndRouteAsync(stream, element.ToArray(), head, to);
            }

            if (hosted.Component is not null)
            {
                return RouteToComponent(stream, element, head, to, hosted);
            }
        }

        return RouteToUser(stream, element, head, to);
    }

    private ValueTask RouteToComponent(C2SStream stream, ReadOnlySpan<byte> element, in ElementHead head, Jid to, HostedDomain hosted)
    {
        if (hosted.Component is MucServiceSettings)
        {
            return rooms.RouteAsync(stream, element, head, to, hosted);
        }

        if (head.Kind == StanzaKind.Presence)
        {
            return presences.RouteAsync(stream, element, head, to);
        }

        if (!stream.IsUnsettled)
        {
            components.Route(stream, element, head, to, hosted);
            return default;
        }

        return RouteInOrder(stream, element.ToArray(), head, to, hosted);
    }

    /// <summary>Apart, so that who need not wait pays for no closure.</summary>
    private ValueTask RouteInOrder(C2SStream stream, byte[] element, ElementHead head, Jid to, HostedDomain hosted) => stream.InOrderAsync(() =>
    {
        components.Route(stream, element, head, to, hosted);
        return Task.CompletedTask;
    });

    /// <summary>The first stanza to a domain that this process does not know yet: nothing of the stream is read until it is known what the domain is.</summary>
    private async ValueTask FindAndRouteAsync(C2SStream stream, byte[] element, ElementHead head, Jid to)
    {
        HostedDomain? hosted;
        try
        {
            hosted = await hosts.FindAsync(to.Domainpart);
        }
        catch (Exception e) when (e is TimeoutException or Orleans.Runtime.OrleansException)
        {
            instruments.RouteFailed(RoutePath.Grain);
            StanzaErrorWriter.Refuse(stream, head.Kind, head.StanzaType, head.IdText(element), to, StanzaError.RemoteServerTimeout);
            return;
        }

        await (hosted is { Component: not null } component
            ? RouteToComponent(stream, element, head, to, component)
            : RouteToUser(stream, element, head, to));
    }

    private ValueTask RouteToUser(C2SStream stream, ReadOnlySpan<byte> element, in ElementHead head, Jid? to)
    {
        if (to is not null && stream.Entity is { } entity && entities.TryTake(stream, entity, element, head, to, out var place))
        {
            return place;
        }

        return head.Kind switch
        {
            StanzaKind.Message => RouteMessage(stream, element, head, to),
            StanzaKind.Presence => presences.RouteAsync(stream, element, head, to),
            _ => iqs.RouteAsync(stream, element, head, to),
        };
    }

    private ValueTask RouteMessage(C2SStream stream, ReadOnlySpan<byte> element, in ElementHead head, Jid? to)
    {
        // RFC 6120 §10.3.1: a message to nobody is one to the sender's own account.
        var isToSelf = to is null;
        to ??= stream.Self!.ToBare();
        if (to.HasLocalpart && !stream.IsUnsettled && localPath.TryDeliverMessage(stream, element, head, to, isToSelf))
        {
            return default;
        }

        return RouteByGrain(stream, StanzaStamping.Stamp(stream, element, head, to, isToSelf));
    }

    /// <summary>Apart, so that the local path pays for no closure.</summary>
    private ValueTask RouteByGrain(C2SStream stream, StanzaFrame message) => stream.InOrderAsync(() => RouteMessageAsync(stream, message));

    private async Task RouteMessageAsync(C2SStream stream, StanzaFrame message)
    {
        var to = message.To!;
        try
        {
            if (!await IsReachableAsync(stream.Hosted, to.Domainpart))
            {
                StanzaErrorWriter.Refuse(stream, message, StanzaError.RemoteServerNotFound);
                return;
            }

            if (!to.HasLocalpart && await delegationRequests.TryTakeAsync(stream, message))
            {
                return;
            }

            if (!to.HasLocalpart)
            {
                // The server itself reads no other messages (RFC 6120 §10.5.1).
                StanzaErrorWriter.Refuse(stream, message, StanzaError.ServiceUnavailable);
                return;
            }

            if (await messages.DeliverAsync(message) is { } error)
            {
                StanzaErrorWriter.Refuse(stream, message, error);
            }
        }
        catch (Exception e) when (e is TimeoutException or Orleans.Runtime.OrleansException)
        {
            // It may have arrived all the same; its sender is never left without a word (contract §6, "Acknowledged").
            instruments.RouteFailed(RoutePath.Grain);
            StanzaErrorWriter.Refuse(stream, message, StanzaError.RemoteServerTimeout);
        }
    }

    /// <summary>Whether stanzas may go from one domain to the other, which is a host here.</summary>
    private async ValueTask<bool> IsReachableAsync(HostedDomain from, string to) =>
        from.Host.Domain == to || (await hosts.GetAsync(to) is { } host && DomainScope.MayCross(from, new HostedDomain(host, null)));
}
