using System.Collections.Concurrent;
using System.Collections.Immutable;
using Krewe.Contracts.Sessions;
using Microsoft.Extensions.Logging;

namespace Krewe.Grains.Sessions;

/// <summary>
/// The silo's lanes, one for each frontend that ever bound a session here. A grain appends to a lane in its turn and awaits the
/// acknowledgement outside of it; so a slow frontend delays only itself.
/// </summary>
internal sealed class FrontendLanes(TimeProvider time, ILogger<FrontendLanes> log)
{
    private readonly ConcurrentDictionary<string, FrontendLane> _lanes = new(StringComparer.Ordinal);

    /// <summary>Appends one payload for some of a frontend's sessions. The result names those that are gone; it never throws.</summary>
    public Task<ImmutableArray<long>> EnqueueAsync(FrontendRef frontend, ImmutableArray<long> sessions, DeliveryContent content)
    {
        var lane = _lanes.GetOrAdd(frontend.Name, static (_, state) => new FrontendLane(state.frontend, state.self.Forget, state.self.Time, state.self.Log), (frontend, self: this));
        return lane.EnqueueAsync(new Delivery(sessions, content));
    }

    /// <summary>
    /// A lane of its own, for a room: what waits in it, such as the entries of a thousand users, holds up nothing but that room.
    /// </summary>
    public FrontendLane Open(FrontendRef frontend, Action<FrontendLane> forget) => new(frontend, forget, time, log);

    /// <summary>A lost lane is never used again; should its frontend still be there, a new one begins.</summary>
    private void Forget(FrontendLane lane) => _lanes.TryRemove(KeyValuePair.Create(lane.FrontendName, lane));

    private TimeProvider Time => time;

    private ILogger Log => log;
}
