using Krewe.Contracts.Addressing;
using Krewe.Contracts.Sessions;
using Krewe.Contracts.Stanzas;

namespace Krewe.Frontend.Privileges;

/// <summary>
/// Whose presence one entity's connection was told by privilege, and for which of the hosts' users. Each full JID becomes available once, however many users see it
/// (XEP-0356 §8), and unavailable when the last of them no longer does; what changes in between is not told (XEP-0356 §7.1, specs P-051).
/// </summary>
internal sealed class SeenPresences
{
    /// <summary>Pairs of somebody seen and a viewer. What is beyond is told as it comes.</summary>
    public const int PairsMax = 200_000;

    private readonly Lock _gate = new();

    /// <summary>By the full JID: the one viewer, or a set of them.</summary>
    private readonly Dictionary<Jid, object> _viewers = [];
    private int _pairs;
    private bool _isIncomplete;

    /// <summary>Takes note of a presence; the result is whether the entity is to be told.</summary>
    public bool Note(StanzaFrame presence, Jid viewer)
    {
        lock (_gate)
        {
            return presence.Type == StanzaType.Unavailable ? Remove(presence.From, viewer) : Add(presence.From, viewer);
        }
    }

    /// <summary>The users of a host are not to be known any more: who was seen by nobody else.</summary>
    public IReadOnlyList<Jid> Forget(string host)
    {
        lock (_gate)
        {
            var unseen = new List<Jid>();
            foreach (var (seen, viewers) in _viewers.ToArray())
            {
                Jid[] lost = [.. (viewers as HashSet<Jid> ?? [(Jid)viewers]).Where(viewer => viewer.Domainpart == host)];
                foreach (var viewer in lost)
                {
                    if (Remove(seen, viewer))
                    {
                        unseen.Add(seen);
                    }
                }
            }

            return unseen;
        }
    }

    /// <summary>Who is another connection's to tell of from now on.</summary>
    public IReadOnlyList<Jid> TakeOut(Func<Jid, bool> isAnothers)
    {
        lock (_gate)
        {
            Jid[] taken = [.. _viewers.Keys.Where(isAnothers)];
            foreach (var seen in taken)
            {
                _viewers.Remove(seen, out var viewers);
                _pairs -= viewers is HashSet<Jid> many ? many.Count : 1;
            }

            return taken;
        }
    }

    private bool Add(Jid seen, Jid viewer)
    {
        if (!_viewers.TryGetValue(seen, out var known))
        {
            if (_pairs >= PairsMax)
            {
                return _isIncomplete = true;
            }

            _viewers.Add(seen, viewer);
            _pairs++;
            return true;
        }

        if (known is HashSet<Jid> many)
        {
            if (_pairs < PairsMax && many.Add(viewer))
            {
                _pairs++;
            }
        }
        else if (_pairs < PairsMax && !known.Equals(viewer))
        {
            _viewers[seen] = new HashSet<Jid> { (Jid)known, viewer };
            _pairs++;
        }

        return false;
    }

    /// <summary>Whether nobody sees it any more.</summary>
    private bool Remove(Jid seen, Jid viewer)
    {
        if (!_viewers.TryGetValue(seen, out var known))
        {
            return _isIncomplete;
        }

        if (known is HashSet<Jid> many)
        {
            _pairs -= many.Remove(viewer) ? 1 : 0;
            if (many.Count > 0)
            {
                return false;
            }
        }
        else if (known.Equals(viewer))
        {
            _pairs--;
        }
        else
        {
            return false;
        }

        return _viewers.Remove(seen);
    }
}
