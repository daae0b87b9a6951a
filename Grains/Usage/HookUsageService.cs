using Krewe.Contracts.Hosts;
using Krewe.Contracts.Usage;
using Krewe.Grains.Outbound;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Krewe.Grains.Usage;

/// <summary>Reports this silo's hook calls to the hosts' usage: every minute, before somebody reads it, and at the end.</summary>
internal sealed partial class HookUsageService(OutboundHttp http, IGrainFactory grains, IHostSettingsSource hosts, TimeProvider time, ILogger<HookUsageService> log)
    : BackgroundService, IHostedLifecycleService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private readonly UsageReporter _reporter = new($"hooks-{Guid.NewGuid():N}", grains);
    private readonly SemaphoreSlim _turn = new(1);

    public async Task ReportAsync(string host)
    {
        await _turn.WaitAsync();
        try
        {
            var settings = await hosts.GetAsync(host);
            hosts.WaitUntilTold();
            if (settings is null)
            {
                Drop(host);
                return;
            }

            await _reporter.ReportAsync(host, () => http.Usage.Take(host));
        }
        finally
        {
            _turn.Release();
        }
    }

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        hosts.Changed += OnChanged;
        return base.StartAsync(cancellationToken);
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>The streams are over, and nothing else has been stopped that may take its time.</summary>
    public Task StoppingAsync(CancellationToken cancellationToken) => ReportAllAsync(cancellationToken);

    /// <summary>What was counted since is little.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        hosts.Changed -= OnChanged;
        await base.StopAsync(cancellationToken);
        await ReportAllAsync(cancellationToken);
    }

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Dispose()
    {
        _turn.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await ReportAllAsync(stoppingToken);
        }
    }

    /// <summary>What was counted of a host that is removed is nobody's. Not when a host comes to be loaded: its first login may be counted by then.</summary>
    private void OnChanged(string host, HostSettings? settings)
    {
        if (settings is null)
        {
            Drop(host);
        }
    }

    private void Drop(string host)
    {
        http.Usage.Take(host);
        _reporter.Forget(host);
    }

    private async Task ReportAllAsync(CancellationToken stopping)
    {
        foreach (var host in http.Usage.Hosts.Concat(_reporter.Unanswered).Distinct(StringComparer.Ordinal))
        {
            if (stopping.IsCancellationRequested)
            {
                return;
            }

            try
            {
                await ReportAsync(host);
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                LogFailed(host, e);
            }
        }
    }

    [LoggerMessage(2002, LogLevel.Warning, "The hook calls of {Host} could not be added to its usage; they will be with the next")]
    private partial void LogFailed(string host, Exception e);
}
