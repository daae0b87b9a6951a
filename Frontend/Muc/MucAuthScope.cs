using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;

namespace Krewe.Frontend.Muc;

/// <summary>About whom the tenant's service is asked.</summary>
internal static class MucAuthScope
{
    public static bool IsAskedAbout(this MucServiceSettings service, HostSettings host, Jid room, Jid user) =>
        service.HttpAuth is { } auth && auth.AppliesTo(user.Domainpart, room.Localpart!) && !(auth.ExemptAdmins && host.Admins.Contains(user.Bare));
}
