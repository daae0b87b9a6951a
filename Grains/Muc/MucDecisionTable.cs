using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Krewe.Contracts.Muc;

namespace Krewe.Grains.Muc;

/// <summary>
/// Users in rooms, each as long as a decision may be remembered or the user is there, in two orders: by room and user, and by user and room. What has run out goes
/// a few at a time.
/// </summary>
/// <remarks>Whoever is not there waits in the queue to run out, once, perhaps under an earlier time than his present one; so nothing is ever looked for in it.</remarks>
internal sealed class MucDecisionTable
{
    public const int PageMax = 1000;

    private readonly SortedSet<Place> _byRoom = new(Comparer<Place>.Create((x, y) => Compare(x.Room, x.User, y.Room, y.User)));
    private readonly SortedSet<Place> _byUser = new(Comparer<Place>.Create((x, y) => Compare(x.User, x.Room, y.User, y.Room)));
    private readonly PriorityQueue<Place, DateTimeOffset> _queue = new();
    private int _absent;

    public int Count => _byRoom.Count;

    /// <summary>Those who are not there, and whose number nothing else bounds.</summary>
    public int AbsentCount => _absent;

    /// <summary>Somebody may hold a decision until then, if not longer already.</summary>
    public void Hold(string room, string user, DateTimeOffset until)
    {
        var place = GetOrAdd(room, user);
        place.Until = until > place.Until ? until : place.Until;
        Queue(place);
    }

    public void Enter(string room, string user)
    {
        var place = GetOrAdd(room, user);
        _absent -= place.IsPresent ? 0 : 1;
        place.IsPresent = true;
    }

    public void Leave(string room, string user)
    {
        if (!_byRoom.TryGetValue(new(room, user), out var place) || !place.IsPresent)
        {
            return;
        }

        place.IsPresent = false;
        _absent++;
        Queue(place);
    }

    /// <summary>Removes at most so many that have run out; how many it looked at.</summary>
    public int Sweep(DateTimeOffset now, int max)
    {
        var seen = 0;
        while (seen < max && _queue.TryPeek(out var place, out var due) && due <= now)
        {
            _queue.Dequeue();
            seen++;
            Settle(place, now);
        }

        return seen;
    }

    /// <summary>Removes, of those who are not there, the one whose decision would run out first.</summary>
    public bool TryRemoveFirst([NotNullWhen(true)] out MucDecisionPlace? removed)
    {
        while (_queue.TryDequeue(out var place, out var due))
        {
            if (Settle(place, due))
            {
                removed = new(place.Room, place.User, false);
                return true;
            }
        }

        removed = null;
        return false;
    }

    public ImmutableArray<MucDecisionPlace> Find(string? room, string? user, MucDecisionPlace? after, int limit, DateTimeOffset now)
    {
        var page = ImmutableArray.CreateBuilder<MucDecisionPlace>();
        limit = Math.Clamp(limit, 1, PageMax);
        foreach (var place in Range(room, user, after))
        {
            if (page.Count == limit || (room is not null && place.Room != room) || (user is not null && place.User != user))
            {
                break;
            }

            if ((place.IsPresent || place.Until > now) && (after is null || Compare(place.Room, place.User, after.Room, after.User) > 0))
            {
                page.Add(new(place.Room, place.User, place.IsPresent));
            }
        }

        return page.DrainToImmutable();
    }

    private static int Compare(string x1, string x2, string y1, string y2) => string.CompareOrdinal(x1, y1) is var first && first != 0 ? first : string.CompareOrdinal(x2, y2);

    /// <summary>Everything from the first place that may be meant, in the order in which those that are meant lie side by side.</summary>
    private IEnumerable<Place> Range(string? room, string? user, MucDecisionPlace? after)
    {
        if (room is not null && user is not null)
        {
            return _byRoom.TryGetValue(new(room, user), out var only) ? [only] : [];
        }

        var order = user is null ? _byRoom : _byUser;
        var from = user is null
            ? new Place(room ?? after?.Room ?? "", room is null || after?.Room == room ? after?.User ?? "" : "")
            : new Place(after?.Room ?? "", user);
        return order.Max is { } last && order.Comparer.Compare(from, last) <= 0 ? order.GetViewBetween(from, last) : [];
    }

    private Place GetOrAdd(string room, string user)
    {
        var place = new Place(room, user);
        if (_byRoom.TryGetValue(place, out var known))
        {
            return known;
        }

        _byRoom.Add(place);
        _byUser.Add(place);
        _absent++;
        return place;
    }

    private void Queue(Place place)
    {
        if (!place.IsQueued)
        {
            place.IsQueued = true;
            _queue.Enqueue(place, place.Until);
        }
    }

    /// <summary>What becomes of a place that left the queue: whether it was removed.</summary>
    private bool Settle(Place place, DateTimeOffset now)
    {
        place.IsQueued = false;
        if (place.IsPresent)
        {
            return false;
        }

        if (place.Until > now)
        {
            Queue(place);
            return false;
        }

        _byRoom.Remove(place);
        _byUser.Remove(place);
        _absent--;
        return true;
    }

    private sealed class Place(string room, string user)
    {
        public string Room { get; } = room;

        public string User { get; } = user;

        public DateTimeOffset Until { get; set; }

        public bool IsPresent { get; set; }

        public bool IsQueued { get; set; }
    }
}
