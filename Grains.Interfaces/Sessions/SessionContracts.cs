using System.Collections.Immutable;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Rosters;
using Krewe.Contracts.Stanzas;

namespace Krewe.Contracts.Sessions;

/// <summary>A frontend process: its name, unique for its lifetime, and the sink that it registered.</summary>
[GenerateSerializer, Immutable, Alias("frontend-ref")]
public sealed record FrontendRef([property: Id(0)] string Name, [property: Id(1)] IFrontendSink Sink);

/// <summary>RFC 6120 §7.7.2.2: what happens when a resource is asked for that is in use.</summary>
public enum BindConflict : byte
{
    /// <summary>The newcomer gets a resourcepart of the server's making.</summary>
    Override = 0,

    /// <summary>The newcomer is refused with a <c>conflict</c> stanza error.</summary>
    KeepOld = 1,

    /// <summary>The older stream is ended with a <c>conflict</c> stream error.</summary>
    KickOld = 2,
}

/// <param name="Session">The frontend's number of the session; unique in that frontend.</param>
/// <param name="Resource">The resourcepart that the client asks for, prepared; null lets the server choose.</param>
/// <param name="SessionsMax">How many sessions the user may have; 0 for no limit.</param>
/// <param name="Transport">For the operator's list: <c>tcp</c>, <c>tls</c>, <c>websocket</c>, <c>bosh</c>.</param>
/// <param name="Address">The client's network address, for the operator's list.</param>
[GenerateSerializer, Immutable, Alias("bind-request")]
public sealed record BindRequest(
    [property: Id(0)] FrontendRef Frontend,
    [property: Id(1)] long Session,
    [property: Id(2)] string? Resource,
    [property: Id(3)] int SessionsMax,
    [property: Id(4)] BindConflict Conflict,
    [property: Id(5)] string Transport,
    [property: Id(6)] string Address);

/// <param name="Jid">The full JID, null when refused.</param>
/// <param name="Error">Why it was refused.</param>
/// <param name="LiveSince">When the user's present run of sessions began; see <see cref="IRosterGrain.GetAsync"/>.</param>
[GenerateSerializer, Immutable, Alias("bind-result")]
public sealed record BindResult(
    [property: Id(0)] Jid? Jid, [property: Id(1)] StanzaError? Error, [property: Id(2)] DateTimeOffset LiveSince);

/// <summary>Presence that a session sends without <c>to</c> (RFC 6121 §4.2, §4.4, §4.5).</summary>
/// <param name="Presence">Of type available or unavailable.</param>
/// <param name="Roster">The roster as loaded for initial presence; null when it could not be loaded, or is known already.</param>
[GenerateSerializer, Immutable, Alias("presence-update")]
public sealed record PresenceUpdate(
    [property: Id(0)] long Session,
    [property: Id(1)] string Frontend,
    [property: Id(2)] StanzaFrame Presence,
    [property: Id(3)] sbyte Priority,
    [property: Id(4)] RosterSnapshot? Roster);

/// <summary>Presence from a contact or another entity to a user.</summary>
/// <param name="ImpliesProbe">The sender also asks for the user's presence (its own subscription is to or both, and this is its initial presence).</param>
/// <param name="OnlyResource">The answer to a probe goes to the resource that caused it; null for all available ones.</param>
[GenerateSerializer, Immutable, Alias("contact-presence")]
public sealed record ContactPresence(
    [property: Id(0)] StanzaFrame Presence, [property: Id(1)] bool ImpliesProbe, [property: Id(2)] string? OnlyResource);

/// <summary>RFC 6121 §4.3: somebody asks for a user's presence.</summary>
/// <param name="To">Bare, or full to ask for one resource.</param>
/// <param name="Id">Mirrored in a negative answer (RFC 6121 §4.3.2.1).</param>
/// <param name="IsImplied">Made by the server as part of a broadcast: a negative answer is not sent.</param>
[GenerateSerializer, Immutable, Alias("presence-probe")]
public sealed record PresenceProbe(
    [property: Id(0)] Jid From, [property: Id(1)] Jid To, [property: Id(2)] string? Id, [property: Id(3)] bool IsImplied);

/// <summary>Where a routed stanza ended up.</summary>
public enum RouteOutcome : byte
{
    /// <summary>In at least one stream's outbound queue.</summary>
    Delivered = 0,

    /// <summary>To be stored for later (XEP-0160), by whoever asked.</summary>
    StoreOffline = 1,

    /// <summary><c>service-unavailable</c> to the sender.</summary>
    ServiceUnavailable = 2,

    /// <summary>Dropped without a word (RFC 6121 §8.5).</summary>
    Ignored = 3,
}

/// <summary>One session in the operator's list.</summary>
[GenerateSerializer, Immutable, Alias("session-listing")]
public sealed record SessionListing(
    [property: Id(0)] Jid Jid, [property: Id(1)] string Transport, [property: Id(2)] string Address, [property: Id(3)] DateTimeOffset Since,
    [property: Id(4)] bool IsAvailable);

/// <summary>What a roster change set came to in the user's sessions.</summary>
/// <param name="IsApplied">False when the set does not start at <paramref name="Version"/>; ask for the changes since that one.</param>
[GenerateSerializer, Immutable, Alias("roster-applied")]
public sealed record RosterApplied([property: Id(0)] bool IsApplied, [property: Id(1)] string? Version);
