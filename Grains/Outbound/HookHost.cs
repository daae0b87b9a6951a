using System.Net.Http;
using System.Threading.RateLimiting;

namespace Krewe.Grains.Outbound;

/// <summary>What all hooks of one virtual host have in common: however many of them a document names, together they may do what so many may.</summary>
internal sealed class HookHost
{
    /// <summary>How many hooks' worth of calls a host may make: rosters, sign-ins, rooms and a namespace, each at its limit.</summary>
    public const int HooksMax = 4;

    /// <summary>How many of the host's calls may wait for one of those places.</summary>
    private const int QueuedCallsMax = 10_000;

    /// <summary>With a request on its way to the connection that is made for it.</summary>
    public static readonly HttpRequestOptionsKey<HookHost> OfRequest = new("krewe.host");

    public HookHost(HookEndpoint endpoint, TimeProvider time)
    {
        (Domain, Concurrency, CallsPerSecond) = (endpoint.Host, endpoint.Concurrency, endpoint.CallsPerSecond);
        Rate = CallsPerSecond > 0 ? new HookRate(HooksMax * (long)CallsPerSecond, time) : null;
        Places = Concurrency > 0 ? Limiter(HooksMax * (long)Concurrency, QueuedCallsMax) : null;
    }

    public string Domain { get; }

    public int Concurrency { get; }

    public int CallsPerSecond { get; }

    /// <summary>Null for no limit.</summary>
    public HookRate? Rate { get; }

    /// <summary>Null for no limit.</summary>
    public ConcurrencyLimiter? Places { get; }

    /// <summary>Names that may be looked up at a time.</summary>
    public SemaphoreSlim Lookups { get; } = new(NameLookups.OfHostMax);

    /// <summary>Whether it is of the same host with the same limits.</summary>
    public bool Fits(HookEndpoint endpoint) => Concurrency == endpoint.Concurrency && CallsPerSecond == endpoint.CallsPerSecond;

    public static ConcurrencyLimiter Limiter(long places, int queued) => new(new()
    {
        PermitLimit = (int)Math.Min(int.MaxValue, places), QueueLimit = queued, QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
    });
}
