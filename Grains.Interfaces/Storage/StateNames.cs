namespace Krewe.Contracts.Storage;

/// <summary>
/// The names of grain states. They, and not the names of classes, are part of a state's key in the storage: permanent, while classes may be renamed.
/// </summary>
public static class StateNames
{
    /// <summary>In <see cref="StorageNames.Settings"/>, by domain. Cleared when the host is removed, so that the keys are the list of hosts.</summary>
    public const string Host = "host";

    /// <summary>In <see cref="StorageNames.Settings"/>, by domain: earlier versions of a host's document. Cleared when the host is removed.</summary>
    public const string HostHistory = "host-history";

    /// <summary>In <see cref="StorageNames.Settings"/>: the provider's defaults for all hosts.</summary>
    public const string HostDefaults = "host-defaults";
    /// <summary>In <see cref="StorageNames.Settings"/>, by the key of <see cref="Hosts.IKeyRingGrain"/>. Cleared when there are no keys.</summary>
    public const string Keys = "keys";

    /// <summary>In <see cref="StorageNames.Settings"/>, by domain: whose component it is. Cleared when the host gives it back.</summary>
    public const string Domain = "domain";

    /// <summary>In <see cref="StorageNames.Settings"/>, by domain: what the host's users have delegated. Cleared when that is nothing.</summary>
    public const string UserDelegations = "user-delegations";

    /// <summary>In <see cref="StorageNames.Settings"/>, by domain: what the host has used. Cleared when the host is removed.</summary>
    public const string Usage = "usage";

    /// <summary>In <see cref="StorageNames.Settings"/>, by domain, slash and month: the days of it. Cleared with <see cref="Usage"/>, and when they are too old.</summary>
    public const string UsageMonth = "usage-month";

    /// <summary>In <see cref="StorageNames.Settings"/>, by domain: the host's certificate with its private key. Cleared when there is none.</summary>
    public const string Certificate = "certificate";

    /// <summary>In <see cref="StorageNames.Accounts"/>, by bare JID. Cleared when the account is deleted, so that the keys are the list of accounts.</summary>
    public const string Account = "account";

    /// <summary>In <see cref="StorageNames.Rosters"/>, by the user's bare JID. Cleared when the user's data is erased.</summary>
    public const string Roster = "roster";

    /// <summary>In <see cref="StorageNames.Offline"/>, by bare JID.</summary>
    public const string Offline = "offline";

    /// <summary>In <see cref="StorageNames.Rooms"/>, by the room's bare JID. Cleared when the room is destroyed or made temporary.</summary>
    public const string Room = "room";

    /// <summary>In <see cref="StorageNames.Rooms"/>, by a room service's domain.</summary>
    public const string RoomService = "room-service";

    /// <summary>In <see cref="StorageNames.Audit"/>, by the key of <see cref="Audit.IAuditLogGrain"/>. Cleared when nothing in it is young enough to be kept.</summary>
    public const string AuditLog = "audit-log";

    /// <summary>In <see cref="StorageNames.Audit"/>, by the key of <see cref="Audit.IAuditPageGrain"/>.</summary>
    public const string AuditPage = "audit-page";
}
