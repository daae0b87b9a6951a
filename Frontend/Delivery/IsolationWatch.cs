using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Muc;
using Krewe.Frontend.Streams;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Krewe.Frontend.Delivery;

/// <summary>
/// When a host closes itself to other domains (contract §3, <c>isolate</c>), or opens again: what was begun before does not go on. Its users leave the rooms of others and others its own, and
/// its users and their contacts elsewhere become unavailable to each other. That nothing new crosses is seen to where stanzas are routed.
/// </summary>
internal sealed class IsolationWatch(IHostSettingsSource hosts, SessionTable sessions, IGrainFactory grains, ILogger<IsolationWatch> log) : IHostedService
{
    /// <summary>Users, and rooms, that are told at a time.</summary>
    private const int AtOnce = 32;

    private readonly Lock _gate = new();

    /// <summary>Hosts that were closed when it was last looked.</summary>
    private readonly HashSet<string> _closed = new(StringComparer.Ordinal);
    private readonly HashSet<string> _due = new(StringComparer.Ordinal);
    private readonly StreamLog _log = new(log);
    private Task _work = Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        hosts.Changed += OnChanged;
        hosts.Loaded += OnLoaded;
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        hosts.Changed -= OnChanged;
        hosts.Loaded -= OnLoaded;
        await _work.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Nobody of it has been here yet.</summary>
    private void OnLoaded(HostSettings host)
    {
        lock (_gate)
        {
            Note(host.Domain, host.Isolate);
        }
    }

    private void OnChanged(string domain, HostSettings? settings)
    {
        lock (_gate)
        {
            if (!Note(domain, settings is { Isolate: true }) || settings is null)
            {
                return;
            }

            // However often a host changes its mind, there is one to follow it, who looks at how it is.
            _due.Add(domain);
            if (_work.IsCompleted)
            {
                _work = Task.Run(WorkAsync);
            }
        }
    }

    /// <summary>Whether that is new.</summary>
    private bool Note(string domain, bool isClosed) => isClosed ? _closed.Add(domain) : _closed.Remove(domain);

    private async Task WorkAsync()
    {
        while (TakeDue() is { } domain)
        {
            try
            {
                await FollowAsync(domain);
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                _log.StepFailed("", domain, e);
            }
        }
    }

    private string? TakeDue()
    {
        lock (_gate)
        {
            var next = _due.FirstOrDefault();
            if (next is null)
            {
                // From here on somebody else has to begin.
                _work = Task.CompletedTask;
            }
            else
            {
                _due.Remove(next);
            }

            return next;
        }
    }

    private async Task FollowAsync(string domain)
    {
        if (!hosts.TryGetLoaded(domain, out var host))
        {
            return;
        }

        if (host.Isolate)
        {
            await ForEachAsync(Crossing(), static async crossing => await crossing.Session.Rooms!.LeaveAsync(crossing.Room, MucLeaveCause.OutOfReach, null, MucPayload.Empty));
        }

        var users = sessions.OfHost(domain).Select(static stream => stream.Self!.ToBare()).DistinctBy(static user => user.Bare);
        await ForEachAsync(users, user => grains.Sessions(user).IsolatedAsync(host.Isolate));
    }

    /// <summary>Places in rooms that their holders may not reach any more.</summary>
    private IEnumerable<(ISession Session, Jid Room)> Crossing() =>
        from session in sessions.All
        from room in session.Rooms?.All ?? []
        where hosts.TryFindLoaded(room.Domainpart, out var service) && !DomainScope.MayCross(session.Hosted, service)
        select (session, room);

    private Task ForEachAsync<T>(IEnumerable<T> all, Func<T, Task> tell) =>
        Parallel.ForEachAsync(all, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (one, _) =>
        {
            try
            {
                await tell(one);
            }
            catch (Exception e) when (e is TimeoutException or Orleans.Runtime.OrleansException)
            {
                // The grain's silo is lost, and with it what it would have been told.
                _log.StepFailed("", "", e);
            }
        });
}
