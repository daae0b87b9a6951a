using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Delegation;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Components;
using Krewe.Frontend.Delivery;
using Krewe.Frontend.Entities;
using Krewe.Frontend.Routing;
using Microsoft.Extensions.Logging;

namespace Krewe.Frontend.Delegation.ClientMode;

/// <summary>
/// What users have delegated themselves (XEP-0355 §5), as this process knows it: kept ones from the host's <see cref="IUserDelegationsGrain"/>, read when the host is loaded, and
/// those that last for a session of this process. Readers take no lock; a component is told before a grant of its is seen here, so it never gets a request that it cannot place.
/// </summary>
internal sealed partial class ClientGrants : IEntityObserver, IDisposable
{
    /// <summary>How soon it is noticed that a session ended and its grants with it; none is used meanwhile.</summary>
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan ReadAgainAfter = TimeSpan.FromSeconds(5);

    /// <summary>Changes that can be made at a time, each of another host.</summary>
    private const int Lanes = 16;

    private readonly ConcurrentDictionary<string, ImmutableDictionary<string, ImmutableArray<ClientGrant>>> _hosts = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim[] _lanes = [.. Enumerable.Range(0, Lanes).Select(static _ => new SemaphoreSlim(1))];
    private readonly Lock _gate = new();

    /// <summary>What each connection was told of each user.</summary>
    private readonly Dictionary<ComponentStream, Dictionary<Jid, Told>> _streams = [];

    /// <summary>The users who have delegated something to a component, by its domain.</summary>
    private readonly Dictionary<string, HashSet<Jid>> _usersOf = new(StringComparer.Ordinal);
    private readonly IGrainFactory _grains;
    private readonly IHostSettingsSource _settings;
    private readonly SessionTable _sessions;
    private readonly TimeProvider _time;
    private readonly ILogger<ClientGrants> _log;
    private readonly ITimer _timer;

    public ClientGrants(IGrainFactory grains, IHostSettingsSource settings, SessionTable sessions, TimeProvider time, ILogger<ClientGrants> log)
    {
        (_grains, _settings, _sessions, _time, _log) = (grains, settings, sessions, time, log);
        settings.Loaded += host => _ = ReadAsync(host.Domain);
        settings.Changed += OnChanged;
        foreach (var host in settings.LoadedHosts)
        {
            _ = ReadAsync(host.Domain);
        }

        _timer = time.CreateTimer(_ => DropEnded(), null, LookEvery, LookEvery);
    }

    /// <param name="Generation">Of the namespace that it was told in.</param>
    private readonly record struct Told(int Generation, ImmutableHashSet<string> Namespaces);

    /// <summary>Whether any user of the host has delegated something.</summary>
    public bool Has(string host) => _hosts.ContainsKey(host);

    /// <summary>
    /// Who answers a request in place of the server because a user has said so (XEP-0355 §5.2): the user's own to the server, and everybody's to the user, but for those of the
    /// component itself. What the host's settings delegate is not for users to delegate (specs D-079).
    /// </summary>
    /// <param name="to">Null, the host's domain or a bare JID of it.</param>
    /// <param name="name">The namespace of the payload.</param>
    public bool TryFind(IStanzaSender sender, HostSettings host, Jid? to, ReadOnlySpan<byte> name, [NotNullWhen(true)] out DelegationGrant? grant)
    {
        grant = null;
        if (!_hosts.TryGetValue(host.Domain, out var users))
        {
            return false;
        }

        var user = to is { HasLocalpart: true } ? to.Bare : sender.Address.Bare;
        foreach (var given in users.GetValueOrDefault(user, []))
        {
            if (given.IsFor(name) && IsLive(given) && sender.Domain != given.Component && !IsTheHosts(host, given.Namespace))
            {
                grant = given.Grant;
                return true;
            }
        }

        return false;
    }

    /// <summary>A user's grants that are in force.</summary>
    public ImmutableArray<ClientGrant> Of(Jid user) => GrantsOf(user).RemoveAll(grant => !IsLive(grant));

    /// <summary>Changes a user's grants and tells the components. False, and nothing is changed, when there would be too many.</summary>
    public async Task<bool> ChangeAsync(Jid user, Func<ImmutableArray<ClientGrant>, ImmutableArray<ClientGrant>> change)
    {
        var host = user.Domainpart;
        var lane = LaneOf(host);
        await lane.WaitAsync();
        try
        {
            var before = Of(user);
            var after = change(before);
            var isMore = after.Length > before.Length;
            var others = _hosts.GetValueOrDefault(host)?.Values.Sum(static grants => grants.Length) ?? 0;
            if (isMore && (after.Length > IUserDelegationsGrain.OfUserMax || others - before.Length + after.Length > IUserDelegationsGrain.OfHostMax))
            {
                return false;
            }

            var kept = KeptOf(after);
            if (!kept.AsSpan().SequenceEqual(KeptOf(before).AsSpan()) && !await _grains.UserDelegations(host).ReplaceAsync(user, kept))
            {
                return false;
            }

            Set(user, after);
            return true;
        }
        finally
        {
            lane.Release();
        }
    }

    /// <summary>The account is deleted: nothing that was delegated for it is left to whoever gets its name.</summary>
    public async Task ForgetAsync(Jid user)
    {
        await _grains.UserDelegations(user.Domainpart).ReplaceAsync(user, []);
        await ChangeAsync(user, static _ => []);
    }

    public ValueTask ConnectedAsync(IEntityStream stream)
    {
        if (stream is ComponentStream component)
        {
            lock (_gate)
            {
                _streams.Add(component, []);
                foreach (var user in _usersOf.GetValueOrDefault(component.Domain, []))
                {
                    Tell(component, user, GrantsOf(user));
                }
            }
        }

        return default;
    }

    public void Disconnected(IEntityStream stream)
    {
        if (stream is ComponentStream component)
        {
            lock (_gate)
            {
                _streams.Remove(component);
            }
        }
    }

    public void Dispose() => _timer.Dispose();

    private ImmutableArray<ClientGrant> GrantsOf(Jid user) => _hosts.TryGetValue(user.Domainpart, out var users) ? users.GetValueOrDefault(user.Bare, []) : [];

    private static ImmutableArray<UserDelegation> KeptOf(ImmutableArray<ClientGrant> grants) =>
        [.. grants.Where(static grant => grant.Session is null).Select(static grant => new UserDelegation(grant.User, grant.Component, grant.Namespace))];

    private static bool IsTheHosts(HostSettings host, string name)
    {
        foreach (var grant in host.Delegations)
        {
            if (grant.Namespace == name)
            {
                return true;
            }
        }

        return false;
    }

    private bool IsLive(ClientGrant grant) => grant.Session is not { } session || _sessions.TryGet(session, out _);

    private SemaphoreSlim LaneOf(string host) => _lanes[(uint)string.GetHashCode(host, StringComparison.Ordinal) % Lanes];

    private async Task ReadAsync(string host)
    {
        while (_settings.TryGetLoaded(host, out _))
        {
            try
            {
                await ReadOnceAsync(host);
                return;
            }
            catch (Exception e) when (e is TimeoutException or Orleans.Runtime.OrleansException)
            {
                LogUnread(host, e);
                await Task.Delay(ReadAgainAfter, _time);
            }
        }
    }

    private async Task ReadOnceAsync(string host)
    {
        var lane = LaneOf(host);
        await lane.WaitAsync();
        try
        {
            foreach (var kept in (await _grains.UserDelegations(host).ListAsync()).GroupBy(static one => one.User))
            {
                var user = kept.Key;
                var known = Of(user).RemoveAll(grant => grant.Session is null || kept.Any(one => one.Component == grant.Component && one.Namespace == grant.Namespace));
                Set(user, [.. known, .. kept.Select(static one => new ClientGrant(one.User, one.Component, one.Namespace, null))]);
            }
        }
        finally
        {
            lane.Release();
        }
    }

    /// <summary>Under the host's lane. Components first: what is forwarded to them next they know of.</summary>
    private void Set(Jid user, ImmutableArray<ClientGrant> grants)
    {
        var host = user.Domainpart;
        lock (_gate)
        {
            var users = _hosts.GetValueOrDefault(host) ?? ImmutableDictionary<string, ImmutableArray<ClientGrant>>.Empty;
            var before = users.GetValueOrDefault(user.Bare, []);
            foreach (var component in before.Concat(grants).Select(static grant => grant.Component).Distinct(StringComparer.Ordinal))
            {
                string[] had = [.. before.Where(grant => grant.Component == component).Select(static grant => grant.Namespace)];
                ImmutableArray<ClientGrant> has = [.. grants.Where(grant => grant.Component == component)];
                Note(component, user, !has.IsEmpty);
                if (!had.ToHashSet(StringComparer.Ordinal).SetEquals(has.Select(static grant => grant.Namespace)))
                {
                    LogChanged(component, host, has.Length, had.Length);
                }

                foreach (var stream in _streams.Keys.Where(stream => stream.Domain == component))
                {
                    Tell(stream, user, has);
                }
            }

            users = grants.IsEmpty ? users.Remove(user.Bare) : users.SetItem(user.Bare, grants);
            if (users.IsEmpty)
            {
                _hosts.TryRemove(host, out _);
            }
            else
            {
                _hosts[host] = users;
            }
        }
    }

    private void Note(string component, Jid user, bool isGranting)
    {
        var users = _usersOf.GetValueOrDefault(component) ?? [];
        _ = isGranting ? users.Add(user) : users.Remove(user);
        if (users.Count > 0)
        {
            _usersOf[component] = users;
        }
        else
        {
            _usersOf.Remove(component);
        }
    }

    /// <summary>What a connection may know of now, unless it does.</summary>
    private void Tell(ComponentStream stream, Jid user, ImmutableArray<ClientGrant> grants)
    {
        var host = user.Domainpart;
        var isReachable = _settings.TryGetLoaded(host, out var settings) && DomainScope.MayCross(new HostedDomain(settings, null), stream.Owner);
        ImmutableHashSet<string> now = isReachable
            ? [.. grants.Where(grant => grant.Component == stream.Domain && IsLive(grant)).Select(static grant => grant.Namespace)]
            : [];
        var told = _streams[stream];
        var before = told.GetValueOrDefault(user);
        if (now.SetEquals(before.Namespaces ?? []) && (now.IsEmpty || before.Generation == stream.DelegationGeneration))
        {
            return;
        }

        DelegationMessages.Announce(stream, host, user, now.Order(StringComparer.Ordinal));
        if (now.IsEmpty)
        {
            told.Remove(user);
        }
        else
        {
            told[user] = new Told(stream.DelegationGeneration, now);
        }
    }

    private void OnChanged(string host, HostSettings? settings)
    {
        lock (_gate)
        {
            if (settings is null && _hosts.TryRemove(host, out var gone))
            {
                foreach (var grant in gone.Values.SelectMany(static grants => grants))
                {
                    Note(grant.Component, grant.User, isGranting: false);
                }
            }

            // What a component may reach may be another now, or how it is spoken to.
            foreach (var (stream, told) in _streams)
            {
                var users = told.Keys.Concat(_usersOf.GetValueOrDefault(stream.Domain, [])).Where(user => stream.OwnerDomain == host || user.Domainpart == host);
                foreach (var user in users.Distinct().ToArray())
                {
                    Tell(stream, user, GrantsOf(user));
                }
            }
        }
    }

    /// <summary>A grant of a session ends with it, and the component hears of it (XEP-0355 §8).</summary>
    private void DropEnded()
    {
        foreach (var (_, users) in _hosts)
        {
            foreach (var grants in users.Values)
            {
                if (grants.Any(grant => !IsLive(grant)))
                {
                    _ = ChangeAsync(grants[0].User, static live => live);
                }
            }
        }
    }

    [LoggerMessage(2103, LogLevel.Information, "A user's own grants: {Component} answers {Now} namespaces for one of {Host}, {Before} before")]
    private partial void LogChanged(string component, string host, int now, int before);

    [LoggerMessage(2104, LogLevel.Warning, "What users of {Host} have delegated cannot be read yet")]
    private partial void LogUnread(string host, Exception e);
}
