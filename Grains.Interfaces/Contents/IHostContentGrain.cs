using System.Collections.Immutable;
using Krewe.Contracts.Accounts;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Muc;
using Krewe.Contracts.Rosters;
using Krewe.Contracts.Sessions;
using Krewe.Contracts.Stanzas;
using Orleans.Concurrency;

namespace Krewe.Contracts.Contents;

/// <summary>What is stored under a domain.</summary>
public enum StoredKind : byte
{
    Account = 0,
    Roster = 1,

    /// <summary>Messages that wait for one user.</summary>
    Mailbox = 2,

    /// <summary>Of a room service's domain.</summary>
    Room = 3,
}

[GenerateSerializer, Immutable, Alias("stored-account")]
public sealed record StoredAccount([property: Id(0)] Jid Jid, [property: Id(1)] AccountCredentials Credentials);

/// <param name="FetchedAt">When it was fetched from the tenant's application; null for a roster that the host keeps itself.</param>
/// <param name="Requests">Subscription requests that wait for the user's answer.</param>
[GenerateSerializer, Immutable, Alias("stored-roster")]
public sealed record StoredRoster(
    [property: Id(0)] Jid Owner, [property: Id(1)] RosterSnapshot Roster, [property: Id(2)] DateTimeOffset? FetchedAt, [property: Id(3)] ImmutableArray<StanzaFrame> Requests);

[GenerateSerializer, Immutable, Alias("stored-mailbox")]
public sealed record StoredMailbox([property: Id(0)] Jid Owner, [property: Id(1)] ImmutableArray<OfflineMessage> Messages);

[GenerateSerializer, Immutable, Alias("stored-room")]
public sealed record StoredRoom([property: Id(0)] Jid Room, [property: Id(1)] MucRoomDocument Document);

/// <summary>
/// What is stored of a host's users, or of a room service's rooms, as it is on disk: for exports, which wake no grain of what they read. Key: the domain. Pages are in the order of
/// their addresses, bounded in number and in bytes, and hold at least one entry unless there is none behind <c>after</c>.
/// </summary>
[Alias("host-content")]
public interface IHostContentGrain : IGrainWithStringKey
{
    /// <summary>The bare JIDs of one kind, at most <see cref="Storage.IGrainKeyIndex.KeysMax"/>.</summary>
    /// <param name="after">The last bare JID of the page before; null for the first page.</param>
    [Alias("keys"), AlwaysInterleave]
    Task<ImmutableArray<string>> KeysAsync(StoredKind kind, string? after);

    /// <summary>Whether something of a kind is stored of one user, or room.</summary>
    [Alias("has"), AlwaysInterleave]
    Task<bool> HasAsync(StoredKind kind, Jid jid);

    [Alias("accounts"), AlwaysInterleave]
    Task<ImmutableArray<StoredAccount>> AccountsAsync(string? after);

    [Alias("rosters"), AlwaysInterleave]
    Task<ImmutableArray<StoredRoster>> RostersAsync(string? after);

    [Alias("mailboxes"), AlwaysInterleave]
    Task<ImmutableArray<StoredMailbox>> MailboxesAsync(string? after);

    [Alias("rooms"), AlwaysInterleave]
    Task<ImmutableArray<StoredRoom>> RoomsAsync(string? after);
}
