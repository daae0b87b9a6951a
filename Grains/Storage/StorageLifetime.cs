using Microsoft.Extensions.Hosting;

namespace Krewe.Grains.Storage;

/// <summary>
/// Opens the database with the host, so that a bad one stops the start, and closes it when everything else has stopped, so that grains still
/// write while they deactivate.
/// </summary>
internal sealed class StorageLifetime(SqliteDatabase database) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => database.DisposeAsync().AsTask();
}
