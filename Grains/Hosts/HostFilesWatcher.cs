using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Krewe.Grains.Hosts;

/// <summary>
/// Carries changes in the folder of host documents into the service. The operating system's notices only say that it is worth looking: the listing decides
/// what changed, and is made every <see cref="PollEvery"/> too, because notices get lost and some file systems send none.
/// </summary>
internal sealed partial class HostFilesWatcher(
    HostFiles files, IGrainFactory grains, IHostSettingsSource settings, TimeProvider time, ILogger<HostFilesWatcher> logger) : BackgroundService
{
    public static readonly TimeSpan PollEvery = TimeSpan.FromSeconds(10);

    /// <summary>Whoever writes a file is given this long to finish it.</summary>
    public static readonly TimeSpan SettleFor = TimeSpan.FromMilliseconds(100);

    private readonly SemaphoreSlim _notices = new(0, 1);
    private readonly SemaphoreSlim _turn = new(1);

    public override void Dispose()
    {
        base.Dispose();
        _notices.Dispose();
        _turn.Dispose();
    }

    /// <summary>
    /// Looks at the folder and has every host whose file changed read it. One at a time: whoever looks while another does would find nothing new, and go on
    /// before the other's changes are in force.
    /// </summary>
    public async Task RescanAsync()
    {
        await _turn.WaitAsync();
        try
        {
            var change = files.Rescan();
            foreach (var host in change.Hosts)
            {
                if (await TryAsync(host, ReloadAsync(host)))
                {
                    Log.Reloaded(logger, host);
                }
            }

            foreach (var domain in change.Domains)
            {
                await TryAsync(domain, ReloadClaimantAsync(domain));
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task<bool> TryAsync(string domain, Task reload)
    {
        await reload.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!reload.IsCompletedSuccessfully)
        {
            // One host that fails must not keep the others from their files. The grain reads its own at its next activation in any case.
            Log.NotReloaded(logger, domain, reload.Exception?.InnerException);
        }

        return reload.IsCompletedSuccessfully;
    }

    /// <summary>A host from the API may have lost a component to a file, or have it again.</summary>
    private async Task ReloadClaimantAsync(string domain)
    {
        if (await grains.Domain(domain).ClaimantAsync() is { } host)
        {
            await ReloadAsync(host);
        }
    }

    private async Task ReloadAsync(string domain) => settings.Apply(await grains.Host(domain).ReloadAsync());

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (files.Folder is null)
        {
            return;
        }

        using var watching = new Watching();
        while (!stoppingToken.IsCancellationRequested)
        {
            // A folder that was not there yet is looked for again at each poll.
            watching.Watcher ??= Watch(files.Folder);
            using var poll = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
            var due = Task.Delay(PollEvery, time, poll.Token);
            var notice = _notices.WaitAsync(poll.Token);
            if (await Task.WhenAny(due, notice) == notice)
            {
                await Task.Delay(SettleFor, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            await poll.CancelAsync();
            await Task.WhenAll(due, notice).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!stoppingToken.IsCancellationRequested)
            {
                await RescanAsync();
            }
        }
    }

    private FileSystemWatcher? Watch(string folder)
    {
        if (!Directory.Exists(folder))
        {
            return null;
        }

        var watcher = new FileSystemWatcher(folder);
        FileSystemEventHandler onChange = (_, _) => Notice();
        watcher.Changed += onChange;
        watcher.Created += onChange;
        watcher.Deleted += onChange;
        watcher.Renamed += (_, _) => Notice();
        watcher.Error += (_, _) => Notice();
        watcher.EnableRaisingEvents = true;
        return watcher;
    }

    private void Notice()
    {
        lock (_notices)
        {
            if (_notices.CurrentCount == 0)
            {
                _notices.Release();
            }
        }
    }

    private sealed class Watching : IDisposable
    {
        public FileSystemWatcher? Watcher { get; set; }

        public void Dispose() => Watcher?.Dispose();
    }

    private static partial class Log
    {
        [LoggerMessage(4005, LogLevel.Information, "The document file of host {Host} changed")]
        public static partial void Reloaded(ILogger logger, string host);

        [LoggerMessage(4006, LogLevel.Warning, "Host {Host} did not take its changed document file")]
        public static partial void NotReloaded(ILogger logger, string host, Exception? exception);
    }
}
