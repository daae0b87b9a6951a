using Krewe.Contracts.Accounts;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Frontend.Components;
using Krewe.Contracts.Rosters;
using Krewe.Contracts.Sessions;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Muc;
using Krewe.Frontend.Rosters;
using Krewe.Frontend.Streams;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Routing;

/// <summary>
/// Presence from a client (RFC 6121 §3, §4): broadcasts go to the own sessions grain, directed presence to whom it names, subscription stanzas through
/// the rosters of both sides. Everything runs in the stream's order.
/// </summary>
internal sealed class PresenceRouter(
    IGrainFactory grains, IHostSettingsSource hosts, LocalAccounts accounts, LocalRoutes routes, RosterCarrier carrier, ComponentDelivery components)
{
    public ValueTask RouteAsync(C2SStream stream, ReadOnlySpan<byte> element, in ElementHead head, Jid? to)
    {
        var type = head.StanzaType;
        if (type == StanzaType.Invalid || !TryReadPriority(element, out var priority))
        {
            // RFC 6121 §4.7.1, §4.7.2.3
            StanzaErrorWriter.Refuse(stream, StanzaKind.Presence, type, head.IdText(element), to, StanzaError.BadRequest);
            return default;
        }

        var self = stream.Self!;
        if (type is StanzaType.Subscribe or StanzaType.Subscribed or StanzaType.Unsubscribe or StanzaType.Unsubscribed)
        {
            if (to is null)
            {
                StanzaErrorWriter.Refuse(stream, StanzaKind.Presence, type, head.IdText(element), null, StanzaError.BadRequest);
                return default;
            }

            // RFC 6121 §3.1.2: from account to account, whatever resource was named.
            var subscription = StanzaStamping.Stamp(stream, element, head, to.ToBare(), isToRewritten: true, isFromBare: true);
            return stream.QueueStepAsync(() => AnsweredAsync(stream, subscription, () => OutboundSubscriptionAsync(stream, subscription)));
        }

        if (to is null && type is StanzaType.Available or StanzaType.Unavailable)
        {
            if (type == StanzaType.Unavailable)
            {
                MucRouter.LeaveAll(stream, element, head);
            }

            var broadcast = StanzaStamping.Stamp(stream, element, head, null);
            return type == StanzaType.Available && !stream.IsAvailable
                ? stream.QueueStepAsync(() => stream.BecomeAvailableAsync(broadcast, priority))
                : stream.InOrderAsync(() => stream.RunAsideAsync(() => stream.SendPresenceAsync(broadcast, priority, null)));
        }

        if (to is null)
        {
            // A probe or an error to nobody says nothing (RFC 6121 §4.3: "never cause for an error").
            return default;
        }

        var presence = StanzaStamping.Stamp(stream, element, head, to);
        return stream.InOrderAsync(() => AnsweredAsync(stream, presence, () => DirectAsync(stream, presence, self)));
    }

    /// <summary>A grain that does not answer costs the stanza, not the stream; its sender is told.</summary>
    private static async Task AnsweredAsync(C2SStream stream, StanzaFrame presence, Func<Task> step)
    {
        try
        {
            await step();
        }
        catch (Exception e) when (e is TimeoutException or Orleans.Runtime.OrleansException)
        {
            StanzaErrorWriter.Refuse(stream, presence, StanzaError.RemoteServerTimeout);
        }
    }

    private async Task DirectAsync(C2SStream stream, StanzaFrame presence, Jid self)
    {
        var to = presence.To!;
        if (!to.HasLocalpart && to.Domainpart == stream.Domain)
        {
            return;
        }

        if (await FindReachableAsync(stream.Hosted, to.Domainpart) is not { } target)
        {
            if (presence.Type == StanzaType.Available)
            {
                StanzaErrorWriter.Refuse(stream, presence, StanzaError.RemoteServerNotFound);
            }

            return;
        }

        switch (presence.Type)
        {
            case StanzaType.Probe or StanzaType.Error when target.Component is ExternalComponentSettings:
                components.Send(presence, to);
                return;
            case var _ when target.Component is ExternalComponentSettings:
                await grains.Sessions(self).DirectedPresenceAsync(stream.Session, stream.FrontendName, presence);
                return;
            case var type when !to.HasLocalpart || (type is StanzaType.Probe or StanzaType.Error && routes.IsSurelyOffline(to.Bare)):
                // Nobody there; an invented address must not cost a grain.
                return;
            case StanzaType.Probe:
                await grains.Sessions(to).ProbeAsync(new PresenceProbe(self, to, presence.Id, IsImplied: false));
                break;
            case StanzaType.Error:
                await grains.Sessions(to).ContactPresenceAsync(new ContactPresence(presence, false, to.Resourcepart));
                break;
            default:
                await grains.Sessions(self).DirectedPresenceAsync(stream.Session, stream.FrontendName, presence);
                break;
        }
    }

    /// <summary>RFC 6121 appendix A.2: the own roster decides whether it goes out.</summary>
    private async Task OutboundSubscriptionAsync(C2SStream stream, StanzaFrame subscription)
    {
        var (self, contact) = (stream.Self!.ToBare(), subscription.To!);
        if (contact.Bare == self.Bare)
        {
            return;
        }

        // A host that keeps its own rosters must not note a request that can go nowhere (RFC 6120 §10.4.3).
        if (stream.Host.HttpRoster is null && await FindReachableAsync(stream.Hosted, contact.Domainpart) is null)
        {
            StanzaErrorWriter.Refuse(stream, subscription, StanzaError.RemoteServerNotFound);
            return;
        }

        var update = await grains.Roster(self).OutboundAsync(subscription.Type, contact);
        if (update.Error is { } error)
        {
            StanzaErrorWriter.Refuse(stream, subscription, error);
            return;
        }

        // RFC 6121 §3.1.5: the approval, then the presence that it allows. §3.2.2 has it the other way round: unavailable, then the end of it.
        var isFirst = subscription.Type == StanzaType.Subscribed;
        var isRouted = update.Route.Contains(subscription.Type);
        if (isRouted && isFirst)
        {
            await SendAsync(stream.Hosted, subscription);
        }

        if (update.Changes is { } changes)
        {
            await carrier.CarryAsync(self, changes);
        }

        if (isRouted && !isFirst)
        {
            await SendAsync(stream.Hosted, subscription);
        }
    }

    /// <summary>Sends a subscription stanza to an account or to a component's address, and back what an account's roster answers by itself.</summary>
    public async Task SendAsync(HostedDomain from, StanzaFrame subscription)
    {
        var to = subscription.To!;
        if (await FindReachableAsync(from, to.Domainpart) is not { } target)
        {
            return;
        }

        if (target.Component is ExternalComponentSettings)
        {
            components.Send(subscription, to);
            return;
        }

        if (!to.HasLocalpart || target.Component is not null || (await accounts.FindAsync(to)).Existence != AccountExistence.Yes)
        {
            // RFC 6121 §8.5.1: an account that does not exist says nothing. Nor does one of which that cannot be told: nothing is noted for names that may be made up.
            return;
        }

        var update = await grains.Roster(to).InboundAsync(subscription);
        if (update.Deliver && update.IsBeforePush)
        {
            await grains.Sessions(to).SubscriptionAsync(subscription);
        }

        if (update.Changes is { } changes)
        {
            await carrier.CarryAsync(to, changes);
        }

        if (update.Deliver && !update.IsBeforePush)
        {
            await grains.Sessions(to).SubscriptionAsync(subscription);
        }

        if (update.Reply is { } reply)
        {
            // Answers are final: none of them is answered by a roster in turn (RFC 6121 §3.1.3).
            await SendBackAsync(from, new StanzaFrame(StanzaKind.Presence, reply, to.ToBare(), subscription.From.ToBare(), subscription.Id, default, 0));
        }
    }

    private async Task SendBackAsync(HostedDomain asker, StanzaFrame answer)
    {
        var to = answer.To!;
        if (asker.Component is not null)
        {
            components.Send(answer, to);
            return;
        }

        var back = await grains.Roster(to).InboundAsync(answer);
        if (back.Deliver)
        {
            await grains.Sessions(to).SubscriptionAsync(answer);
        }

        if (back.Changes is { } changes)
        {
            await carrier.CarryAsync(to, changes);
        }
    }

    /// <summary>Null for a domain that is nothing here, or not for the one who asks.</summary>
    private async ValueTask<HostedDomain?> FindReachableAsync(HostedDomain from, string domain) =>
        await hosts.FindAsync(domain) is { } found && DomainScope.MayCross(from, found) ? found : null;

    /// <summary>RFC 6121 §4.7.2.3: an integer from −128 to 127; 0 when there is none.</summary>
    private static bool TryReadPriority(ReadOnlySpan<byte> presence, out sbyte priority)
    {
        priority = 0;
        if (presence.IndexOf("<priority"u8) < 0)
        {
            return true;
        }

        var reader = new XmlElementReader(presence);
        reader.Read();
        var depth = reader.Depth;
        while (reader.Read())
        {
            if (reader.Node == XmlNode.Start && reader.Depth == depth + 1 && reader.Is("priority"u8, "jabber:client"u8))
            {
                return sbyte.TryParse(reader.ReadText().AsSpan().Trim(), System.Globalization.NumberStyles.AllowLeadingSign,
                    System.Globalization.CultureInfo.InvariantCulture, out priority);
            }
        }

        return true;
    }
}
