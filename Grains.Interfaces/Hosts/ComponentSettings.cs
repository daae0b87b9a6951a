using System.Collections.Immutable;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Muc;

namespace Krewe.Contracts.Hosts;

/// <summary>A domain of a host that is not its users' own: one entry of <c>components</c>.</summary>
public abstract record ComponentSettings
{
    /// <summary>The prepared domain.</summary>
    public required string Domain { get; init; }

    /// <summary>For people's eyes, in disco#items; null for the domain itself.</summary>
    public string? Name { get; init; }

    /// <summary>Never the secrets.</summary>
    public override string ToString() => Domain;
}

/// <summary>Who may create rooms.</summary>
public enum RoomCreation : byte
{
    /// <summary>Everybody who can reach the service.</summary>
    Anybody = 0,

    /// <summary>The host's own users.</summary>
    Local = 1,

    /// <summary>The host's <c>admins</c>.</summary>
    Admin = 2,
}

/// <summary>A room service (XEP-0045): an entry of type <c>muc</c>.</summary>
public sealed record MucServiceSettings : ComponentSettings
{
    public RoomCreation RestrictRoomCreation { get; init; }

    /// <summary>Whether a new room is locked until its owner has accepted its configuration (XEP-0045 §10.1).</summary>
    public bool RoomLocking { get; init; } = true;

    /// <summary>The configuration of a new room.</summary>
    public MucRoomConfig RoomDefaults { get; init; } = MucRoomConfig.Default;

    /// <summary>Null when nobody is asked.</summary>
    public MucHttpAuthSettings? HttpAuth { get; init; }

    /// <summary>Whether the tenant's service is asked about a user in a room.</summary>
    /// <param name="host">The host that the service belongs to.</param>
    public bool IsAskedAbout(HostSettings host, Jid room, Jid user) =>
        HttpAuth is { } auth && auth.AppliesTo(user.Domainpart, room.Localpart ?? "") && !(auth.ExemptAdmins && host.Admins.Contains(user.Bare));

    public override string ToString() => Domain;
}

/// <summary>What happens when the service that decides about joins gives no answer.</summary>
public enum MucAuthOnError : byte
{
    Deny = 0,
    Allow = 1,

    /// <summary>The last decision when there is one, else deny.</summary>
    Stale = 2,
}

/// <summary>The tenant's service that decides who may be in a room (contract: "Room access").</summary>
public sealed record MucHttpAuthSettings
{
    public required string Url { get; init; }

    /// <summary>Null for every room; else only for these. At most one of this and <see cref="DisabledFor"/>.</summary>
    public MucRoomSelection? EnabledFor { get; init; }

    /// <summary>For every room but these.</summary>
    public MucRoomSelection? DisabledFor { get; init; }

    /// <summary>Sent as <c>Authorization</c>. Secret.</summary>
    public string? AuthorizationHeader { get; init; }

    /// <summary>The service's certificate is not verified.</summary>
    public bool IsInsecure { get; init; }

    public bool AuthorizeRegistration { get; init; }

    public TimeSpan AllowFor { get; init; } = TimeSpan.FromSeconds(300);

    public TimeSpan DenyFor { get; init; } = TimeSpan.FromSeconds(10);

    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);

    public MucAuthOnError OnError { get; init; }

    /// <summary>Ask again for those who are in a room when their allowance runs out.</summary>
    public bool Recheck { get; init; }

    public bool ExemptAdmins { get; init; }

    /// <summary>Whether the service is asked about this room for users of this domain.</summary>
    public bool AppliesTo(string userDomain, string roomLocalpart) =>
        EnabledFor?.Holds(userDomain, roomLocalpart) ?? !(DisabledFor?.Holds(userDomain, roomLocalpart) ?? false);

    /// <summary>Never the secrets.</summary>
    public override string ToString() => nameof(MucHttpAuthSettings);
}

/// <summary>Rooms by their localparts: for everybody, or by the domain of the user.</summary>
/// <param name="All">For users of any domain.</param>
/// <param name="ByDomain">For users of one domain, beside <paramref name="All"/>.</param>
public sealed record MucRoomSelection(ImmutableHashSet<string> All, ImmutableDictionary<string, ImmutableHashSet<string>> ByDomain)
{
    public bool Holds(string userDomain, string roomLocalpart) =>
        All.Contains(roomLocalpart) || (ByDomain.TryGetValue(userDomain, out var rooms) && rooms.Contains(roomLocalpart));
}
