using System.Collections.Immutable;
using Krewe.Contracts.Hosts;

namespace Krewe.Tests.Unit.Hosts;

/// <summary>What a user's resource may that is named by its own JID and by the user's.</summary>
public sealed class EntityPrivilegesTests
{
    [Fact]
    public void Union_HasWhatEitherHas_AndDoesNotDependOnTheirOrder()
    {
        var one = new EntityPrivileges
        {
            Roster = PrivilegeAccess.Get,
            Presence = PresencePrivilege.Roster,
            Iq = ImmutableDictionary<string, PrivilegeAccess>.Empty.Add("urn:a", PrivilegeAccess.Get).Add("urn:b", PrivilegeAccess.Set),
        };
        var other = new EntityPrivileges
        {
            Roster = PrivilegeAccess.Set,
            MayMessage = true,
            Presence = PresencePrivilege.ManagedEntity,
            Iq = ImmutableDictionary<string, PrivilegeAccess>.Empty.Add("urn:b", PrivilegeAccess.Get).Add("urn:c", PrivilegeAccess.Both),
        };
        var both = new EntityPrivileges
        {
            Roster = PrivilegeAccess.Both,
            MayMessage = true,
            Presence = PresencePrivilege.Roster,
            Iq = ImmutableDictionary<string, PrivilegeAccess>.Empty.Add("urn:a", PrivilegeAccess.Get).Add("urn:b", PrivilegeAccess.Both).Add("urn:c", PrivilegeAccess.Both),
        };

        Assert.Equal(both, one.Union(other));
        Assert.Equal(both, other.Union(one));
        Assert.Equal(one, one.Union(new EntityPrivileges()));
    }
}
