using System.Collections.Immutable;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Rosters;
using Krewe.Contracts.Stanzas;
using Orleans.Concurrency;

namespace Krewe.Contracts.Sessions;

/// <summary>
/// One user's connected resources (RFC 6121 §1.2, §8.5). Key: the user's bare JID. Every decision is made in one go, without awaiting;
/// only the acknowledgements of what was decided are awaited, outside of the turn.
/// </summary>
[Alias("user-sessions")]
public interface IUserSessionsGrain : IGrainWithStringKey
{
    [Alias("bind")]
    Task<BindResult> BindAsync(BindRequest request);

    /// <summary>The session is over. An available one becomes unavailable to all who saw it (RFC 6121 §4.5).</summary>
    [Alias("unbind")]
    Task UnbindAsync(long session, string frontend);

    /// <summary>The resource asked for the roster: from now on it gets pushes (RFC 6121 §2.1.6).</summary>
    [Alias("interested")]
    Task InterestedAsync(long session, string frontend);

    /// <summary>
    /// Broadcasts. The result is the version of the roster that the sessions have, when it is not the one given: whoever gave it carries on from there what the
    /// others have not been told yet.
    /// </summary>
    [Alias("presence")]
    Task<string?> PresenceAsync(PresenceUpdate update);

    /// <summary>Presence that a session sends to a user (RFC 6121 §4.6): recorded, so that the end of the session is told, and sent on.</summary>
    [Alias("directed")]
    Task DirectedPresenceAsync(long session, string frontend, StanzaFrame presence);

    /// <summary>RFC 6121 §8.5: decides for a message or an IQ to a full JID, and waits until it has its place in the streams.</summary>
    [Alias("route")]
    Task<RouteOutcome> RouteAsync(StanzaFrame stanza);

    [Alias("contact-presence")]
    Task ContactPresenceAsync(ContactPresence presence);

    [Alias("probe")]
    Task ProbeAsync(PresenceProbe probe);

    /// <summary>Delivers a subscription stanza: requests to available resources, answers to interested ones (RFC 6121 §3).</summary>
    [Alias("subscription")]
    Task SubscriptionAsync(StanzaFrame presence);

    /// <summary>Pushes changed items and sends the presence that follows from them (specs ).</summary>
    [Alias("roster-changed")]
    Task<RosterApplied> RosterChangedAsync(RosterChangeSet changes, bool isResync);

    /// <summary>Tells an entity that has just come to have the privilege which presence it may know by it (XEP-0356 §8).</summary>
    /// <param name="entity">The component's domain, or the full JID of another user's resource.</param>
    [Alias("introduce")]
    Task IntroduceAsync(string entity);

    /// <summary>
    /// Tells the user, as a privileged entity, of others (XEP-0356 §4.4, §7): every available resource, or one. Which of them may know it, is for their frontend to say.
    /// </summary>
    [Alias("tell")]
    Task TellAsync(DeliveryContent content, string? resource);

    /// <summary>
    /// The user's host was closed to other domains, or opened again: the user and contacts elsewhere become unavailable to each other, or available.
    /// </summary>
    [Alias("isolated")]
    Task IsolatedAsync(bool isClosed);

    /// <summary>Whether the user has a session.</summary>
    [Alias("is-live")]
    Task<bool> IsLiveAsync();

    [Alias("list")]
    Task<ImmutableArray<SessionListing>> ListAsync();

    /// <summary>Ends one session, or all when <paramref name="resource"/> is null; false when there was none.</summary>
    [Alias("end")]
    Task<bool> EndAsync(string? resource, StreamEnd condition, string? text);
}
