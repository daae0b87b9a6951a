using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Krewe.Contracts.Muc;
using Krewe.Contracts.Sessions;
using Krewe.Grains.Sessions;

namespace Krewe.Grains.Muc;

/// <summary>
/// Whom a room speaks to: one delivery with one payload for each frontend, however many of its sessions get it, in a lane of the room's own.
/// </summary>
internal sealed class MucAudience(FrontendLanes lanes, Action<FrontendRef, ImmutableArray<long>> onGone)
{
    private readonly Dictionary<string, FrontendLane> _lanes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Listeners> _listeners = new(StringComparer.Ordinal);

    /// <summary>The sessions of one frontend, in no order.</summary>
    private sealed class Listeners(FrontendRef frontend)
    {
        public FrontendRef Frontend { get; } = frontend;

        public List<MucVisit> Visits { get; } = [];

        /// <summary>All of them, as they are sent; default when somebody has come or gone since.</summary>
        public ImmutableArray<long> Everybody { get; set; }
    }

    public void Add(MucVisit visit)
    {
        var frontend = visit.Session.Frontend;
        if (!_listeners.TryGetValue(frontend.Name, out var there))
        {
            _listeners.Add(frontend.Name, there = new Listeners(frontend));
        }

        visit.Place = there.Visits.Count;
        there.Visits.Add(visit);
        there.Everybody = default;
    }

    /// <summary>Nothing for one who is not in it.</summary>
    public void Remove(MucVisit visit)
    {
        var name = visit.Session.Frontend.Name;
        if (visit.Place is not { } place || !_listeners.TryGetValue(name, out var there))
        {
            return;
        }

        // The last one takes the free place: a room of thousands is not walked through for each who leaves.
        var last = there.Visits[^1];
        there.Visits[place] = last;
        last.Place = place;
        visit.Place = null;
        there.Visits.RemoveAt(there.Visits.Count - 1);
        there.Everybody = default;
        if (there.Visits.Count == 0)
        {
            // Its lane stays: what is sent there later must not pass what waits in it.
            _listeners.Remove(name);
        }
    }

    /// <summary>Takes sessions of a frontend out that are no more.</summary>
    public IReadOnlyList<MucVisit> Take(FrontendRef frontend, ImmutableArray<long> sessions)
    {
        if (!_listeners.TryGetValue(frontend.Name, out var there))
        {
            return [];
        }

        var gone = sessions.ToHashSet();
        var taken = there.Visits.FindAll(visit => gone.Contains(visit.Session.Session));
        taken.ForEach(Remove);
        return taken;
    }

    /// <summary>To every session in the room.</summary>
    public Task ToAllAsync(DeliveryContent content)
    {
        var sent = new Sent();
        foreach (var there in _listeners.Values)
        {
            if (there.Everybody.IsDefault)
            {
                var sessions = new long[there.Visits.Count];
                for (var i = 0; i < sessions.Length; i++)
                {
                    sessions[i] = there.Visits[i].Session.Session;
                }

                there.Everybody = ImmutableCollectionsMarshal.AsImmutableArray(sessions);
            }

            sent.Add(SendAsync(there.Frontend, there.Everybody, content));
        }

        return sent.Whole;
    }

    /// <summary>To each session what <paramref name="choose"/> says, in as few deliveries as there are different contents: the same content is the same object.</summary>
    public Task ToEachAsync(Func<MucVisit, DeliveryContent?> choose)
    {
        var sent = new Sent();
        var groups = new List<(DeliveryContent Content, ImmutableArray<long>.Builder Sessions)>(3);
        foreach (var there in _listeners.Values)
        {
            groups.Clear();
            foreach (var visit in there.Visits)
            {
                if (choose(visit) is { } content)
                {
                    SessionsOf(content, groups, there.Visits.Count).Add(visit.Session.Session);
                }
            }

            foreach (var (content, sessions) in groups)
            {
                sent.Add(SendAsync(there.Frontend, sessions.DrainToImmutable(), content));
            }
        }

        return sent.Whole;
    }

    /// <summary>Of the few groups, the one with this content.</summary>
    private static ImmutableArray<long>.Builder SessionsOf(DeliveryContent content, List<(DeliveryContent Content, ImmutableArray<long>.Builder Sessions)> groups, int sessionsMax)
    {
        foreach (var (other, sessions) in groups)
        {
            if (ReferenceEquals(other, content))
            {
                return sessions;
            }
        }

        // The first is mostly nearly everybody's.
        var fresh = groups.Count == 0 ? ImmutableArray.CreateBuilder<long>(sessionsMax) : ImmutableArray.CreateBuilder<long>();
        groups.Add((content, fresh));
        return fresh;
    }

    public Task ToAsync(MucSession session, DeliveryContent content) => SendAsync(session.Frontend, [session.Session], content);

    public Task ToAsync(IEnumerable<MucVisit> visits, DeliveryContent content)
    {
        var sent = new Sent();
        foreach (var visit in visits)
        {
            sent.Add(ToAsync(visit.Session, content));
        }

        return sent.Whole;
    }

    private Task SendAsync(FrontendRef frontend, ImmutableArray<long> sessions, DeliveryContent content)
    {
        if (!_lanes.TryGetValue(frontend.Name, out var lane))
        {
            lane = lanes.Open(frontend, Forget);
            _lanes.Add(frontend.Name, lane);
        }

        var delivered = lane.EnqueueAsync(new Delivery(sessions, content));
        if (lane.IsLost)
        {
            _lanes.Remove(frontend.Name);
        }

        return ReportGoneAsync(frontend, delivered);
    }

    private async Task ReportGoneAsync(FrontendRef frontend, Task<ImmutableArray<long>> delivered)
    {
        var gone = await delivered;
        if (!gone.IsEmpty)
        {
            onGone(frontend, gone);
        }
    }

    /// <summary>A lane is lost on another thread than the grain's: it is replaced when something is sent next.</summary>
    private static void Forget(FrontendLane lane)
    {
    }

    /// <summary>What was sent, as one task, without a list where it is only one.</summary>
    private struct Sent()
    {
        private List<Task>? _more;

        public Task Whole => _more is null ? _first : Task.WhenAll(_more);

        private Task _first = Task.CompletedTask;

        public void Add(Task task)
        {
            if (_first.IsCompletedSuccessfully && _more is null)
            {
                _first = task;
                return;
            }

            (_more ??= [_first]).Add(task);
        }
    }
}
