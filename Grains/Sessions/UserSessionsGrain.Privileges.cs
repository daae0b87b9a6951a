using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Sessions;
using Krewe.Contracts.Stanzas;

namespace Krewe.Grains.Sessions;

/// <summary>
/// What entities with the privilege are told of presence (XEP-0356 §7): a resource's initial presence and its end, and the same of contacts as far as the user's
/// sessions see them. Whoever is told of somebody by many users is told once, which the entity's frontend sees to.
/// </summary>
// DEVIATION: XEP-0356 §7.4: contacts of users who have no session are not probed, because that would keep every roster of the host in memory for nobody's eyes.
internal sealed partial class UserSessionsGrain
{
    /// <summary>The last presence of each contact's resource, where an entity may know it; null otherwise.</summary>
    private Dictionary<Jid, StanzaFrame>? _seen;

    public Task IntroduceAsync(string entity)
    {
        var host = PrivilegesOf(_self.Domainpart);
        var most = host is null ? PresencePrivilege.None : PresenceFor(host, entity);
        if (most == PresencePrivilege.None)
        {
            return Task.CompletedTask;
        }

        var sent = new List<Task>();
        foreach (var resource in _resources)
        {
            if (resource.Presence is { } presence)
            {
                sent.Add(TellAsync(host!, entity, presence));
            }
        }

        if (most == PresencePrivilege.Roster)
        {
            foreach (var contact in _shown.Values.SelectMany(static resources => resources))
            {
                var known = _seen?.GetValueOrDefault(contact);
                sent.Add(TellAsync(host!, entity, known ?? Bodiless(StanzaType.Available, contact, null)));
            }
        }

        return Task.WhenAll(sent);
    }

    /// <summary>Tells of the user's own resource.</summary>
    private Task TellOfSelf(StanzaFrame presence) =>
        PrivilegesOf(_self.Domainpart) is { } host ? TellAsync(host, PresencePrivilege.ManagedEntity, [presence]) : Task.CompletedTask;

    /// <summary>Tells of a contact's resource that the user begins to see, or sees no longer.</summary>
    private Task TellOfContact(StanzaFrame presence) =>
        PrivilegesOf(_self.Domainpart) is { } host ? TellAsync(host, PresencePrivilege.Roster, [presence]) : Task.CompletedTask;

    /// <summary>The user sees these resources of contacts no longer, whether or not they are there.</summary>
    private Task TellOfLost(IEnumerable<Jid> contacts) =>
        PrivilegesOf(_self.Domainpart) is { } host
            ? TellAsync(host, PresencePrivilege.Roster, [.. contacts.Select(static contact => Bodiless(StanzaType.Unavailable, contact, null))])
            : Task.CompletedTask;

    public Task TellAsync(DeliveryContent content, string? resource) =>
        DeliverAsync(_resources.FindAll(one => one.IsAvailable && (resource is null || one.Jid.Resourcepart == resource)), content);

    /// <summary>Remembers what an entity that comes later may want to know.</summary>
    private void Remember(StanzaFrame presence)
    {
        if (PrivilegesOf(_self.Domainpart) is { } host && host.PrivilegedEntities.Values.Any(static privileges => privileges.Presence == PresencePrivilege.Roster))
        {
            (_seen ??= [])[presence.From] = presence;
        }
    }

    /// <summary>The settings of a host that gives privileges; null for any other, so that those pay for nothing.</summary>
    private HostSettings? PrivilegesOf(string domain) =>
        hosts.TryGetLoaded(domain, out var host) && !host.PrivilegedEntities.IsEmpty ? host : null;

    private Task TellAsync(HostSettings host, PresencePrivilege least, StanzaFrame[] presences)
    {
        List<Task>? told = null;
        foreach (var (entity, privileges) in host.PrivilegedEntities)
        {
            if (privileges.Presence >= least && !entity.Contains('@'))
            {
                foreach (var presence in presences)
                {
                    (told ??= []).Add(TellAsync(host, entity, presence));
                }
            }
        }

        // A user once, by whichever name: only the frontend knows which of the resources has what is the bare JID's.
        foreach (var user in PrivilegePolicy.UsersWith(host, privileges => privileges.Presence >= least))
        {
            foreach (var presence in presences)
            {
                (told ??= []).Add(TellUserAsync(user, presence));
            }
        }

        return told is null ? Task.CompletedTask : Task.WhenAll(told);
    }

    private async Task TellAsync(HostSettings host, string entity, StanzaFrame presence)
    {
        try
        {
            if (entity.Contains('@'))
            {
                await TellUserAsync(Jid.Parse(entity), presence);
            }
            else if (await hosts.FindAsync(entity) is { Component: ExternalComponentSettings } component && DomainScope.MayCross(new HostedDomain(host, null), component))
            {
                await GrainFactory.Component(entity).TellAsync(new SeenPresenceContent(presence, _self), presence.From);
            }
        }
        catch (Exception e) when (e is TimeoutException or Orleans.Runtime.OrleansException)
        {
            // The user's own business must not fail for it. An entity whose process was lost connects anew, and is told again.
        }
    }

    /// <param name="user">All of them, or a resource.</param>
    private async Task TellUserAsync(Jid user, StanzaFrame presence)
    {
        // Whoever is told of others by privilege sees the own resources anyway.
        if (user.Bare == _self.Bare || !MaySee(user))
        {
            return;
        }

        try
        {
            if (PrivilegesOf(_self.Domainpart) is not { } host || await hosts.FindAsync(user.Domainpart) is not { } own || !DomainScope.MayGrant(host, own))
            {
                return;
            }

            // As presence between users is: acknowledged, and never awaited in a turn.
            await GrainFactory.Sessions(user).TellAsync(new SeenPresenceContent(presence, _self), user.Resourcepart);
        }
        catch (Exception e) when (e is TimeoutException or Orleans.Runtime.OrleansException)
        {
            // As above.
        }
    }

    /// <summary>What an entity may know at most; of a user's resources their frontend knows which may know that much.</summary>
    private static PresencePrivilege PresenceFor(HostSettings host, string entity)
    {
        if (!entity.Contains('@'))
        {
            return host.PrivilegedEntities.GetValueOrDefault(entity)?.Presence ?? PresencePrivilege.None;
        }

        var user = Jid.Parse(entity).ToBare();
        return IsWith(PresencePrivilege.Roster) ? PresencePrivilege.Roster : IsWith(PresencePrivilege.ManagedEntity) ? PresencePrivilege.ManagedEntity : PresencePrivilege.None;

        bool IsWith(PresencePrivilege least) => PrivilegePolicy.UsersWith(host, privileges => privileges.Presence >= least).Contains(user);
    }
}
