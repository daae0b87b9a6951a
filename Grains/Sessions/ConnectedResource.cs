using System.Collections.Immutable;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Sessions;
using Krewe.Contracts.Stanzas;

namespace Krewe.Grains.Sessions;

/// <summary>One of a user's resources (RFC 6121 §1.2): connected; available once it sent initial presence; interested once it asked for the roster.</summary>
internal sealed class ConnectedResource(Jid jid, BindRequest bind, DateTimeOffset since)
{
    /// <summary>Whom a resource may send directed presence to at one time; further ones are sent, but the end is not told to them.</summary>
    private const int DirectedTargetsMax = 1000;

    private HashSet<Jid>? _directed;

    /// <summary>The full JID.</summary>
    public Jid Jid { get; } = jid;

    public FrontendRef Frontend { get; } = bind.Frontend;

    public long Session { get; } = bind.Session;

    public string Transport { get; } = bind.Transport;

    public string Address { get; } = bind.Address;

    public DateTimeOffset Since { get; } = since;

    public bool IsInterested { get; set; }

    /// <summary>The last available presence; null while the resource is not available.</summary>
    public StanzaFrame? Presence { get; private set; }

    public sbyte Priority { get; private set; }

    public bool IsAvailable => Presence is not null;

    public ResourceRoute Route => new(Jid.Resourcepart!, Session, Priority, IsAvailable);

    public ImmutableArray<long> SessionArray { get; } = [bind.Session];

    public void SetAvailable(StanzaFrame presence, sbyte priority) => (Presence, Priority) = (presence, priority);

    public void SetUnavailable() => (Presence, Priority) = (null, 0);

    /// <summary>RFC 6121 §4.6.3: remembers whom to tell when this resource ends.</summary>
    public void AddDirected(Jid target)
    {
        if ((_directed ??= []).Count < DirectedTargetsMax)
        {
            _directed.Add(target);
        }
    }

    public void RemoveDirected(Jid target) => _directed?.Remove(target);

    /// <summary>All addresses of one user, as the roster takes over or the user is gone (RFC 6121 §4.6.1).</summary>
    public void RemoveDirectedTo(string bareJid) => _directed?.RemoveWhere(target => target.Bare == bareJid);

    public bool HasDirectedTo(Jid entity) => _directed is not null && (_directed.Contains(entity) || _directed.Contains(entity.ToBare()));

    /// <summary>Those of the addresses that it holds for; they are not told of anything more.</summary>
    public IReadOnlyCollection<Jid> TakeDirected(Func<Jid, bool> which)
    {
        Jid[] taken = [.. (_directed ?? []).Where(which)];
        _directed?.ExceptWith(taken);
        return taken;
    }

    public IReadOnlyCollection<Jid> TakeDirected()
    {
        IReadOnlyCollection<Jid> taken = _directed is null ? [] : _directed;
        _directed = null;
        return taken;
    }
}
