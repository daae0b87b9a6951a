using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Rosters;
using Krewe.Contracts.Sessions;

namespace Krewe.Grains.Rosters;

/// <summary>
/// Pushes to entities that may read the roster (XEP-0356 §4.4). They are told here, where each version is made, and exactly once: whether or not the user has a
/// session, and however many carry the change to those.
/// </summary>
internal sealed partial class RosterGrain
{
    /// <summary>Changes that may wait for their turn, one set of them for each fetch or set; those beyond are not told.</summary>
    private const int WaitingMax = 256;

    private Task _told = Task.CompletedTask;
    private int _waiting;

    private void TellPrivileged(RosterChangeSet changes)
    {
        if (changes.Changes.IsEmpty || !hosts.TryGetLoaded(_owner.Domainpart, out var host) || host.PrivilegedEntities.IsEmpty || _waiting >= WaitingMax)
        {
            return;
        }

        if (host.PrivilegedEntities.Any(static entity => entity.Value.Roster.HasFlag(PrivilegeAccess.Get)))
        {
            _waiting++;
            _told = TellAsync(_told, host, changes);
        }
    }

    private async Task TellAsync(Task before, HostSettings host, RosterChangeSet changes)
    {
        await before;
        try
        {
            RosterChange[] shown = [.. changes.Changes.Where(static change => change.After is { IsShown: true } || change.Before is { IsShown: true })];
            foreach (var (entity, privileges) in host.PrivilegedEntities)
            {
                if (privileges.Roster.HasFlag(PrivilegeAccess.Get) && !entity.Contains('@')
                    && await hosts.FindAsync(entity) is { Component: ExternalComponentSettings component } hosted
                    && PrivilegePolicy.GetsPushes(component.PrivilegeNs, host, privileges) && DomainScope.MayCross(new HostedDomain(host, null), hosted))
                {
                    await Task.WhenAll(shown.Select(change => GrainFactory.Component(entity).TellAsync(new RosterPushContent(change, _owner), _owner)));
                }
            }

            foreach (var user in PrivilegePolicy.UsersWith(host, privileges => PrivilegePolicy.GetsPushes(generation: 2, host, privileges)))
            {
                // Whoever it is gets pushes of the own roster as a client. No sessions ask this grain for anything, so nobody waits for one another.
                if (user.Bare != _owner.Bare && await hosts.FindAsync(user.Domainpart) is { Component: null } own && DomainScope.MayGrant(host, own))
                {
                    await Task.WhenAll(shown.Select(change => GrainFactory.Sessions(user).TellAsync(new RosterPushContent(change, _owner), null)));
                }
            }
        }
        catch (Exception e) when (e is TimeoutException or Orleans.Runtime.OrleansException)
        {
            // An entity that has missed something has lost its connection, and asks for the rosters anew.
            LogUntold(host.Domain, e);
        }
        finally
        {
            _waiting--;
        }
    }

    [Microsoft.Extensions.Logging.LoggerMessage(2102, Microsoft.Extensions.Logging.LogLevel.Warning, "An entity could not be told of a changed roster of {Host}")]
    private partial void LogUntold(string host, Exception exception);
}
