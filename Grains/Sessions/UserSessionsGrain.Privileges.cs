using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Sessions;
using Krewe.Contracts.Stanzas;

namespace Krewe.Grains.Sessions;

/// <summary>
/// What components with the privilege are told of presence (XEP-0356 §7): a resource's initial presence and its end, and the same of contacts as far as the user's
/// sessions see them. Whoever is told of somebody by many users is told once, which the component's frontend sees to.
/// </summary>
// DEVIATION: XEP-0356 §7.4: contacts of users who have no session are not probed, because that would keep every roster of the host in memory for nobody's eyes.
internal sealed partial class UserSessionsGrain
{
    /// <summary>The last presence of each contact's resource, where a component may know it; null otherwise.</summary>
    private Dictionary<Jid, StanzaFrame>? _seen;

    public Task IntroduceAsync(string entity)
    {
        if (PrivilegesOf(_self.Domainpart) is not { } host || !host.PrivilegedEntities.TryGetValue(entity, out var privileges) || privileges.Presence == PresencePrivilege.None)
        {
            return Task.CompletedTask;
        }

        var sent = new List<Task>();
        foreach (var resource in _resources)
        {
            if (resource.Presence is { } presence)
            {
                sent.Add(TellAsync(host, entity, presence));
            }
        }

        if (privileges.Presence == PresencePrivilege.Roster)
        {
            foreach (var contact in _shown.Values.SelectMany(static resources => resources))
            {
                var known = _seen?.GetValueOrDefault(contact);
                sent.Add(TellAsync(host, entity, known ?? Bodiless(StanzaType.Available, contact, null)));
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

    /// <summary>Remembers what a component that comes later may want to know.</summary>
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
            if (privileges.Presence >= least)
            {
                foreach (var presence in presences)
                {
                    (told ??= []).Add(TellAsync(host, entity, presence));
                }
            }
        }

        return told is null ? Task.CompletedTask : Task.WhenAll(told);
    }

    private async Task TellAsync(HostSettings host, string entity, StanzaFrame presence)
    {
        try
        {
            // Users, whom a host may name too, are told nothing.
            if (!entity.Contains('@') && await hosts.FindAsync(entity) is { Component: ExternalComponentSettings } component && DomainScope.MayCross(new HostedDomain(host, null), component))
            {
                await GrainFactory.Component(entity).TellAsync(new SeenPresenceContent(presence, _self), presence.From);
            }
        }
        catch (Exception e) when (e is TimeoutException or Orleans.Runtime.OrleansException)
        {
            // The user's own business must not fail for it. A component whose process was lost connects anew, and is told again.
        }
    }
}
