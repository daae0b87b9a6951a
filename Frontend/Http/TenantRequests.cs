using System.Threading.RateLimiting;
using Krewe.Contracts.Hosting;
using Krewe.Contracts.Hosts;

namespace Krewe.Frontend.Http;

/// <summary>
/// How often each tenant's keys may call the API of this process, all together (<see cref="KreweOptions.RequestsPerSecond"/>): what is more waits for some seconds, and what is more than that is
/// refused (RFC 6585 §4). The provider is not counted. Refreshes, which applications may make for each change of each contact, have a share of their own, ten times as large.
/// </summary>
internal sealed class TenantRequests : IDisposable
{
    /// <summary>What is not refused waits no longer.</summary>
    private const int QueueSeconds = 5;

    /// <summary>A page of an application that shows a few things at once waits for nothing.</summary>
    private const int BurstSeconds = 2;

    private const int PeriodsPerSecond = 10;

    private readonly IHostSettingsSource _hosts;
    /// <summary>As many refreshes as other requests.</summary>
    private const int RefreshesForEach = 10;

    private readonly PartitionedRateLimiter<string>? _requests;
    private readonly PartitionedRateLimiter<string>? _refreshes;

    public TenantRequests(KreweOptions options, IHostSettingsSource hosts)
    {
        _hosts = hosts;
        if (options.RequestsPerSecond > 0)
        {
            _requests = Limiter(options.RequestsPerSecond);
            _refreshes = Limiter(options.RequestsPerSecond * RefreshesForEach);
        }
    }

    /// <summary>True when it is the caller's turn; false when so many of the tenant's wait that it would not be soon.</summary>
    public async ValueTask<bool> TryBeginAsync(ApiCaller caller, bool isRefresh, CancellationToken cancellationToken)
    {
        if ((isRefresh ? _refreshes : _requests) is not { } limiter || caller.IsProvider)
        {
            return true;
        }

        // Hosts of nobody's are tenants of their own.
        var tenant = caller.Tenant ?? (await _hosts.GetAsync(caller.Host!))?.Tenant;
        using var lease = await limiter.AcquireAsync(tenant is null ? $"h:{caller.Host}" : $"t:{tenant}", 1, cancellationToken);
        return lease.IsAcquired;
    }

    public void Dispose()
    {
        _requests?.Dispose();
        _refreshes?.Dispose();
    }

    private static PartitionedRateLimiter<string> Limiter(int perSecond)
    {
        var inPeriod = Math.Max(1, perSecond / PeriodsPerSecond);
        var bucket = new TokenBucketRateLimiterOptions
        {
            TokenLimit = perSecond * BurstSeconds,
            TokensPerPeriod = inPeriod,
            ReplenishmentPeriod = TimeSpan.FromSeconds((double)inPeriod / perSecond),
            QueueLimit = perSecond * QueueSeconds,
        };
        return PartitionedRateLimiter.Create<string, string>(tenant => RateLimitPartition.GetTokenBucketLimiter(tenant, _ => bucket));
    }
}
