using Krewe.Contracts.Accounts;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
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
internal sealed class PresenceRouter(IGrainFactory grains, IHostSettingsSource hosts, LocalRoutes routes, RosterCarrier carrier)
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

        if (to.Domainpart != stream.Domain && !(await hosts.GetAsync(to.Domainpart) is { Enabled: true, Isolate: false } && !stream.Host.Isolate))
        {
            if (presence.Type == StanzaType.Available)
            {
                StanzaErrorWriter.Refuse(stream, presence, StanzaError.RemoteServerNotFound);
            }

            return;
        }

        switch (presence.Type)
        {
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
        if (stream.Host.HttpRoster is null && contact.Domainpart != stream.Domain && !await IsReachableAsync(stream.Domain, contact.Domainpart))
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
            await SendAsync(stream.Domain, subscription);
        }

        if (update.Changes is { } changes)
        {
            await carrier.CarryAsync(self, changes);
        }

        if (isRouted && !isFirst)
        {
            await SendAsync(stream.Domain, subscription);
        }
    }

    /// <summary>Sends a subscription stanza from one account to another, and back what the other's roster answers by itself.</summary>
    public async Task SendAsync(string fromDomain, StanzaFrame subscription)
    {
        var to = subscription.To!;
        if (!to.HasLocalpart || !await IsKnownAsync(fromDomain, to))
        {
            // RFC 6121 §8.5.1: an account that does not exist says nothing.
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
            var answer = new StanzaFrame(StanzaKind.Presence, reply, to.ToBare(), subscription.From.ToBare(), subscription.Id, default, 0);
            var back = await grains.Roster(subscription.From).InboundAsync(answer);
            if (back.Deliver)
            {
                await grains.Sessions(subscription.From).SubscriptionAsync(answer);
            }

            if (back.Changes is { } backChanges)
            {
                await carrier.CarryAsync(subscription.From.ToBare(), backChanges);
            }
        }
    }

    private async Task<bool> IsKnownAsync(string fromDomain, Jid account)
    {
        return (account.Domainpart == fromDomain || await IsReachableAsync(fromDomain, account.Domainpart)) && (await grains.Account(account).GetAsync()).Exists;
    }

    private async ValueTask<bool> IsReachableAsync(string fromDomain, string domain) =>
        await hosts.GetAsync(domain) is { Enabled: true, Isolate: false } && await hosts.GetAsync(fromDomain) is { Isolate: false };

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
