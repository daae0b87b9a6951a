using System.Threading.RateLimiting;
using Krewe.Contracts.Hosting;
using Krewe.Contracts.Hosts;

namespace Krewe.Frontend.Http;

/// <summary>
/// How often each tenant's keys may call the API of this process, all together (<see cref="KreweOptions.RequestsPerSecond"/>): what is more waits for some seconds, and what is more than that is
/// refused (RFC 6585 §4). The provider is not counted, nor is the refresh, which has bounds of its own.
/// </summary>
internal sealed class TenantRequests : IDisposable
{
    /// <summary>What is not refused waits no longer.</summary>
    private const int QueueSeconds = 5;

    /// <summary>A page of an application that shows a few things at once waits for nothing.</summary>
    private const int BurstSeconds = 2;

    private const int PeriodsPerSecond = 10;

    private readonly IHostSettingsSource _hosts;
    private readonly PartitionedRateLimiter<string>? _limiter;

    public TenantRequests(KreweOptions options, IHostSettingsSource hosts)
    {
        _hosts = hosts;
        if (options.RequestsPerSecond > 0)
        {
            var inPeriod = Math.Max(1, options.RequestsPerSecond / PeriodsPerSecond);
            var bucket = new TokenBucketRateLimiterOptions
            {
                TokenLimit = options.RequestsPerSecond * BurstSeconds,
                TokensPerPeriod = inPeriod,
                ReplenishmentPeriod = TimeSpan.FromSeconds((double)inPeriod / options.RequestsPerSecond),
                QueueLimit = options.RequestsPerSecond * QueueSeconds,
            };
            _limiter = PartitionedRateLimiter.Create<string, string>(tenant => RateLimitPartition.GetTokenBucketLimiter(tenant, _ => bucket));
        }
    }

    /// <summary>True when it is the caller's turn; false when so many of the tenant's wait that it would not be soon.</summary>
    public async ValueTask<bool> TryBeginAsync(ApiCaller caller, CancellationToken cancellationToken)
    {
        if (_limiter is null || caller.IsProvider)
        {
            return true;
        }

        // Hosts of nobody's are tenants of their own.
        var tenant = caller.Tenant ?? (await _hosts.GetAsync(caller.Host!))?.Tenant;
        using var lease = await _limiter.AcquireAsync(tenant is null ? $"h:{caller.Host}" : $"t:{tenant}", 1, cancellationToken);
        return lease.IsAcquired;
    }

    public void Dispose() => _limiter?.Dispose();
}
