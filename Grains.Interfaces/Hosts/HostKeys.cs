using System.Collections.Immutable;

namespace Krewe.Contracts.Hosts;

/// <summary>What a host's or a tenant's keys may be made for (contract: HTTP API).</summary>
public static class HostKeys
{
    public const string Settings = "settings";

    public const string Accounts = "accounts";

    public const string Roster = "roster";

    public const string Muc = "muc";

    /// <summary>How many keys a host, or a tenant, may have; expired ones do not count.</summary>
    public const int KeysMax = 100;

    /// <summary>The longest name of a tenant.</summary>
    public const int TenantCharactersMax = 255;

    public static readonly ImmutableArray<string> Scopes = [Settings, Accounts, Roster, Muc];
}
