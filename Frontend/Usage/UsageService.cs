using System.Collections.Immutable;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Usage;
using Krewe.Frontend.Delivery;
using Krewe.Frontend.Observability;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Krewe.Frontend.Usage;

/// <summary>
/// Reports what this process counted about each host to the host's usage: every minute, before somebody reads it, and at the end. A process that dies loses at most that minute; a host about
/// which nothing was counted costs nothing.
/// </summary>
internal sealed partial class UsageService(
    FrontendInstruments instruments, SessionTable sessions, IGrainFactory grains, IHostSettingsSource hosts, TimeProvider time, ILogger<UsageService> log)
    : BackgroundService, IHostedLifecycleService
{
    /// <summary>Hosts that are reported at a time: few, so that nobody notices, and at the end as many as get done in time.</summary>
    private const int AtOnce = 4;
    private const int AtOnceAtTheEnd = 64;

    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private readonly UsageReporter _reporter = new(sessions.FrontendName, grains);
    private readonly UsageMeters _meters = new(instruments);

    /// <summary>Sessions of the host in this process.</summary>
    public int SessionsOf(string host) => sessions.CountOf(host);

    /// <summary>Brings the host's usage up to date, as far as this process knows.</summary>
    public async Task ReportAsync(string host)
    {
        // First: what was counted of a host that was removed is forgotten as that is told, perhaps by another thread at this moment.
        await hosts.GetAsync(host);
        await Task.Run(hosts.WaitUntilTold);
        var meter = _meters.Of(host);
        await meter.Turn.WaitAsync();
        try
        {
            var isThere = await hosts.GetAsync(host) is not null;
            var day = UsageDates.Day(time.GetUtcNow());
            if (isThere)
            {
                await _reporter.ReportAsync(host, () => meter.Take(day, sessions.CountOf(host)));
            }
            else
            {
                Drop(host);
            }
        }
        finally
        {
            meter.Turn.Release();
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
    public Task StoppingAsync(CancellationToken cancellationToken) => ReportAllAsync(AtOnceAtTheEnd, cancellationToken);

    /// <summary>What was counted since is little.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        hosts.Changed -= OnChanged;
        await base.StopAsync(cancellationToken);
        await ReportAllAsync(AtOnceAtTheEnd, cancellationToken);
    }

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await ReportAllAsync(AtOnce, stoppingToken);
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
        _meters.Drop(host);
        _reporter.Forget(host);
    }

    private async Task ReportAllAsync(int atOnce, CancellationToken stopping)
    {
        var day = UsageDates.Day(time.GetUtcNow());
        ImmutableArray<string> due = [.. _meters.Due(day).Concat(_reporter.Unanswered).Distinct(StringComparer.Ordinal)];
        try
        {
            await Parallel.ForEachAsync(due, new ParallelOptions { MaxDegreeOfParallelism = atOnce, CancellationToken = stopping }, async (host, _) => await TryReportAsync(host));
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            LogUnfinished(due.Length);
        }
    }

    private async Task TryReportAsync(string host)
    {
        try
        {
            await ReportAsync(host);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            LogFailed(host, e);
        }
    }

    [LoggerMessage(1401, LogLevel.Warning, "The usage of {Host} could not be written; it will be with the next")]
    private partial void LogFailed(string host, Exception e);

    [LoggerMessage(1402, LogLevel.Information, "Stopped while the usage of {Hosts} hosts was written")]
    private partial void LogUnfinished(int hosts);
}
