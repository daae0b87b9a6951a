using System.Collections.Immutable;
using System.Net;

namespace Krewe.Contracts.Hosting;

/// <summary>
/// The process's configuration (section <c>Krewe</c>), parsed and validated at start: restart to change. Hosts have settings of their own
/// (<see cref="Hosts.HostSettings"/>), which change while the process runs.
/// </summary>
public sealed record KreweOptions
{
    public ImmutableArray<IPEndPoint> ListenC2S { get; init; } = [];

    public ImmutableArray<IPEndPoint> ListenC2STls { get; init; } = [];

    public ImmutableArray<IPEndPoint> ListenComponent { get; init; } = [];

    public ImmutableArray<IPEndPoint> ListenHttp { get; init; } = [];

    public ImmutableArray<IPEndPoint> ListenHttps { get; init; } = [];

    /// <summary>Where the grain host listens for its own kind. Not configured: chosen at the start.</summary>
    public ImmutableArray<IPEndPoint> ListenCluster { get; init; } = [];

    /// <summary>The folder of durable state, absolute.</summary>
    public required string Data { get; init; }

    /// <summary>The folder of <c>&lt;domain&gt;.json</c> host documents, absolute; null for none.</summary>
    public string? HostsFolder { get; init; }

    /// <summary>The folder of <c>&lt;domain&gt;.crt</c> and <c>.key</c>, absolute; null for none.</summary>
    public string? CertificatesFolder { get; init; }

    /// <summary>The provider's token; never logged.</summary>
    public required string AdminToken { get; init; }

    /// <summary>The file that the token was read from; null when it was configured.</summary>
    public string? AdminTokenFile { get; init; }

    public ImmutableArray<EgressAllowance> EgressAllow { get; init; } = [];

    public ImmutableArray<IPNetwork> TrustedProxies { get; init; } = [];

    public string? DefaultHost { get; init; }

    /// <summary>By when a refresh is answered, however slow the tenants' services are.</summary>
    public TimeSpan RefreshDeadline { get; init; } = TimeSpan.FromSeconds(25);

    /// <summary>How often the keys of one tenant may call the API of one process in a second; 0 for as often as they like.</summary>
    public int RequestsPerSecond { get; init; } = 300;

    /// <summary>How many hosts have a metrics label of their own; the rest is <c>other</c>.</summary>
    public int MetricsHosts { get; init; } = 100;

    /// <summary>How long it is known who changed what.</summary>
    public TimeSpan AuditKeptFor { get; init; } = TimeSpan.FromDays(90);

    public string? ExternalUrl { get; init; }

    /// <summary>Whether messages within the process may go without a grain call; off only to test and to measure the other path.</summary>
    public bool UseLocalPath { get; init; } = true;
}

/// <summary>A network, and a port of it (null for every one), that hooks may reach although it is loopback, private or link-local.</summary>
public sealed record EgressAllowance(IPNetwork Network, int? Port);
