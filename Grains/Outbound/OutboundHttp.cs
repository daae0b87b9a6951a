using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net.Http;
using Krewe.Contracts.Outbound;
using Krewe.Grains.Usage;
using Microsoft.Extensions.Logging;

namespace Krewe.Grains.Outbound;

/// <summary>
/// The only way out of the process by HTTP: one handler for all hooks, which follows no redirect, uses no proxy and keeps no cookie, one more for those whose
/// certificates are not verified, and one <see cref="HookPipeline"/> for each hook of each host, made at first use and forgotten when idle.
/// </summary>
internal sealed partial class OutboundHttp : IDisposable
{
    /// <summary>Beyond this the pipelines that were used longest ago make room.</summary>
    private const int PipelinesMax = 20_000;

    private static readonly TimeSpan PipelineIdleMax = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan SweepEvery = TimeSpan.FromMinutes(1);

    /// <summary>A name is resolved and judged anew at least this often.</summary>
    private static readonly TimeSpan ConnectionLifetime = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan ConnectionIdleMax = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan ConnectMax = TimeSpan.FromSeconds(3);
    private const int HeaderKilobytesMax = 16;
    private const int DrainBytesMax = 65536;

    private readonly ConcurrentDictionary<(string Host, string Hook, string Part), HookPipeline> _pipelines = new();
    private readonly Dictionary<string, HookHost> _hosts = new(StringComparer.Ordinal);
    private readonly HookDestinations _destinations = new();
    private readonly NameLookups _lookups;
    private readonly HookCallLog _log;
    private readonly Lock _making = new();
    private readonly TimeProvider _time;
    private readonly ILogger<OutboundHttp> _logger;
    private readonly HttpMessageInvoker _verifying;
    private readonly Lazy<HttpMessageInvoker> _trusting;
    private long _swept;

    public OutboundHttp(EgressPolicy egress, TimeProvider time, ILogger<OutboundHttp> logger)
    {
        _time = time;
        _logger = logger;
        _swept = time.GetTimestamp();
        _log = new HookCallLog(time);
        _lookups = new NameLookups(System.Net.Dns.GetHostAddresses, time);
        var connector = new EgressConnector(egress, _lookups);
        _verifying = Invoker(connector, isVerifying: true);
        _trusting = new(() => Invoker(connector, isVerifying: false));
    }

    /// <summary>How many pipelines there are.</summary>
    public int PipelineCount => _pipelines.Count;

    /// <summary>Calls a hook. Always ends by the endpoint's deadline, always with a value.</summary>
    public async ValueTask<HookResponse> CallAsync(HookEndpoint endpoint, HookRequest request)
    {
        var response = await Pipeline(endpoint).CallAsync(request);
        HookInstruments.Called(endpoint, response);
        _log.Note(endpoint, response);
        Usage.Note(endpoint, response);
        if (response.Outcome is not (HookOutcome.Ok or HookOutcome.NotModified))
        {
            LogFailed(endpoint.Hook, endpoint.Host, response.Name, response.Status, response.Elapsed.TotalMilliseconds);
        }

        return response;
    }

    /// <summary>Calls that no host's usage has yet.</summary>
    public HookUsage Usage { get; } = new();

    /// <summary>What became of a host's calls of late.</summary>
    public ImmutableArray<HookLog> Log(string host) =>
        _log.Of(host, (hook, part) => _pipelines.TryGetValue((host, hook, part), out var pipeline) && pipeline.IsResting);

    // The handler alone holds resources; a limiter that is dropped would fail the calls that wait in it.
    public void Dispose()
    {
        _lookups.Dispose();
        _verifying.Dispose();
        if (_trusting.IsValueCreated)
        {
            _trusting.Value.Dispose();
        }
    }

    private static HttpMessageInvoker Invoker(EgressConnector connector, bool isVerifying)
    {
        var handler = new SocketsHttpHandler
        {
            ConnectCallback = connector.ConnectAsync,
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,

            // None is asked for: nothing small can unpack into something huge.
            AutomaticDecompression = System.Net.DecompressionMethods.None,
            ConnectTimeout = ConnectMax,
            PooledConnectionLifetime = ConnectionLifetime,
            PooledConnectionIdleTimeout = ConnectionIdleMax,
            MaxResponseHeadersLength = HeaderKilobytesMax,
            MaxResponseDrainSize = DrainBytesMax,

            // Trace headers would tell tenants about each other's traffic.
            ActivityHeadersPropagator = null,
        };
        if (isVerifying)
        {
            handler.SslOptions.RemoteCertificateValidationCallback = CertificateRefusedException.Judge;
        }
        else
        {
#pragma warning disable CA5359 // The provider, and nobody else, may say that a hook's certificate does not matter.
            handler.SslOptions.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359
        }

#pragma warning disable RS0030 // The one place that all others are sent to.
        return new HttpMessageInvoker(handler);
#pragma warning restore RS0030
    }

    private HookPipeline Pipeline(HookEndpoint endpoint)
    {
        var key = (endpoint.Host, endpoint.Hook, endpoint.Part);
        if (_pipelines.TryGetValue(key, out var known) && known.Endpoint == endpoint)
        {
            return known;
        }

        lock (_making)
        {
            if (_pipelines.TryGetValue(key, out known) && known.Endpoint == endpoint)
            {
                return known;
            }

            Sweep();

            // Calls in a pipeline that is replaced end in it.
            return _pipelines[key] = new HookPipeline(endpoint, Host(endpoint), _destinations, new HookAttempt(endpoint.IsInsecure ? _trusting.Value : _verifying, _time), _time);
        }
    }

    /// <summary>Under the lock. Calls under way end by the limits that they began with.</summary>
    private HookHost Host(HookEndpoint endpoint) =>
        _hosts.TryGetValue(endpoint.Host, out var known) && known.Fits(endpoint) ? known : _hosts[endpoint.Host] = new HookHost(endpoint, _time);

    private void Sweep()
    {
        var isFull = _pipelines.Count >= PipelinesMax;
        if (!isFull && _time.GetElapsedTime(_swept) < SweepEvery)
        {
            return;
        }

        _swept = _time.GetTimestamp();
        foreach (var (key, pipeline) in _pipelines)
        {
            if (!pipeline.IsUnderWay && _time.GetElapsedTime(pipeline.LastUsed) > PipelineIdleMax)
            {
                _pipelines.TryRemove(new(key, pipeline));
            }
        }

        if (_pipelines.Count >= PipelinesMax)
        {
            foreach (var (key, pipeline) in _pipelines.OrderBy(each => each.Value.LastUsed).Take(PipelinesMax / 4).ToArray())
            {
                _pipelines.TryRemove(new(key, pipeline));
            }
        }

        var inUse = _pipelines.Keys.Select(static key => key.Host).ToHashSet(StringComparer.Ordinal);
        foreach (var host in _hosts.Keys.Where(host => !inUse.Contains(host)).ToArray())
        {
            _hosts.Remove(host);
        }
    }

    [LoggerMessage(2001, LogLevel.Information, "Hook {Hook} of {Host}: {Outcome} (status {Status}) after {Milliseconds:F0} ms")]
    private partial void LogFailed(string hook, string host, string outcome, int status, double milliseconds);
}
