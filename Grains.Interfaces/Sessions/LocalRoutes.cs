using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace Krewe.Contracts.Sessions;

/// <summary>A user all of whose sessions are streams of this very process.</summary>
public sealed record LocalRoute(ImmutableArray<ResourceRoute> Resources);

/// <summary>
/// The local path (docs/ARCHITECTURE.md): what each user's sessions grain, in its turn, lets the router of the same process know, so that a message between two
/// of its streams costs no grain call. The grain removes or replaces the route before it acknowledges anything that voids it.
/// Only a process that is silo and its one frontend has one; <see cref="IsEnabled"/> is false elsewhere and in tests of the other path.
/// </summary>
public sealed class LocalRoutes(bool isEnabled)
{
    private readonly ConcurrentDictionary<string, LocalRoute> _routes = new(StringComparer.Ordinal);

    /// <summary>Whether messages may take the path.</summary>
    public bool IsEnabled { get; } = isEnabled;

    /// <summary>
    /// Whether this table holds every live user there is (one silo, one frontend): then a user who is not in it has no session. True even where
    /// <see cref="IsEnabled"/> is not.
    /// </summary>
    public bool IsComplete { get; init; } = true;

    public int Count => _routes.Count;

    public void Publish(string bareJid, LocalRoute route) => _routes[bareJid] = route;

    public void Remove(string bareJid) => _routes.TryRemove(bareJid, out _);

    public bool TryGet(string bareJid, [NotNullWhen(true)] out LocalRoute? route) => _routes.TryGetValue(bareJid, out route);

    /// <summary>True only when it is certain that the user has no session, without asking a grain.</summary>
    public bool IsSurelyOffline(string bareJid) => IsComplete && !_routes.ContainsKey(bareJid);
}
