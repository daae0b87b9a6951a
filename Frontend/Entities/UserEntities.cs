using System.Collections.Concurrent;
using System.Collections.Immutable;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Sessions;
using Krewe.Frontend.Delivery;
using Krewe.Frontend.Streams;

namespace Krewe.Frontend.Entities;

/// <summary>
/// The available resources, in this process, of users to whom hosts grant something (XEP-0355 §4.2, XEP-0356 §4.2; specs D-014). What is granted to a bare JID is that of the
/// resource that became available first; when it goes, that of the next. Users whom nobody names cost a look-up when a resource becomes available.
/// </summary>
internal sealed class UserEntities : IDisposable
{
    /// <summary>Changes that can be made at a time, each of another user.</summary>
    private const int Lanes = 16;

    /// <summary>By bare JID, in the order in which they became available. Readers take no lock.</summary>
    private readonly ConcurrentDictionary<string, ImmutableArray<UserEntity>> _users = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim[] _lanes = [.. Enumerable.Range(0, Lanes).Select(static _ => new SemaphoreSlim(1))];
    private readonly GrantingHosts _granting;
    private readonly IHostSettingsSource _hosts;
    private readonly SessionTable _sessions;
    private readonly LocalRoutes _routes;
    private readonly ImmutableArray<IEntityObserver> _observers;
    private readonly TimeProvider _time;

    public UserEntities(
        GrantingHosts granting, IHostSettingsSource hosts, SessionTable sessions, LocalRoutes routes, IEnumerable<IEntityObserver> observers, TimeProvider time)
    {
        (_granting, _hosts, _sessions, _routes, _observers, _time) = (granting, hosts, sessions, routes, [.. observers], time);
        granting.Changed += OnChanged;
    }

    /// <summary>A resource has become available. Done when it was told what it is granted, which is at once for nearly everybody.</summary>
    public ValueTask AvailableAsync(C2SStream stream)
    {
        // Whoever begins to name the user looks for resources after saying so; this looks whether it was said after being available.
        Interlocked.MemoryBarrier();
        return _granting.IsNamed(stream.Self!.Bare) ? new(AddAsync(stream)) : default;
    }

    /// <summary>A resource is unavailable, or its stream has ended; more than once is no error.</summary>
    public ValueTask UnavailableAsync(C2SStream stream)
    {
        Interlocked.MemoryBarrier();
        return stream.Entity is null ? default : new(RemoveAsync(stream));
    }

    /// <summary>The resource that has what is granted to an address; null when there is none.</summary>
    public UserEntity? Find(Jid granted)
    {
        foreach (var entity in _users.GetValueOrDefault(granted.Bare, []))
        {
            if (entity.Has(granted) && entity.IsOpen)
            {
                return entity;
            }
        }

        return null;
    }

    /// <summary>Why <see cref="Find"/> finds nobody, for the operator's eyes; null when it does.</summary>
    public string? WhyNot(Jid granted)
    {
        if (Find(granted) is not null)
        {
            return null;
        }

        if (_hosts.TryFindLoaded(granted.Domainpart, out var found) && found.Component is not null)
        {
            return "the delegate's domain is a component, which is named without a localpart";
        }

        C2SStream[] streams = _routes.IsSurelyOffline(granted.Bare) ? [] : [.. StreamsOf(granted.Bare)];
        return streams.Length == 0 ? "the user is not connected"
            : granted.IsBare ? "the user has no available resource"
            : streams.Any(stream => stream.Self!.Equals(granted)) ? "the user's resource is not available"
            : "the user is connected with other resources only";
    }

    public void Dispose() => _granting.Changed -= OnChanged;

    /// <summary>A host may have begun to name a user who is there already.</summary>
    private void OnChanged(string name, string host)
    {
        if (name.Contains('@') && !_routes.IsSurelyOffline(name) && _granting.IsNamed(name))
        {
            _ = Task.Run(() => AddAllAsync(name));
        }
    }

    private async Task AddAllAsync(string user)
    {
        foreach (var stream in StreamsOf(user).Where(static stream => stream is { IsAvailable: true, Entity: null }).OrderBy(static stream => stream.AvailableSince))
        {
            await stream.RunAsideAsync(() => AddAsync(stream));
        }
    }

    private IEnumerable<C2SStream> StreamsOf(string user) => _sessions.OfHost(user[(user.IndexOf('@') + 1)..]).Where(stream => stream.Self!.Bare == user);

    private async Task AddAsync(C2SStream stream)
    {
        var user = stream.Self!.Bare;
        var lane = LaneOf(user);
        await lane.WaitAsync();
        try
        {
            if (stream.Entity is not null || !CanBe(stream))
            {
                return;
            }

            var known = _users.GetValueOrDefault(user, []);
            var entity = new UserEntity(stream, _hosts, _time.GetUtcNow(), isFirst: known.IsEmpty);
            stream.Entity = entity;
            foreach (var observer in _observers)
            {
                await observer.ConnectedAsync(entity);
            }

            // Whoever looks for it from here on sends what comes behind all that.
            _users[user] = known.Add(entity);
            entity.Begin();
            Interlocked.MemoryBarrier();
            if (!CanBe(stream))
            {
                // It went before it could be seen to be one.
                Remove(stream, user);
            }
        }
        finally
        {
            lane.Release();
        }
    }

    private async Task RemoveAsync(C2SStream stream)
    {
        var user = stream.Self!.Bare;
        var lane = LaneOf(user);
        await lane.WaitAsync();
        try
        {
            Remove(stream, user);
        }
        finally
        {
            lane.Release();
        }
    }

    /// <summary>What waits for it fails at once (specs D-048), and the next has what was granted to the bare JID.</summary>
    private void Remove(C2SStream stream, string user)
    {
        if (stream.Entity is not { } entity)
        {
            return;
        }

        var left = _users.GetValueOrDefault(user, []).Remove(entity);
        if (left.IsEmpty)
        {
            _users.TryRemove(user, out _);
        }
        else
        {
            _users[user] = left;
        }

        stream.Entity = null;
        foreach (var observer in _observers)
        {
            observer.Disconnected(entity);
        }

        if (entity.IsFirst && !left.IsEmpty)
        {
            left[0].BecomeFirst();
            foreach (var observer in _observers)
            {
                observer.Gained(left[0]);
            }
        }
    }

    private static bool CanBe(C2SStream stream) => stream is { IsAvailable: true, State: StreamState.Bound };

    private SemaphoreSlim LaneOf(string user) => _lanes[(uint)string.GetHashCode(user, StringComparison.Ordinal) % Lanes];
}
