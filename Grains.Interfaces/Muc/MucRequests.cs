using System.Collections.Immutable;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Sessions;
using Krewe.Contracts.Stanzas;

namespace Krewe.Contracts.Muc;

/// <summary>The session that something comes from, and where its answers go.</summary>
/// <param name="Jid">Its full JID.</param>
[GenerateSerializer, Immutable, Alias("muc-session")]
public sealed record MucSession([property: Id(0)] FrontendRef Frontend, [property: Id(1)] long Session, [property: Id(2)] Jid Jid);

/// <summary>Available presence to an occupant JID: an entry, an update, or a change of nickname (XEP-0045 §7.2, §7.6, §7.7).</summary>
/// <param name="Nickname">The resourcepart that it was sent to.</param>
/// <param name="IsJoin">It carries <c>&lt;x xmlns='http://jabber.org/protocol/muc'/&gt;</c>.</param>
[GenerateSerializer, Immutable, Alias("muc-presence")]
public sealed record MucPresence(
    [property: Id(0)] MucSession Sender,
    [property: Id(1)] string Nickname,
    [property: Id(2)] string? Id,
    [property: Id(3)] MucPayload Payload,
    [property: Id(4)] bool IsJoin,
    [property: Id(5)] string? Password = null,
    [property: Id(6)] MucHistoryRequest? History = null);

/// <summary>How much history somebody who enters wants (XEP-0045 §7.2.14): the smallest of what is given. Null is no limit.</summary>
[GenerateSerializer, Immutable, Alias("muc-history-request")]
public sealed record MucHistoryRequest(
    [property: Id(0)] int? MaxCharacters, [property: Id(1)] int? MaxStanzas, [property: Id(2)] int? Seconds, [property: Id(3)] DateTimeOffset? Since);

public enum MucPresenceOutcome : byte
{
    /// <summary>The session is in the room under the nickname that it asked for, or that the room chose.</summary>
    Present = 0,

    /// <summary>Nothing has changed; the sender is told why.</summary>
    Refused = 1,

    /// <summary>The tenant's service must be asked about this user and nickname; then the presence is given again with the decision.</summary>
    NeedsDecision = 2,
}

/// <param name="Nickname">The session's nickname now; null when it is not in the room.</param>
[GenerateSerializer, Immutable, Alias("muc-presence-result")]
public sealed record MucPresenceResult(
    [property: Id(0)] MucPresenceOutcome Outcome, [property: Id(1)] StanzaError? Error = null, [property: Id(2)] string? Nickname = null);

/// <summary>Why a session leaves.</summary>
public enum MucLeaveCause : byte
{
    /// <summary>It sent unavailable presence (XEP-0045 §7.14).</summary>
    Left = 0,

    /// <summary>Its stream ended.</summary>
    StreamEnded = 1,

    /// <summary>Something that the room sent came back as an error (specs M-067): status 333.</summary>
    DeliveryFailed = 2,

    /// <summary>Its host, or the room's, was closed to other domains: for it the service is gone (status 332).</summary>
    OutOfReach = 3,
}

/// <param name="Payload">Of the unavailable presence.</param>
[GenerateSerializer, Immutable, Alias("muc-leave")]
public sealed record MucLeave(
    [property: Id(0)] MucSession Sender, [property: Id(1)] MucLeaveCause Cause, [property: Id(2)] string? Id, [property: Id(3)] MucPayload Payload);

/// <summary>A message to the room, or to an occupant when <paramref name="Nickname"/> is given (XEP-0045 §7.4, §7.5).</summary>
/// <param name="Type">Groupchat to the room; normal, chat or headline to an occupant; error for what an occupant sends back to another.</param>
/// <param name="IsSubject">It has a <c>subject</c> and no <c>body</c> (XEP-0045 §8.1).</param>
/// <param name="HasBody">Only such a message is worth remembering.</param>
[GenerateSerializer, Immutable, Alias("muc-message")]
public sealed record MucMessage(
    [property: Id(0)] MucSession Sender,
    [property: Id(1)] string? Nickname,
    [property: Id(2)] StanzaType Type,
    [property: Id(3)] string? Id,
    [property: Id(4)] MucPayload Payload,
    [property: Id(5)] bool IsSubject,
    [property: Id(6)] bool HasBody);

/// <summary>An IQ from one occupant to another (XEP-0045 §17.4): a request with the sender's id, or an answer with the room's.</summary>
/// <param name="IsPing">A XEP-0199 ping; to the own nickname the room answers it itself (XEP-0410).</param>
[GenerateSerializer, Immutable, Alias("muc-iq")]
public sealed record MucIq(
    [property: Id(0)] MucSession Sender,
    [property: Id(1)] string Nickname,
    [property: Id(2)] StanzaType Type,
    [property: Id(3)] string Id,
    [property: Id(4)] MucPayload Payload,
    [property: Id(5)] bool IsPing);

/// <summary>What became of a <see cref="MucIq"/>.</summary>
/// <param name="IsAnswered">A result without payload is due now (a self-ping). Else, without an error, the answer comes by itself.</param>
[GenerateSerializer, Immutable, Alias("muc-iq-result")]
public sealed record MucIqResult([property: Id(0)] bool IsAnswered, [property: Id(1)] StanzaError? Error);

/// <summary>One item of an admin's request (XEP-0045 §8, §9): a role by nickname, or an affiliation by bare JID.</summary>
[GenerateSerializer, Immutable, Alias("muc-admin-item")]
public sealed record MucAdminItem(
    [property: Id(0)] string? Nickname, [property: Id(1)] Jid? Jid, [property: Id(2)] MucAffiliation? Affiliation, [property: Id(3)] MucRole? Role,
    [property: Id(4)] string? Reason);

/// <summary>One entry of a list of affiliations or roles.</summary>
/// <param name="Jid">Bare for affiliations, full for roles.</param>
[GenerateSerializer, Immutable, Alias("muc-list-item")]
public sealed record MucListItem(
    [property: Id(0)] Jid? Jid, [property: Id(1)] string? Nickname, [property: Id(2)] MucAffiliation Affiliation, [property: Id(3)] MucRole? Role,
    [property: Id(4)] string? Reason);

[GenerateSerializer, Immutable, Alias("muc-list-result")]
public sealed record MucListResult([property: Id(0)] StanzaError? Error, [property: Id(1)] ImmutableArray<MucListItem> Items);

/// <summary>What an owner's form starts from (XEP-0045 §10.2).</summary>
[GenerateSerializer, Immutable, Alias("muc-config-result")]
public sealed record MucConfigResult(
    [property: Id(0)] StanzaError? Error, [property: Id(1)] MucRoomConfig? Config, [property: Id(2)] ImmutableArray<string> Admins, [property: Id(3)] ImmutableArray<string> Owners);

/// <summary>Changes of a configuration: what is null stays. An empty string clears a text.</summary>
[GenerateSerializer, Immutable, Alias("muc-config-change")]
public sealed record MucConfigChange
{
    [Id(0)] public string? Name { get; init; }

    [Id(1)] public string? Description { get; init; }

    [Id(2)] public string? Language { get; init; }

    [Id(3)] public bool? IsPersistent { get; init; }

    [Id(4)] public bool? IsPublic { get; init; }

    [Id(5)] public bool? IsMembersOnly { get; init; }

    [Id(6)] public bool? IsModerated { get; init; }

    /// <summary>False takes the password away; true needs one.</summary>
    [Id(7)] public bool? IsPasswordProtected { get; init; }

    [Id(8)] public string? Password { get; init; }

    [Id(9)] public bool? IsNonAnonymous { get; init; }

    [Id(10)] public int? MaxUsers { get; init; }

    [Id(11)] public bool? MayChangeSubject { get; init; }

    [Id(12)] public bool? MayInvite { get; init; }

    [Id(13)] public MucPrivateMessages? PrivateMessages { get; init; }

    [Id(14)] public int? HistoryLength { get; init; }

    [Id(15)] public MucRole? PresenceBroadcastFrom { get; init; }

    [Id(16)] public bool? MembersSeeLists { get; init; }

    /// <summary>All admins, bare JIDs; those who are missing stop being admins.</summary>
    [Id(17)] public ImmutableArray<Jid>? Admins { get; init; }

    [Id(18)] public ImmutableArray<Jid>? Owners { get; init; }

    /// <summary>Never the password.</summary>
    public override string ToString() => nameof(MucConfigChange);
}

/// <summary>What an invitation is sent with, when the inviter may invite (XEP-0045 §7.8.2).</summary>
[GenerateSerializer, Immutable, Alias("muc-invitation-result")]
public sealed record MucInvitationResult([property: Id(0)] StanzaError? Error, [property: Id(1)] string? Password);

/// <summary>A room as disco#info shows it (XEP-0045 §6.4).</summary>
/// <param name="Occupants">How many nicknames are in it.</param>
/// <param name="Subject">As plain text; null for none.</param>
[GenerateSerializer, Immutable, Alias("muc-room-info")]
public sealed record MucRoomInfo([property: Id(0)] MucRoomConfig Config, [property: Id(1)] int Occupants, [property: Id(2)] string? Subject);

/// <summary>Registration with a room (XEP-0045 §7.10).</summary>
/// <param name="Nickname">The nickname that the user has reserved; null for none.</param>
/// <param name="IsRegistered">The user is a member or more.</param>
[GenerateSerializer, Immutable, Alias("muc-registration")]
public sealed record MucRegistration([property: Id(0)] StanzaError? Error, [property: Id(1)] bool IsRegistered, [property: Id(2)] string? Nickname, [property: Id(3)] bool NeedsDecision = false);

/// <summary>An occupant as the API shows it.</summary>
[GenerateSerializer, Immutable, Alias("muc-occupant-listing")]
public sealed record MucOccupantListing(
    [property: Id(0)] string Nickname, [property: Id(1)] ImmutableArray<Jid> Sessions, [property: Id(2)] MucAffiliation Affiliation, [property: Id(3)] MucRole Role);

/// <summary>A room as the API reads and replaces it: configuration, subject, affiliations.</summary>
/// <param name="Subject">Plain text; null for none.</param>
/// <param name="Affiliations">By bare JID.</param>
[GenerateSerializer, Immutable, Alias("muc-room-document")]
public sealed record MucRoomDocument(
    [property: Id(0)] MucRoomConfig Config, [property: Id(1)] string? Subject, [property: Id(2)] ImmutableArray<MucListItem> Affiliations);

public enum MucPutOutcome : byte
{
    Created = 0,
    Replaced = 1,

    /// <summary>The service has as many rooms as it may have.</summary>
    TooManyRooms = 2,

    /// <summary>The service does not exist.</summary>
    NoService = 3,
}
