using System.Collections.Concurrent;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Contents;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Sessions;
using Krewe.Frontend.Delegation.ClientMode;
using Krewe.Frontend.Http;

namespace Krewe.Frontend.Contents;

/// <summary>What an erasure found and removed.</summary>
/// <param name="Mailboxes">Users for whom messages waited.</param>
/// <param name="Rooms">Rooms that were removed; of one user, rooms that kept something of that user.</param>
/// <param name="Delegations">What users had delegated themselves.</param>
internal sealed record ErasureCounts(int Sessions, int Accounts, int Rosters, int Mailboxes, int Rooms, int Delegations);

internal enum ErasureOutcome : byte
{
    Done = 0,

    /// <summary>Somebody else is erasing the host.</summary>
    UnderWay = 1,

    /// <summary>A session does not end, or more comes up each time that it is looked.</summary>
    Unfinished = 2,
    NoHost = 3,
}

/// <summary>
/// Erases all data of a host, but for its document, keys and certificate, or all of one user. A host is closed first, on disk: whoever is killed in the middle leaves it closed, and asking again
/// finishes. What a call that was let in before is still writing is found by looking once more.
/// </summary>
internal sealed class HostErasure(
    IGrainFactory grains, IHostSettingsSource hosts, ISessionDirectory sessions, AccountRemoval accounts, RoomRemoval rooms, ClientGrants delegations, TimeProvider time)
{
    /// <summary>Each finds what was written behind the one before it; nothing is let in meanwhile, so the second is mostly the last.</summary>
    private const int PassesMax = 8;

    private static readonly ParallelOptions AFewAtOnce = new() { MaxDegreeOfParallelism = 32 };

    /// <summary>Streams are told why they end, and given a moment for it.</summary>
    private static readonly TimeSpan SessionsEndWithin = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(20);

    private readonly ConcurrentDictionary<string, byte> _underWay = new(StringComparer.Ordinal);

    /// <summary>Erases a host. What it comes to when it is not done: the host stays closed until somebody asks again.</summary>
    public async Task<(ErasureOutcome Outcome, ErasureCounts? Counts)> EraseAsync(HostSettings host)
    {
        if (!_underWay.TryAdd(host.Domain, 0))
        {
            return (ErasureOutcome.UnderWay, null);
        }

        try
        {
            var live = sessions.List(host.Domain);
            if (!Apply(await grains.Host(host.Domain).BeginErasureAsync()))
            {
                return (ErasureOutcome.NoHost, null);
            }

            // The frontend ends its streams as it takes the closed host; those of other frontends are ended by the users' grains.
            var users = live.Select(session => session.Jid.ToBare()).Distinct().ToArray();
            await Parallel.ForEachAsync(users, AFewAtOnce, async (user, _) => await grains.Sessions(user).EndAsync(null, StreamEnd.HostGone, null));
            if (!await HaveEndedAsync(host.Domain, _ => true) || await RemoveAllAsync(host.Domain, host) is not { } counts)
            {
                return (ErasureOutcome.Unfinished, null);
            }

            // What was fetched for them and never stored is in memory still.
            await Parallel.ForEachAsync(users, AFewAtOnce, async (user, _) => await ClearAsync(user));
            Apply(await grains.Host(host.Domain).EndErasureAsync());
            return (ErasureOutcome.Done, counts with { Sessions = live.Length });
        }
        finally
        {
            _underWay.TryRemove(host.Domain, out _);
        }
    }

    /// <summary>Removes everything that is stored under a host's domain, and its rooms, until nothing is found any more; null when there is always more.</summary>
    /// <param name="host">Null for a host that is gone already, of whose rooms nothing is known.</param>
    public async Task<ErasureCounts?> RemoveAllAsync(string domain, HostSettings? host)
    {
        var services = host is null ? [] : RoomRequest.Services(host);
        var all = new ErasureCounts(0, 0, 0, 0, 0, 0);
        for (var pass = 0; pass < PassesMax; pass++)
        {
            var delegated = await grains.UserDelegations(domain).ListAsync();
            foreach (var user in delegated.Select(one => one.User).Distinct())
            {
                await delegations.ForgetAsync(user);
            }

            await grains.UserDelegations(domain).ClearAsync();

            // Those that hold two of them are counted as both, and gone with the first.
            var mailboxes = await CountAsync(domain, StoredKind.Mailbox);
            var rosters = await CountAsync(domain, StoredKind.Roster);
            var removed = await ForEachAsync(domain, StoredKind.Account, accounts.RemoveAsync);
            await ForEachAsync(domain, StoredKind.Roster, async user => await ClearAsync(user));
            await ForEachAsync(domain, StoredKind.Mailbox, async user => await ClearAsync(user));
            var found = new ErasureCounts(0, removed, rosters, mailboxes, await rooms.RemoveAllAsync(services), delegated.Length);
            if (found == new ErasureCounts(0, 0, 0, 0, 0, 0))
            {
                return all;
            }

            all = new ErasureCounts(
                0, all.Accounts + found.Accounts, all.Rosters + found.Rosters, all.Mailboxes + found.Mailboxes, all.Rooms + found.Rooms, all.Delegations + found.Delegations);
        }

        return null;
    }

    /// <summary>Erases one user, who may come back as somebody new: to keep a user out is to disable the account, or to let nobody authenticate as them.</summary>
    public async Task<ErasureCounts> EraseAsync(HostSettings host, Jid user)
    {
        var live = sessions.List(host.Domain).Count(session => session.Jid.Bare == user.Bare);
        var content = grains.HostContent(host.Domain);
        var (hadRoster, hadMailbox) = (await content.HasAsync(StoredKind.Roster, user), await content.HasAsync(StoredKind.Mailbox, user));
        var delegated = (await grains.UserDelegations(host.Domain).ListAsync()).Count(one => one.User.Bare == user.Bare);

        // Whom a service outside of this one authenticates has no account here, and all the rest.
        var hadAccount = await accounts.RemoveAsync(user);
        await grains.Sessions(user).EndAsync(null, StreamEnd.PolicyViolation, "The account was deleted.");
        await HaveEndedAsync(host.Domain, session => session.Jid.Bare == user.Bare);
        await ClearAsync(user);
        await delegations.ForgetAsync(user);
        var left = await rooms.ForgetAsync(user, RoomRequest.Services(host));
        return new ErasureCounts(live, hadAccount ? 1 : 0, hadRoster ? 1 : 0, hadMailbox ? 1 : 0, left, delegated);
    }

    private bool Apply(HostDocument? document)
    {
        if (document is not null)
        {
            hosts.Apply(document);
        }

        return document is not null;
    }

    private async Task<bool> HaveEndedAsync(string domain, Func<SessionListing, bool> isMeant)
    {
        var begin = time.GetTimestamp();
        while (sessions.List(domain).Any(isMeant))
        {
            if (time.GetElapsedTime(begin) > SessionsEndWithin)
            {
                return false;
            }

            await Task.Delay(LookEvery, time);
        }

        return true;
    }

    private async Task<bool> ClearAsync(Jid user)
    {
        await grains.Roster(user).ClearAsync();
        await grains.OfflineMessages(user).RemoveAsync(long.MaxValue);
        return true;
    }

    private Task<int> CountAsync(string domain, StoredKind kind) => ForEachAsync(domain, kind, static _ => Task.FromResult(true));

    private async Task<int> ForEachAsync(string domain, StoredKind kind, Func<Jid, Task<bool>> action)
    {
        var done = 0;
        string? after = null;
        while (await grains.HostContent(domain).KeysAsync(kind, after) is { IsEmpty: false } users)
        {
            await Parallel.ForEachAsync(users, AFewAtOnce, async (user, _) => Interlocked.Add(ref done, await action(Jid.Parse(user)) ? 1 : 0));
            after = users[^1];
        }

        return done;
    }
}
