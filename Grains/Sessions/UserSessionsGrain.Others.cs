using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Rosters;
using Krewe.Contracts.Sessions;
using Krewe.Contracts.Stanzas;

namespace Krewe.Grains.Sessions;

/// <summary>The way of presence to whom it is for: another user, or an address of an external component.</summary>
internal sealed partial class UserSessionsGrain
{
    public Task IsolatedAsync(bool isClosed)
    {
        var sent = new List<Task>();
        if (isClosed)
        {
            TakeLeave(sent);
        }
        else
        {
            foreach (var resource in _resources.FindAll(static resource => resource.IsAvailable))
            {
                SendToRoster(resource, item => item.Jid.Domainpart != _self.Domainpart, asks: true, sent);
            }
        }

        return Task.WhenAll(sent);
    }

    /// <summary>A resource's presence to those of the roster who may know.</summary>
    /// <param name="asks">Whether those whose presence the user may know are asked for it.</param>
    private void SendToRoster(ConnectedResource resource, Func<RosterItem, bool> which, bool asks, List<Task> sent)
    {
        foreach (var item in _roster?.Items ?? [])
        {
            var isAsked = asks && item.Subscription.HasTo();
            if (!which(item))
            {
                continue;
            }

            if (item.Subscription.HasFrom())
            {
                resource.RemoveDirectedTo(item.Jid.Bare);
                sent.Add(Broadcast(item.Jid, resource.Presence!, isAsked));
            }
            else if (isAsked)
            {
                sent.Add(Probe(resource.Jid, item.Jid));
            }
        }
    }

    /// <summary>From those who are out of reach now, in both directions; theirs is said here, as nothing of theirs comes any more.</summary>
    private void TakeLeave(List<Task> sent)
    {
        foreach (var resource in _resources)
        {
            var last = Bodiless(StanzaType.Unavailable, resource.Jid, null);
            var contacts = resource.IsAvailable ? (_roster?.Items ?? []).Where(static item => item.Subscription.HasFrom()).Select(static item => item.Jid) : [];
            sent.AddRange(contacts.Where(IsOutOfReach).Concat(resource.TakeDirected(IsOutOfReach)).Select(contact => SendLast(contact, last)));
        }

        var available = _resources.FindAll(static resource => resource.IsAvailable);
        foreach (var (contact, shown) in _shown.Where(shown => IsOutOfReach(Jid.Parse(shown.Key))).ToArray())
        {
            _shown.Remove(contact);
            foreach (var resource in shown)
            {
                sent.Add(DeliverAsync(available, new StanzaContent(Bodiless(StanzaType.Unavailable, resource, null), _self)));
                _seen?.Remove(resource);
            }

            sent.Add(TellOfLost(shown));
        }
    }

    /// <summary>Goes also where nothing goes any more: it says no more than that.</summary>
    private Task SendLast(Jid entity, StanzaFrame unavailable) =>
        ComponentOf(entity) is not null ? GrainFactory.Component(entity.Domainpart).DeliverAsync(new StanzaContent(unavailable, entity))
        : routes.IsSurelyOffline(entity.Bare) ? Task.CompletedTask
        : GrainFactory.Sessions(entity).ContactPresenceAsync(new ContactPresence(unavailable, false, entity.Resourcepart));

    private bool IsOutOfReach(Jid other) => other.Domainpart != _self.Domainpart && hosts.TryFindLoaded(_self.Domainpart, out var own)
        && (own.Host.Isolate || (hosts.TryFindLoaded(other.Domainpart, out var theirs) && !DomainScope.MayCross(own, theirs)));

    private Task SendTo(Jid entity, StanzaFrame presence) => ComponentOf(entity) is { } component ? SendToComponent(component, entity, presence)
        : MaySee(entity) ? GrainFactory.Sessions(entity).ContactPresenceAsync(new ContactPresence(presence, false, entity.Resourcepart))
        : Task.CompletedTask;

    /// <summary>Presence that names no addressee, to one of those who may know.</summary>
    private Task Broadcast(Jid contact, StanzaFrame presence, bool asks)
    {
        if (ComponentOf(contact) is { } component)
        {
            var told = SendToComponent(component, contact, presence);
            return asks ? Task.WhenAll(told, SendProbe(component, contact)) : told;
        }

        return MaySee(contact) ? GrainFactory.Sessions(contact).ContactPresenceAsync(new ContactPresence(presence, asks, null)) : Task.CompletedTask;
    }

    private Task Probe(Jid asker, Jid contact) => ComponentOf(contact) is { } component ? SendProbe(component, contact)
        : MaySee(contact) ? GrainFactory.Sessions(contact).ProbeAsync(new PresenceProbe(asker, contact, null, IsImplied: true))
        : Task.CompletedTask;

    /// <summary>RFC 6121 §4.3.1: for its own addresses a component is what another server is for its users.</summary>
    private Task SendProbe(in HostedDomain component, Jid contact) => SendToComponent(component, contact.ToBare(), Bodiless(StanzaType.Probe, _self, null));

    private Task SendToComponent(in HostedDomain component, Jid entity, StanzaFrame presence) =>
        hosts.TryFindLoaded(_self.Domainpart, out var own) && DomainScope.MayCross(own, component)
            ? GrainFactory.Component(entity.Domainpart).DeliverAsync(new StanzaContent(presence, entity))
            : Task.CompletedTask;

    /// <summary>Null when the address is not an external component's. One that this process has not heard of yet has no connection either.</summary>
    private HostedDomain? ComponentOf(Jid entity) =>
        entity.Domainpart != _self.Domainpart && hosts.TryFindLoaded(entity.Domainpart, out var found) && found.Component is ExternalComponentSettings ? found : null;

    /// <summary>False for those whom no call could reach: users without a session, and domains that one of the two hosts is closed to.</summary>
    private bool MaySee(Jid other)
    {
        if (routes.IsSurelyOffline(other.Bare))
        {
            return false;
        }

        var (own, theirs) = (_self.Domainpart, other.Domainpart);
        return own == theirs
            || !((hosts.TryGetLoaded(own, out var mine) && mine.Isolate) || (hosts.TryGetLoaded(theirs, out var host) && host.Isolate));
    }
}
