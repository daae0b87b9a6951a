using System.Collections.Immutable;
using Krewe.Contracts.Muc;

namespace Krewe.Grains.Muc;

/// <summary>What a room is, without who is in it: stored for a persistent room.</summary>
[GenerateSerializer, Immutable, Alias("muc-room-state")]
internal sealed record MucRoomState
{
    [Id(0)]
    public MucRoomConfig Config { get; init; } = MucRoomConfig.Default;

    /// <summary>By bare JID; nobody with <see cref="MucAffiliation.None"/>.</summary>
    [Id(1)]
    public ImmutableDictionary<string, MucStanding> Affiliations { get; init; } = ImmutableDictionary<string, MucStanding>.Empty;

    [Id(2)]
    public MucSubject? Subject { get; init; }

    public MucAffiliation AffiliationOf(string bareJid) => Affiliations.TryGetValue(bareJid, out var standing) ? standing.Affiliation : MucAffiliation.None;

    /// <summary>With another affiliation of one user; a reserved nickname stays as long as the user is a member at least.</summary>
    public MucRoomState With(string bareJid, MucAffiliation affiliation, string? reason) => this with
    {
        Affiliations = affiliation == MucAffiliation.None
            ? Affiliations.Remove(bareJid)
            : Affiliations.SetItem(bareJid, new MucStanding(
                affiliation, affiliation >= MucAffiliation.Member ? Affiliations.GetValueOrDefault(bareJid)?.Nickname : null, reason)),
    };

    public bool HasOtherOwner(string bareJid) =>
        Affiliations.Any(entry => entry.Value.Affiliation == MucAffiliation.Owner && entry.Key != bareJid);
}

/// <summary>A user's affiliation, the nickname that it has reserved, and why it is so.</summary>
[GenerateSerializer, Immutable, Alias("muc-standing")]
internal sealed record MucStanding(
    [property: Id(0)] MucAffiliation Affiliation, [property: Id(1)] string? Nickname = null, [property: Id(2)] string? Reason = null);

/// <param name="Author">The nickname of whoever set it; null for the room's owner through the API.</param>
[GenerateSerializer, Immutable, Alias("muc-subject")]
internal sealed record MucSubject(
    [property: Id(0)] string Text, [property: Id(1)] string? Author, [property: Id(2)] string? OccupantId, [property: Id(3)] DateTimeOffset SetAt);

/// <summary>Who has reserved which nickname (XEP-0045 §7.10): by nickname, as everybody who enters is checked against it. Made anew when the affiliations change.</summary>
internal sealed class MucReservations
{
    private readonly Dictionary<string, string> _holders = new(StringComparer.Ordinal);
    private ImmutableDictionary<string, MucStanding>? _source;

    /// <summary>The user who has reserved it; null for nobody.</summary>
    public string? HolderOf(string nickname, MucRoomState room)
    {
        if (!ReferenceEquals(_source, room.Affiliations))
        {
            _holders.Clear();
            foreach (var (user, standing) in room.Affiliations)
            {
                if (standing.Nickname is { } reserved)
                {
                    _holders[reserved] = user;
                }
            }

            _source = room.Affiliations;
        }

        return _holders.GetValueOrDefault(nickname);
    }
}
