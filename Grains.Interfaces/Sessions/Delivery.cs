using System.Collections.Immutable;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Rosters;
using Krewe.Contracts.Stanzas;

namespace Krewe.Contracts.Sessions;

/// <summary>What a frontend is to write to streams: typed, so that XML stays in the frontend.</summary>
[GenerateSerializer, Immutable, Alias("delivery-content")]
public abstract record DeliveryContent;

/// <summary>A stanza as it came; <paramref name="To"/>, when given, is stamped over its own <c>to</c>.</summary>
[GenerateSerializer, Immutable, Alias("stanza-content")]
public sealed record StanzaContent([property: Id(0)] StanzaFrame Stanza, [property: Id(1)] Jid? To = null) : DeliveryContent;

/// <summary>RFC 6121 §2.1.6: the push of one changed item.</summary>
/// <param name="Owner">Whose roster it is, for somebody else who may know it (XEP-0356 §4.4); null for the user's own sessions.</param>
[GenerateSerializer, Immutable, Alias("roster-push-content")]
public sealed record RosterPushContent([property: Id(0)] RosterChange Change, [property: Id(1)] Jid? Owner = null) : DeliveryContent;

/// <summary>
/// Presence that an entity is told by privilege (XEP-0356 §7): somebody is there for a user of the host, or no longer is. Who is seen by many is told of once, so
/// every viewer's end must be told that was told to begin.
/// </summary>
/// <param name="Presence">Available or unavailable, from a full JID.</param>
/// <param name="Viewer">The user's bare JID; everybody sees themselves.</param>
[GenerateSerializer, Immutable, Alias("seen-presence-content")]
public sealed record SeenPresenceContent([property: Id(0)] StanzaFrame Presence, [property: Id(1)] Jid Viewer) : DeliveryContent;

/// <summary>Why a stream is ended from within: a subset of RFC 6120 §4.9.3.</summary>
public enum StreamEnd : byte
{
    Conflict = 0,
    HostGone = 1,
    PolicyViolation = 2,
    Reset = 3,
    SystemShutdown = 4,
    NotAuthorized = 5,
}

/// <summary>Ends the streams of the sessions with a stream error.</summary>
[GenerateSerializer, Immutable, Alias("end-content")]
public sealed record EndContent([property: Id(0)] StreamEnd Condition, [property: Id(1)] string? Text = null) : DeliveryContent;

/// <summary>Writes nothing: its report says whether the sessions, and with them their frontend, are there.</summary>
[GenerateSerializer, Immutable, Alias("probe-content")]
public sealed record ProbeContent : DeliveryContent;

/// <summary>One payload for one or many sessions of one frontend.</summary>
[GenerateSerializer, Immutable, Alias("delivery")]
public sealed record Delivery([property: Id(0)] ImmutableArray<long> Sessions, [property: Id(1)] DeliveryContent Content);

/// <summary>What a lane hands over in one call; see docs/ARCHITECTURE.md, "Lanes".</summary>
/// <param name="Lane">The lane's incarnation: a new one after its silo was restarted.</param>
/// <param name="Sequence">Counts up by one for each batch of a lane; a batch that was seen before is dropped.</param>
[GenerateSerializer, Immutable, Alias("delivery-batch")]
public sealed record DeliveryBatch(
    [property: Id(0)] Guid Lane, [property: Id(1)] long Sequence, [property: Id(2)] ImmutableArray<Delivery> Deliveries);

/// <summary>Sessions of a batch that the frontend no longer has.</summary>
[GenerateSerializer, Immutable, Alias("delivery-report")]
public sealed record DeliveryReport([property: Id(0)] ImmutableArray<long> Gone);
