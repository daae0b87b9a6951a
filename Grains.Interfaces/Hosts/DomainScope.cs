namespace Krewe.Contracts.Hosts;

/// <summary>
/// Which of the domains here may talk to each other. Hosts and their room services may, unless one of them is closed. An external component is there for its own
/// host, for the other hosts of the same tenant, and for those that grant it something; for everybody else it does not exist.
/// </summary>
public static class DomainScope
{
    /// <summary>Whether stanzas may go from one to the other; the same in both directions, but that the addressee must be enabled.</summary>
    public static bool MayCross(in HostedDomain from, in HostedDomain to)
    {
        if (from.Host.Domain == to.Host.Domain)
        {
            return to.Host.Enabled;
        }

        if (!to.Host.Enabled || to.Host.Isolate || from.Host.Isolate)
        {
            return false;
        }

        var sender = from.Component as ExternalComponentSettings;
        var addressee = to.Component as ExternalComponentSettings;
        return (sender is null && addressee is null)
            || from.Host.Tenant == to.Host.Tenant
            || (addressee is not null ? Grants(from.Host, addressee.Domain) : Grants(to.Host, sender!.Domain));
    }

    /// <summary>
    /// Whether what a host grants to an entity of a domain is in force. A user is asked, and seen to be there, only by hosts of the tenant's own; a component is there for whoever grants it something, and
    /// to name one of another tenant's is for the provider.
    /// </summary>
    /// <param name="owner">What the entity's domain is.</param>
    public static bool MayGrant(HostSettings host, in HostedDomain owner) =>
        MayCross(new HostedDomain(host, null), owner) && host.Enabled && (owner.Component is not null || owner.Host.Tenant == host.Tenant);

    /// <summary>Whether a host has delegated a namespace to an entity, or given it a privilege (XEP-0355 §4.1, XEP-0356 §4.1).</summary>
    /// <param name="entity">A component's domain, or a user's bare JID, which stands for the user's resources too.</param>
    public static bool Grants(HostSettings host, string entity)
    {
        foreach (var grant in host.Delegations)
        {
            if (grant.Entity is { } named && named.Bare == entity)
            {
                return true;
            }
        }

        return host.PrivilegedEntities.ContainsKey(entity) || (entity.Contains('@') && GrantsToResource(host, entity));
    }

    private static bool GrantsToResource(HostSettings host, string user)
    {
        foreach (var (entity, _) in host.PrivilegedEntities)
        {
            if (entity.Length > user.Length && entity[user.Length] == '/' && entity.StartsWith(user, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }
}
