using Krewe.Frontend.Http;

namespace Krewe.Silo;

/// <summary>
/// Tells <see cref="Readiness"/> how far the start has come. The host opens the storage before it starts anything, then starts its services in their order: the grain
/// host's before this one, the listeners last.
/// </summary>
internal sealed class StartReports(Readiness readiness) : IHostedLifecycleService
{
    private const string Storage = "storage";
    private const string Grains = "grain_host";
    private const string Listeners = "listeners";

    /// <summary>What this tells of.</summary>
    public static readonly string[] Parts = [Storage, Grains, Listeners];

    public Task StartingAsync(CancellationToken cancellationToken)
    {
        readiness.Report(Storage, true);
        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        readiness.Report(Grains, true);
        return Task.CompletedTask;
    }

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        readiness.Report(Listeners, true);
        return Task.CompletedTask;
    }

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
