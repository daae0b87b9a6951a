using System.Collections.Immutable;
using Krewe.Contracts.Stanzas;
using Orleans.Concurrency;

namespace Krewe.Contracts.Rosters;

/// <summary>
/// One user's roster: fetched from the tenant's application and cached, or kept here when the host names no <c>http_roster_url</c>.
/// Key: the user's bare JID. The only grain beside the room authorization that awaits HTTP; it starts nothing that sessions must see.
/// </summary>
[Alias("roster")]
public interface IRosterGrain : IGrainWithStringKey
{
    /// <summary>
    /// The roster for a session. A copy fetched at or after <paramref name="liveSince"/>, or younger than <c>http_roster_fresh_for</c>, is served
    /// as it is; otherwise the hook is asked, once for all that wait, and after <c>http_roster_wait</c> the last good copy is served as <see cref="RosterOutcome.Stale"/>.
    /// </summary>
    /// <param name="liveSince">When the user's oldest live session began: the time of the first need.</param>
    [Alias("get"), AlwaysInterleave]
    Task<RosterAnswer> GetAsync(DateTimeOffset liveSince);

    /// <summary>Fetches anew (a fetch that began before this call does not count) and compares. Calls that wait together share one fetch.</summary>
    [Alias("revalidate"), AlwaysInterleave]
    Task<RosterRevalidation> RevalidateAsync();

    /// <summary>
    /// Waits for the fetch under way, or starts one when the copy is stale: for whoever was answered <see cref="RosterOutcome.Stale"/>. Just after a failure
    /// that failure is the answer, and just after a success what that brought.
    /// </summary>
    [Alias("await"), AlwaysInterleave]
    Task<RosterRevalidation> AwaitFetchAsync();

    /// <summary>What leads from a version to the present one; a set whose <see cref="RosterChangeSet.FromVersion"/> differs when that is no longer known.</summary>
    [Alias("since"), AlwaysInterleave]
    Task<RosterChangeSet> ChangesSinceAsync(string version);

    /// <summary>Marks the cached copy stale, so that the next need asks the hook.</summary>
    [Alias("invalidate"), AlwaysInterleave]
    Task InvalidateAsync();

    [Alias("status"), AlwaysInterleave]
    Task<RosterStatus> StatusAsync();

    /// <summary>RFC 6121 §2.3 to §2.5: a client's change to a roster that the host keeps. On disk when this returns.</summary>
    [Alias("set")]
    Task<RosterUpdate> SetAsync(RosterSet change);

    /// <summary>RFC 6121 appendix A.2: the user sends a subscription stanza.</summary>
    [Alias("outbound")]
    Task<RosterUpdate> OutboundAsync(StanzaType type, Addressing.Jid contact);

    /// <summary>RFC 6121 appendix A.3: a contact's subscription stanza arrives. A request is kept with its XML until it is answered.</summary>
    [Alias("inbound")]
    Task<RosterUpdate> InboundAsync(StanzaFrame stanza);

    /// <summary>Requests that wait for the user's answer, for a resource that becomes available (RFC 6121 §3.1.3).</summary>
    [Alias("pending"), AlwaysInterleave]
    Task<ImmutableArray<StanzaFrame>> PendingRequestsAsync();

    /// <summary>Forgets the user's roster, as the account is deleted.</summary>
    [Alias("clear")]
    Task ClearAsync();
}
