using System.Collections.Immutable;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Sessions;
using Krewe.Contracts.Stanzas;

namespace Krewe.Contracts.Muc;

/// <summary>
/// A stanza that comes out of a room, for one or many occupants' sessions: typed where the room has its say, untouched bytes where it passes on what an occupant sent.
/// A frontend writes it once and stamps each session's full JID as <c>to</c>.
/// </summary>
[GenerateSerializer, Immutable, Alias("muc-stanza")]
public sealed record MucStanza : DeliveryContent
{
    [Id(0)]
    public required StanzaKind Kind { get; init; }

    [Id(1)]
    public required StanzaType Type { get; init; }

    /// <summary>The room, or one of its occupants.</summary>
    [Id(2)]
    public required Jid From { get; init; }

    [Id(3)]
    public string? Id { get; init; }

    /// <summary>What the sender wrote: its children, in the stream's content namespace unless they say otherwise.</summary>
    [Id(4)]
    public MucPayload Payload { get; init; } = MucPayload.Empty;

    /// <summary>The <c>muc#user</c> extension; null for none.</summary>
    [Id(5)]
    public MucUserExtension? User { get; init; }

    /// <summary>XEP-0421: the occupant that the stanza is from or about; null when it is the room's own.</summary>
    [Id(6)]
    public string? OccupantId { get; init; }

    /// <summary>XEP-0203: when it was sent, for history and subjects; stamped as the room's.</summary>
    [Id(7)]
    public DateTimeOffset? SentAt { get; init; }

    /// <summary>A request for voice (XEP-0045 §7.13), written as a form for moderators.</summary>
    [Id(8)]
    public MucVoiceRequest? VoiceRequest { get; init; }

    /// <summary>An error that answers an IQ that was passed on, when it has no payload of its own.</summary>
    [Id(9)]
    public StanzaError? Error { get; init; }

    /// <summary>A subject in plain text, empty for none; null where the stanza is not about it.</summary>
    [Id(10)]
    public string? Subject { get; init; }
}

/// <summary>Several stanzas for the same sessions, in order: what an entry answers with (XEP-0045 §7.2.2).</summary>
[GenerateSerializer, Immutable, Alias("muc-stanzas")]
public sealed record MucStanzas([property: Id(0)] ImmutableArray<MucStanza> Stanzas) : DeliveryContent;

/// <summary>The inside of a stanza as its sender wrote it.</summary>
/// <param name="Xml">Its children, UTF-8; without what only the room may say.</param>
/// <param name="Attributes">Escaped attributes of its start tag that go with them: <c>xml:lang</c> and prefix declarations, each with a space in front.</param>
[GenerateSerializer, Immutable, Alias("muc-payload")]
public sealed record MucPayload([property: Id(0)] ReadOnlyMemory<byte> Xml, [property: Id(1)] ReadOnlyMemory<byte> Attributes)
{
    public static readonly MucPayload Empty = new(default, default);
}

/// <summary><c>&lt;x xmlns='http://jabber.org/protocol/muc#user'/&gt;</c> (XEP-0045 §15.5.2).</summary>
[GenerateSerializer, Immutable, Alias("muc-user-extension")]
public sealed record MucUserExtension
{
    public static readonly MucUserExtension Empty = new();

    [Id(0)]
    public MucUserItem? Item { get; init; }

    /// <summary>Status codes (XEP-0045 §15.6), ascending.</summary>
    [Id(1)]
    public ImmutableArray<ushort> Statuses { get; init; } = [];

    [Id(2)]
    public MucDestroy? Destroy { get; init; }
}

/// <param name="Jid">The full JID, where the reader may see it.</param>
/// <param name="Nickname">The new nickname, with status 303.</param>
/// <param name="Actor">The nickname of whoever did it.</param>
[GenerateSerializer, Immutable, Alias("muc-user-item")]
public sealed record MucUserItem(
    [property: Id(0)] MucAffiliation Affiliation,
    [property: Id(1)] MucRole Role,
    [property: Id(2)] Jid? Jid = null,
    [property: Id(3)] string? Nickname = null,
    [property: Id(4)] string? Actor = null,
    [property: Id(5)] string? Reason = null);

/// <summary>XEP-0045 §10.9.</summary>
/// <param name="Alternate">The room to go to instead.</param>
[GenerateSerializer, Immutable, Alias("muc-destroy")]
public sealed record MucDestroy([property: Id(0)] Jid? Alternate, [property: Id(1)] string? Reason, [property: Id(2)] string? Password);

/// <param name="Jid">The full JID of the visitor who asks.</param>
[GenerateSerializer, Immutable, Alias("muc-voice-request")]
public sealed record MucVoiceRequest([property: Id(0)] Jid Jid, [property: Id(1)] string Nickname);
