using System.Collections.Immutable;

namespace Krewe.Contracts.Hosts;

/// <summary>Reading, writing, or both.</summary>
[Flags]
public enum PrivilegeAccess : byte
{
    None = 0,
    Get = 1,
    Set = 2,
    Both = Get | Set,
}

/// <summary>Whose presence a privileged entity is told (XEP-0356 §7).</summary>
public enum PresencePrivilege : byte
{
    None = 0,

    /// <summary>The host's users: becoming available and unavailable.</summary>
    ManagedEntity = 1,

    /// <summary>That, and the users' contacts.</summary>
    Roster = 2,
}

/// <summary>What an entity may do for a host's users (XEP-0356): one entry of <c>privileged_entities</c>.</summary>
public sealed record EntityPrivileges
{
    /// <summary>The users' rosters (§4). Whoever may get them is told of every change.</summary>
    public PrivilegeAccess Roster { get; init; }

    /// <summary>Sending messages as the host or as a user (§5).</summary>
    public bool MayMessage { get; init; }

    public PresencePrivilege Presence { get; init; }

    /// <summary>IQs as a user (§6), by the payload's namespace.</summary>
    public ImmutableDictionary<string, PrivilegeAccess> Iq { get; init; } = ImmutableDictionary<string, PrivilegeAccess>.Empty;

    /// <summary>By value, so that whoever tells an entity its privileges sees whether a change of the settings changed them.</summary>
    public bool Equals(EntityPrivileges? other) =>
        other is not null && (Roster, MayMessage, Presence) == (other.Roster, other.MayMessage, other.Presence)
        && Iq.Count == other.Iq.Count && Iq.All(privilege => other.Iq.TryGetValue(privilege.Key, out var access) && access == privilege.Value);

    public override int GetHashCode() => HashCode.Combine(Roster, MayMessage, Presence, Iq.Count);

    /// <summary>What somebody may who is named twice, as a user and as one of the user's resources.</summary>
    public EntityPrivileges Union(EntityPrivileges other) => new()
    {
        Roster = Roster | other.Roster,
        MayMessage = MayMessage || other.MayMessage,
        Presence = Presence > other.Presence ? Presence : other.Presence,
        Iq = Iq.SetItems(other.Iq.Select(entry => KeyValuePair.Create(entry.Key, entry.Value | Iq.GetValueOrDefault(entry.Key)))),
    };

    public bool IsEmpty => Roster == PrivilegeAccess.None && !MayMessage && Presence == PresencePrivilege.None && Iq.IsEmpty;
}
