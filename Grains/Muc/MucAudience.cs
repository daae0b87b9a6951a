using System.Collections.Immutable;
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
    private readonly Dictionary<string, (FrontendRef Frontend, List<MucVisit> Visits)> _visits = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ImmutableArray<long>> _everybody = new(StringComparer.Ordinal);

    public void Add(MucVisit visit)
    {
        var frontend = visit.Session.Frontend;
        if (!_visits.TryGetValue(frontend.Name, out var there))
        {
            _visits.Add(frontend.Name, there = (frontend, []));
        }

        there.Visits.Add(visit);
        _everybody.Remove(frontend.Name);
    }

    public void Remove(MucVisit visit)
    {
        var name = visit.Session.Frontend.Name;
        if (_visits.TryGetValue(name, out var there) && there.Visits.Remove(visit))
        {
            _everybody.Remove(name);
            if (there.Visits.Count == 0)
            {
                // Its lane stays: what is sent there later must not pass what waits in it.
                _visits.Remove(name);
            }
        }
    }

    /// <summary>To every session in the room.</summary>
    public Task ToAllAsync(DeliveryContent content)
    {
        var sent = new Sent();
        foreach (var (name, (frontend, visits)) in _visits)
        {
            if (!_everybody.TryGetValue(name, out var sessions))
            {
                _everybody.Add(name, sessions = visits.ConvertAll(visit => visit.Session.Session).ToImmutableArray());
            }

            sent.Add(SendAsync(frontend, sessions, content));
        }

        return sent.Whole;
    }

    /// <summary>To each session what <paramref name="choose"/> says, in as few deliveries as there are different contents: the same content is the same object.</summary>
    public Task ToEachAsync(Func<MucVisit, DeliveryContent?> choose)
    {
        var sent = new Sent();
        foreach (var (frontend, visits) in _visits.Values)
        {
            var groups = new List<(DeliveryContent Content, ImmutableArray<long>.Builder Sessions)>(3);
            foreach (var visit in visits)
            {
                if (choose(visit) is not { } content)
                {
                    continue;
                }

                var group = groups.FindIndex(one => ReferenceEquals(one.Content, content));
                if (group < 0)
                {
                    group = groups.Count;
                    groups.Add((content, ImmutableArray.CreateBuilder<long>()));
                }

                groups[group].Sessions.Add(visit.Session.Session);
            }

            foreach (var (content, sessions) in groups)
            {
                sent.Add(SendAsync(frontend, sessions.DrainToImmutable(), content));
            }
        }

        return sent.Whole;
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
