using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Krewe.Contracts.Sessions;
using Krewe.Frontend.Components;
using Krewe.Frontend.Http;
using Krewe.Frontend.Streams;

namespace Krewe.Frontend.Delivery;

/// <summary>
/// The bound sessions of this process and its components' connections, by number. Numbers are never used twice, so a delivery cannot reach the wrong one.
/// </summary>
internal sealed class SessionTable : ISessionDirectory
{
    private readonly ConcurrentDictionary<long, ISession> _sessions = new();
    private readonly ConcurrentDictionary<long, ComponentStream> _components = new();
    private readonly ConcurrentDictionary<string, int> _counts = new(StringComparer.Ordinal);
    private long _last;

    /// <summary>This process as the silo knows it; a new name after each start.</summary>
    public string FrontendName { get; } = $"{Environment.MachineName}-{Guid.NewGuid():N}";

    public int Count => _sessions.Count;

    public long NextNumber() => Interlocked.Increment(ref _last);

    public void Add(C2SStream stream)
    {
        // A client whose bind was refused may ask again with the same number.
        if (_sessions.TryAdd(stream.Session, stream))
        {
            _counts.AddOrUpdate(stream.Domain, 1, static (_, count) => count + 1);
        }
    }

    /// <summary>Something of a component's, which counts towards no host's sessions.</summary>
    public void Add(ISession ofComponent) => _sessions.TryAdd(ofComponent.Session, ofComponent);

    public void Remove(long session)
    {
        if (_sessions.TryRemove(session, out var removed) && removed is C2SStream stream)
        {
            var left = _counts.AddOrUpdate(stream.Domain, 0, static (_, count) => count - 1);
            if (left == 0)
            {
                // Only while it is still none: a host without sessions costs nothing.
                _counts.TryRemove(KeyValuePair.Create(stream.Domain, 0));
            }
        }
    }

    /// <summary>How many sessions a host has in this process, those that are being bound included: for its limit, at each bind.</summary>
    public int CountOf(string domain) => _counts.GetValueOrDefault(domain);

    public bool TryGet(long session, [NotNullWhen(true)] out ISession? found) => _sessions.TryGetValue(session, out found);

    /// <summary>A client's session.</summary>
    public bool TryGetStream(long session, [NotNullWhen(true)] out C2SStream? stream)
    {
        stream = _sessions.TryGetValue(session, out var found) ? found as C2SStream : null;
        return stream is not null;
    }

    /// <summary>Clients' sessions, and components' addresses that are in rooms.</summary>
    public IEnumerable<ISession> All => _sessions.Select(static entry => entry.Value);

    public IEnumerable<C2SStream> OfHost(string domain) => _sessions.Values.OfType<C2SStream>().Where(stream => stream.Self?.Domainpart == domain);

    public void AddComponent(ComponentStream stream) => _components[stream.Session] = stream;

    public void RemoveComponent(long session) => _components.TryRemove(session, out _);

    public bool TryGetComponent(long session, [NotNullWhen(true)] out ComponentStream? stream) => _components.TryGetValue(session, out stream);

    public ImmutableArray<SessionListing> List(string domain) =>
        [.. OfHost(domain).Select(stream => stream.Listing).OrderBy(listing => listing.Jid)];
}
