using System.Diagnostics.CodeAnalysis;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Muc;

namespace Krewe.Grains.Muc;

/// <summary>Who is in a room, by nickname, by session and by user. Nicknames are compared as prepared resourceparts (RFC 7622 §3.4.2).</summary>
internal sealed class MucOccupants
{
    private readonly Dictionary<string, MucOccupant> _byNickname = new(StringComparer.Ordinal);
    private readonly Dictionary<Jid, MucVisit> _bySession = [];
    private readonly Dictionary<string, List<MucOccupant>> _byUser = new(StringComparer.Ordinal);

    /// <summary>Nicknames.</summary>
    public int Count => _byNickname.Count;

    public int Sessions => _bySession.Count;

    public IReadOnlyCollection<MucOccupant> All => _byNickname.Values;

    public IReadOnlyCollection<MucVisit> Visits => _bySession.Values;

    public bool TryGet(string nickname, [NotNullWhen(true)] out MucOccupant? occupant) => _byNickname.TryGetValue(nickname, out occupant);

    /// <summary>The visit of a full JID, whichever session of it that is.</summary>
    public MucVisit? Find(Jid fullJid) => _bySession.GetValueOrDefault(fullJid);

    /// <summary>The visit of exactly this session.</summary>
    public MucVisit? Find(MucSession session) =>
        _bySession.TryGetValue(session.Jid, out var visit) && visit.Session.Session == session.Session && visit.Session.Frontend.Name == session.Frontend.Name ? visit : null;

    /// <summary>The user's occupants: usually one, under several nicknames several.</summary>
    public IReadOnlyList<MucOccupant> Of(string bareJid) => _byUser.TryGetValue(bareJid, out var occupants) ? occupants : [];

    public void Add(MucOccupant occupant)
    {
        _byNickname.Add(occupant.Nickname, occupant);
        if (!_byUser.TryGetValue(occupant.User.Bare, out var occupants))
        {
            _byUser.Add(occupant.User.Bare, occupants = []);
        }

        occupants.Add(occupant);
    }

    public void Add(MucVisit visit)
    {
        _bySession.Add(visit.Session.Jid, visit);
        visit.Occupant.Visits.Add(visit);
        visit.Occupant.Primary ??= visit;
    }

    /// <summary>Takes a session out, and its occupant when it was the last; whether it was. Nothing for one that is out already, as when telling it that it leaves finds that it is gone.</summary>
    public bool Remove(MucVisit visit)
    {
        if (_bySession.GetValueOrDefault(visit.Session.Jid) != visit)
        {
            return false;
        }

        _bySession.Remove(visit.Session.Jid);
        var occupant = visit.Occupant;
        occupant.Visits.Remove(visit);
        if (occupant.Visits.Count > 0)
        {
            if (occupant.Primary == visit)
            {
                occupant.Primary = occupant.Visits[^1];
                occupant.Changed();
            }

            return false;
        }

        _byNickname.Remove(occupant.Nickname);
        var occupants = _byUser[occupant.User.Bare];
        occupants.Remove(occupant);
        if (occupants.Count == 0)
        {
            _byUser.Remove(occupant.User.Bare);
        }

        return true;
    }
}
