using System.Collections.Immutable;
using System.Net;

namespace Krewe.Contracts.Hosts;

/// <summary>
/// One virtual host's settings as everything in the process reads them: immutable, swapped by version. Made from the host document
/// (docs/host-settings.schema.json); durations in the document are seconds, sizes bytes. It never crosses a process: <see cref="HostDocument"/> does.
/// </summary>
public sealed record HostSettings
{
    /// <summary>The prepared domain; not part of the document.</summary>
    public required string Domain { get; init; }

    /// <summary>Counts up with each change of the host; not part of the document.</summary>
    public long Version { get; init; }

    public required string Tenant { get; init; }

    public bool Enabled { get; init; } = true;

    /// <summary>Tried in this order.</summary>
    public ImmutableArray<HostAuthentication> Authentication { get; init; } = [HostAuthentication.InternalHashed];

    public HttpAuthSettings? HttpAuth { get; init; }

    public JwtSettings? Jwt { get; init; }

    /// <summary>Why the stored document cannot be in force, and the host is disabled; null where it can. Not part of the document.</summary>
    public string? Fault { get; init; }

    /// <summary>The host is disabled while its data is erased. Not part of the document.</summary>
    public bool IsErasing { get; init; }

    /// <summary>When an erasure began last. Not part of the document.</summary>
    public DateTimeOffset? ErasedAt { get; init; }

    public bool C2SRequireEncryption { get; init; } = true;

    public bool AllowUnencryptedPlainAuth { get; init; }

    public int C2SStanzaSizeLimit { get; init; } = 262144;

    public int ComponentStanzaSizeLimit { get; init; } = 524288;

    public HttpRosterSettings? HttpRoster { get; init; }

    /// <summary>Networks from which <c>/roster_admin/…</c> needs no token.</summary>
    public ImmutableArray<IPNetwork> RosterAdminAllowFrom { get; init; } = [];

    /// <summary>Zero, one or, during rotation, two secrets (Standard Webhooks), decoded from <c>whsec_…</c>.</summary>
    public ImmutableArray<ReadOnlyMemory<byte>> HookSecrets { get; init; } = [];

    public bool Isolate { get; init; }

    public HostLimits Limits { get; init; } = new();

    /// <summary>The host's other domains, by the prepared domain.</summary>
    public ImmutableDictionary<string, ComponentSettings> Components { get; init; } = ImmutableDictionary<string, ComponentSettings>.Empty;

    /// <summary>Bare JIDs, of this host or of any other.</summary>
    public ImmutableHashSet<string> Admins { get; init; } = [];

    /// <summary>The namespaces that others answer (XEP-0355). Grants of one namespace stand together, those with most attributes to filter by first.</summary>
    public ImmutableArray<DelegationGrant> Delegations { get; init; } = [];

    /// <summary>Who may do what for the host's users (XEP-0356), by the prepared address.</summary>
    public ImmutableDictionary<string, EntityPrivileges> PrivilegedEntities { get; init; } = ImmutableDictionary<string, EntityPrivileges>.Empty;

    /// <summary>What a host has whose document is empty.</summary>
    public static HostSettings Default(string domain) => new() { Domain = domain, Tenant = domain };

    /// <summary>Never the secrets.</summary>
    public override string ToString() => $"{Domain} at version {Version}";
}

/// <summary>Where a host's rosters come from, and how long to wait for them and to trust them.</summary>
public sealed record HttpRosterSettings
{
    /// <summary>With <c>%s</c> for the percent-encoded localpart.</summary>
    public required string Url { get; init; }

    /// <summary>Sent as <c>Authorization</c>. Secret.</summary>
    public string? AuthorizationHeader { get; init; }

    public TimeSpan FreshFor { get; init; } = TimeSpan.Zero;

    public TimeSpan Wait { get; init; } = TimeSpan.FromSeconds(3);

    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    public TimeSpan StaleFor { get; init; } = TimeSpan.FromSeconds(604800);

    /// <summary>The times that hold where a document names none; without a URL.</summary>
    internal static HttpRosterSettings Default { get; } = new() { Url = "" };

    /// <summary>Never the secrets.</summary>
    public override string ToString() => nameof(HttpRosterSettings);
}

/// <summary>A host's limits; 0 is no limit.</summary>
public sealed record HostLimits
{
    public int SessionsPerUser { get; init; } = 20;

    public int Sessions { get; init; }

    public int StanzasPerSecond { get; init; } = 100;

    public int BytesPerSecond { get; init; } = 131072;

    public int AnonymousSessions { get; init; } = 1000;

    public int AnonymousSessionsPerAddress { get; init; } = 20;

    public int RosterItems { get; init; } = 5000;

    /// <summary>Rooms of one room service.</summary>
    public int Rooms { get; init; } = 10000;

    /// <summary>Occupants of one room.</summary>
    public int Occupants { get; init; } = 5000;

    public int HookCallsPerSecond { get; init; } = 200;

    public int HookConcurrency { get; init; } = 64;

    /// <summary>IQs of the host's users that wait for the answer of a delegate (XEP-0355).</summary>
    public int PendingIqs { get; init; } = 1000;

    public int OfflineMessages { get; init; } = 100;
}
