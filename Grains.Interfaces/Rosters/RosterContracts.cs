using System.Collections.Immutable;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Stanzas;

namespace Krewe.Contracts.Rosters;

/// <summary>RFC 6121 §2.1.2.5. From = the contact sees the user's presence; To = the user sees the contact's.</summary>
public enum SubscriptionState : byte
{
    None = 0,
    To = 1,
    From = 2,
    Both = 3,
}

public static class SubscriptionStates
{
    public static bool HasTo(this SubscriptionState state) => ((byte)state & 1) != 0;

    public static bool HasFrom(this SubscriptionState state) => ((byte)state & 2) != 0;
}

/// <summary>One contact (RFC 6121 §2.1.2). <see cref="Jid"/> is bare and never the owner's.</summary>
/// <param name="Ask">A subscription request of the user is pending (<c>ask='subscribe'</c>).</param>
/// <param name="Approved">The user has pre-approved the contact (RFC 6121 §3.4).</param>
/// <param name="Groups">Sorted ordinally, without repeats or empty names.</param>
/// <param name="PendingIn">The contact's unanswered request ("pending in" of RFC 6121 A.1); only in rosters that the host keeps itself.</param>
[GenerateSerializer, Immutable, Alias("roster-item")]
public sealed record RosterItem(
    [property: Id(0)] Jid Jid,
    [property: Id(1)] string? Name,
    [property: Id(2)] SubscriptionState Subscription,
    [property: Id(3)] bool Ask,
    [property: Id(4)] bool Approved,
    [property: Id(5)] ImmutableArray<string> Groups,
    [property: Id(6)] bool PendingIn = false)
{
    /// <summary>
    /// True for an item that a client is shown. A pure "pending in" is no roster item (RFC 6121 §3.1.3).
    /// </summary>
    public bool IsShown => !PendingIn || Subscription != SubscriptionState.None || Ask || Approved || Name is not null || Groups.Length > 0;

    public bool Equals(RosterItem? other) =>
        other is not null && Jid.Equals(other.Jid) && Name == other.Name && Subscription == other.Subscription && Ask == other.Ask
        && Approved == other.Approved && PendingIn == other.PendingIn && Groups.AsSpan().SequenceEqual(other.Groups.AsSpan());

    public override int GetHashCode() => HashCode.Combine(Jid, Name, Subscription, Ask);
}

/// <summary>One user's whole roster at one version.</summary>
/// <param name="Version">Opaque <c>ver</c> (RFC 6121 §2.6): <c>epoch.n</c>.</param>
/// <param name="Items">Sorted ordinally by bare JID.</param>
[GenerateSerializer, Immutable, Alias("roster-snapshot")]
public sealed record RosterSnapshot(
    [property: Id(0)] string Version,
    [property: Id(1)] ImmutableArray<RosterItem> Items)
{
    public static readonly RosterSnapshot Empty = new("0.0", []);

    /// <summary>The item of a bare JID, null when the roster has none.</summary>
    public RosterItem? Find(string bareJid)
    {
        int low = 0, high = Items.Length - 1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            var order = string.CompareOrdinal(Items[middle].Jid.Bare, bareJid);
            if (order == 0)
            {
                return Items[middle];
            }

            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }

        return null;
    }

    public SubscriptionState SubscriptionOf(string bareJid) => Find(bareJid)?.Subscription ?? SubscriptionState.None;
}

/// <summary>One item's change; each is one push with one version of its own (RFC 6121 §2.6.3).</summary>
/// <param name="Version">The <c>ver</c> of the push.</param>
/// <param name="Before">Null when the item was added.</param>
/// <param name="After">Null when it was removed.</param>
[GenerateSerializer, Immutable, Alias("roster-change")]
public sealed record RosterChange(
    [property: Id(0)] string Version,
    [property: Id(1)] RosterItem? Before,
    [property: Id(2)] RosterItem? After)
{
    public Jid Jid => (After ?? Before)!.Jid;
}

/// <summary>What leads from one version of a roster to a later one. The last change's version is that of <see cref="Roster"/>.</summary>
/// <param name="FromVersion">The version before the first change.</param>
/// <param name="Roster">The roster after the last.</param>
[GenerateSerializer, Immutable, Alias("roster-change-set")]
public sealed record RosterChangeSet(
    [property: Id(0)] string FromVersion,
    [property: Id(1)] ImmutableArray<RosterChange> Changes,
    [property: Id(2)] RosterSnapshot Roster);

public enum RosterOutcome : byte
{
    /// <summary>As fresh as was asked for.</summary>
    Fresh = 0,

    /// <summary>The last good copy; the hook has not answered yet. Whoever asked calls <see cref="IRosterGrain.RevalidateAsync"/> and carries the changes on.</summary>
    Stale = 1,

    /// <summary>The hook failed and no copy may be served: <c>internal-server-error</c>, type <c>wait</c>. Nothing is removed.</summary>
    Failed = 2,
}

[GenerateSerializer, Immutable, Alias("roster-answer")]
public sealed record RosterAnswer(
    [property: Id(0)] RosterOutcome Outcome,
    [property: Id(1)] RosterSnapshot? Roster);

/// <summary>An entry of a tenant's document that was left out, and why; never anything else of the document.</summary>
[GenerateSerializer, Immutable, Alias("skipped-entry")]
public sealed record SkippedEntry([property: Id(0)] string Jid, [property: Id(1)] string Reason);

/// <summary>What one fetch and comparison came to.</summary>
/// <param name="Error">Why it failed, in words that tell nothing of the body; null when it did not.</param>
/// <param name="Changes">Null when it failed; without changes when the roster is as it was.</param>
[GenerateSerializer, Immutable, Alias("roster-revalidation")]
public sealed record RosterRevalidation(
    [property: Id(0)] string? Error,
    [property: Id(1)] RosterChangeSet? Changes,
    [property: Id(2)] ImmutableArray<SkippedEntry> Skipped);

/// <summary>The cached roster as the API shows it.</summary>
[GenerateSerializer, Immutable, Alias("roster-status")]
public sealed record RosterStatus(
    [property: Id(0)] RosterSnapshot? Roster,
    [property: Id(1)] DateTimeOffset? FetchedAt,
    [property: Id(2)] bool IsStale,
    [property: Id(3)] string? LastError,
    [property: Id(4)] DateTimeOffset? LastErrorAt,
    [property: Id(5)] ImmutableArray<SkippedEntry> Skipped);

/// <summary>A client's roster set (RFC 6121 §2.1.5) in a roster that the host keeps itself.</summary>
[GenerateSerializer, Immutable, Alias("roster-set")]
public sealed record RosterSet(
    [property: Id(0)] Jid Jid,
    [property: Id(1)] bool IsRemove,
    [property: Id(2)] string? Name,
    [property: Id(3)] ImmutableArray<string> Groups);

/// <summary>The outcome of a change to a roster that the host keeps itself.</summary>
/// <param name="Error">Why it was refused, null when it was not.</param>
/// <param name="Changes">What changed, null when nothing did.</param>
/// <param name="Route">Subscription stanzas to send on to the contact, in order (RFC 6121 appendix A).</param>
/// <param name="Deliver">The received stanza is to be shown to the user.</param>
/// <param name="Reply">A stanza to answer the contact with, such as <c>subscribed</c>; null for none.</param>
/// <param name="IsBeforePush">The received stanza is delivered before the push (RFC 6121 §3.1.6, §3.2.3).</param>
[GenerateSerializer, Immutable, Alias("roster-update")]
public sealed record RosterUpdate(
    [property: Id(0)] StanzaError? Error,
    [property: Id(1)] RosterChangeSet? Changes,
    [property: Id(2)] ImmutableArray<StanzaType> Route,
    [property: Id(3)] bool Deliver,
    [property: Id(4)] StanzaType? Reply,
    [property: Id(5)] bool IsBeforePush);
