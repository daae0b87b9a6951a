using System.Collections.Immutable;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Muc;
using Krewe.Contracts.Stanzas;

namespace Krewe.Grains.Muc;

/// <summary>Somebody in a room under a nickname, with one session or several of the same user (XEP-0045 §7.2.8).</summary>
internal sealed class MucOccupant(Jid jid, Jid user, string occupantId)
{
    /// <summary>The occupant JID: the room's with the nickname as resourcepart.</summary>
    public Jid Jid { get; } = jid;

    public string Nickname => Jid.Resourcepart!;

    /// <summary>The user's bare JID.</summary>
    public Jid User { get; } = user;

    /// <summary>XEP-0421.</summary>
    public string OccupantId { get; } = occupantId;

    public MucAffiliation Affiliation { get; set; }

    public MucRole Role { get; set; }

    /// <summary>Oldest first.</summary>
    public List<MucVisit> Visits { get; } = [];

    /// <summary>The session whose presence the others see: the one that changed it last.</summary>
    public MucVisit Primary { get; set; } = null!;

    private MucStanza? _withJid;
    private MucStanza? _withoutJid;

    /// <summary>The presence that somebody who enters is shown; made once for all.</summary>
    public MucStanza Shown(bool isJidSeen) => isJidSeen
        ? _withJid ??= Available(Primary, isJidSeen: true)
        : _withoutJid ??= Available(Primary, isJidSeen: false);

    public void Changed() => _withJid = _withoutJid = null;

    public MucStanza Available(MucVisit visit, bool isJidSeen, ImmutableArray<ushort> statuses = default, string? id = null, string? actor = null, string? reason = null) => new()
    {
        Kind = StanzaKind.Presence,
        Type = StanzaType.Available,
        From = Jid,
        Id = id,
        Payload = visit.Payload,
        OccupantId = OccupantId,
        User = new MucUserExtension
        {
            Item = new MucUserItem(Affiliation, Role, isJidSeen ? visit.Session.Jid : null, Actor: actor, Reason: reason),
            Statuses = statuses.IsDefault ? [] : statuses,
        },
    };
}

/// <summary>One session in a room.</summary>
internal sealed class MucVisit(MucSession session, MucOccupant occupant, MucPayload payload)
{
    public MucSession Session { get; } = session;

    public MucOccupant Occupant { get; set; } = occupant;

    /// <summary>The inside of its last presence.</summary>
    public MucPayload Payload { get; set; } = payload;

    /// <summary>Where it stands in <see cref="MucAudience"/>; null when nobody speaks to it any more.</summary>
    public int? Place { get; set; }

    /// <summary>IQs of its own that are on their way to other occupants.</summary>
    public int RelayedCount { get; set; }
}
