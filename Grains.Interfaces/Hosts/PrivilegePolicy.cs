namespace Krewe.Contracts.Hosts;

/// <summary>What a component's privileges come to beside the host's other settings (XEP-0356).</summary>
public static class PrivilegePolicy
{
    private const string Roster = "jabber:iq:roster";

    /// <summary>
    /// Whether a component is told of every change to a roster (XEP-0356 §4.4). Not of rosters that a delegate keeps, which only it knows (specs P-063), and not in the
    /// first generation, which did not know pushes (specs P-060).
    /// </summary>
    public static bool GetsPushes(ExternalComponentSettings component, HostSettings host, EntityPrivileges privileges) =>
        privileges.Roster.HasFlag(PrivilegeAccess.Get) && component.PrivilegeNs != 1 && !host.Delegations.Any(static grant => grant.Namespace == Roster);
}
