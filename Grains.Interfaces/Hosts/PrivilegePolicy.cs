using Krewe.Contracts.Addressing;

namespace Krewe.Contracts.Hosts;

/// <summary>What a component's privileges come to beside the host's other settings (XEP-0356).</summary>
public static class PrivilegePolicy
{
    private const string Roster = "jabber:iq:roster";

    /// <summary>
    /// Whether an entity is told of every change to a roster (XEP-0356 §4.4). Not of rosters that a delegate keeps, which only it knows (specs P-063), and not in the
    /// first generation, which did not know pushes (specs P-060).
    /// </summary>
    /// <param name="generation">Of the namespace that the entity speaks.</param>
    public static bool GetsPushes(int generation, HostSettings host, EntityPrivileges privileges) =>
        privileges.Roster.HasFlag(PrivilegeAccess.Get) && generation != 1 && !host.Delegations.Any(static grant => grant.Namespace == Roster);

    /// <summary>The users, not components, who have a privilege at a host; each once, by bare JID, whichever of their resources have it.</summary>
    public static IEnumerable<Jid> UsersWith(HostSettings host, Func<EntityPrivileges, bool> has)
    {
        HashSet<Jid>? users = null;
        foreach (var (entity, privileges) in host.PrivilegedEntities)
        {
            if (entity.Contains('@') && has(privileges))
            {
                (users ??= []).Add(Jid.Parse(entity).ToBare());
            }
        }

        return users ?? Enumerable.Empty<Jid>();
    }
}
