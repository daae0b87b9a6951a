using System.Collections.Immutable;

namespace Krewe.Contracts.Storage;

/// <summary>The named storages of grain state. What is written to a durable one is on disk when the write returns.</summary>
public static class StorageNames
{
    /// <summary>What may be lost with the process.</summary>
    public const string Memory = "memory";

    public const string Settings = "settings";

    public const string Accounts = "accounts";

    public const string Rooms = "rooms";

    /// <summary>Last good copies of rosters, and rosters that a host keeps itself.</summary>
    public const string Rosters = "rosters";

    public const string Offline = "offline";

    /// <summary>Who changed what. Outlives what it tells of.</summary>
    public const string Audit = "audit";

    public static readonly ImmutableArray<string> Durable = [Settings, Accounts, Rooms, Rosters, Offline, Audit];
}
