using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Krewe.Contracts.Sessions;
using Krewe.Frontend.Http;
using Krewe.Frontend.Streams;

namespace Krewe.Frontend.Delivery;

/// <summary>The bound sessions of this process, by number. Numbers are never used twice, so a delivery cannot reach the wrong session.</summary>
internal sealed class SessionTable : ISessionDirectory
{
    private readonly ConcurrentDictionary<long, C2SStream> _sessions = new();
    private long _last;

    /// <summary>This process as the silo knows it; a new name after each start.</summary>
    public string FrontendName { get; } = $"{Environment.MachineName}-{Guid.NewGuid():N}";

    public int Count => _sessions.Count;

    public long NextNumber() => Interlocked.Increment(ref _last);

    public void Add(C2SStream stream) => _sessions[stream.Session] = stream;

    public void Remove(long session) => _sessions.TryRemove(session, out _);

    public bool TryGet(long session, [NotNullWhen(true)] out C2SStream? stream) => _sessions.TryGetValue(session, out stream);

    public IEnumerable<C2SStream> OfHost(string domain) => _sessions.Values.Where(stream => stream.Self?.Domainpart == domain);

    public ImmutableArray<SessionListing> List(string domain) =>
        [.. OfHost(domain).Select(stream => stream.Listing).OrderBy(listing => listing.Jid)];
}
