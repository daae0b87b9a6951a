using System.Collections.Immutable;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Rosters;
using Krewe.Contracts.Sessions;
using Krewe.Frontend.Http;
using Krewe.Frontend.Observability;
using Microsoft.Extensions.Logging;

namespace Krewe.Frontend.Rosters;

/// <summary>What became of one name of a refresh.</summary>
internal enum RefreshResult : byte
{
    /// <summary>Not finished by the deadline; the fetch goes on and still pushes.</summary>
    Pending,

    /// <summary>Fetched, and something had changed.</summary>
    Updated,
    Unchanged,

    /// <summary>The user has no session: asked for at the next need.</summary>
    Invalidated,

    /// <summary>The tenant's service gave no roster; the last good one stays.</summary>
    Failed,

    /// <summary>No localpart of this host.</summary>
    Invalid,
}

/// <summary>One distinct user of a refresh. Written once, by the one that works on it, and read at the deadline.</summary>
internal sealed class RefreshedUser(string name, Jid? jid)
{
    private volatile RefreshOutcome _outcome = jid is null ? RefreshOutcome.Invalid : RefreshOutcome.Pending;

    public string Name { get; } = name;

    public Jid? Jid { get; } = jid;

    public RefreshOutcome Outcome
    {
        get => _outcome;
        set => _outcome = value;
    }
}

/// <param name="Error">Why it failed, in words that tell nothing of a body.</param>
internal sealed record RefreshOutcome(RefreshResult Result, int Added, int Changed, int Removed, string? Error, ImmutableArray<SkippedEntry> Skipped)
{
    public static readonly RefreshOutcome Pending = Of(RefreshResult.Pending, "not finished by the deadline");
    public static readonly RefreshOutcome Invalid = Of(RefreshResult.Invalid, "not a localpart of this host");
    public static readonly RefreshOutcome Invalidated = Of(RefreshResult.Invalidated);

    public bool IsError => Result is RefreshResult.Pending or RefreshResult.Failed or RefreshResult.Invalid;

    public static RefreshOutcome Of(RefreshResult result, string? error = null) => new(result, 0, 0, 0, error, []);

    public static RefreshOutcome Of(RosterRevalidation revalidation)
    {
        if (revalidation.Changes is not { } set)
        {
            return Of(RefreshResult.Failed, revalidation.Error ?? "failed") with { Skipped = revalidation.Skipped };
        }

        var added = set.Changes.Count(change => change.Before is null);
        var removed = set.Changes.Count(change => change.After is null);
        return new RefreshOutcome(
            set.Changes.IsEmpty ? RefreshResult.Unchanged : RefreshResult.Updated,
            added, set.Changes.Length - added - removed, removed, null, revalidation.Skipped);
    }
}

/// <summary>
/// The refresh of many rosters at once (contract §4): users with a session have theirs fetched, compared and pushed, within the bound of the host's hook; the
/// cached rosters of the others are marked stale. The work outlives its deadline and its caller.
/// </summary>
internal sealed partial class RosterRefresh(
    IGrainFactory grains, LocalRoutes routes, RosterCarrier carrier, FrontendInstruments instruments, TimeProvider time, ILogger<RosterRefresh> log)
{
    /// <summary>In how many lanes a refresh goes on when the host sets no bound for its hook.</summary>
    private const int ParallelDefault = 64;

    /// <summary>Names of one host that refreshes may be at work on: an application that never waits for an answer is told to.</summary>
    public const int NamesMax = 400_000;

    private readonly PerHost _underWay = new(NamesMax);

    /// <summary>Whether so many names more may be refreshed at present; then <see cref="RunAsync"/> must follow with them.</summary>
    public bool TryBegin(string domain, int names) => _underWay.TryBegin(domain, names);

    /// <summary>One entry for each name given, in its order; the same object where the same user was named again.</summary>
    public static ImmutableArray<RefreshedUser> Resolve(HostSettings host, IReadOnlyList<string> names)
    {
        var users = new Dictionary<string, RefreshedUser>(names.Count, StringComparer.Ordinal);
        var resolved = ImmutableArray.CreateBuilder<RefreshedUser>(names.Count);
        foreach (var name in names)
        {
            var jid = ParseUser(host, name);
            var key = jid?.Bare ?? name;
            if (!users.TryGetValue(key, out var user))
            {
                users[key] = user = new RefreshedUser(name, jid);
            }

            resolved.Add(user);
        }

        return resolved.MoveToImmutable();
    }

    /// <summary>Done at the deadline at the latest; the work then goes on.</summary>
    public async Task RunAsync(HostSettings host, ImmutableArray<RefreshedUser> users, TimeSpan deadline)
    {
        var work = WorkToTheEndAsync(host, users);
        try
        {
            await work.WaitAsync(deadline, time);
        }
        catch (TimeoutException)
        {
            DeadlinePassed(log, host.Domain, users.Count(user => user.Outcome.Result == RefreshResult.Pending));
        }
    }

    private async Task WorkToTheEndAsync(HostSettings host, ImmutableArray<RefreshedUser> users)
    {
        try
        {
            await WorkAsync(host, users);
        }
        finally
        {
            _underWay.End(host.Domain, users.Length);
        }
    }

    private async Task WorkAsync(HostSettings host, ImmutableArray<RefreshedUser> users)
    {
        var live = new List<RefreshedUser>();
        foreach (var user in users.Distinct())
        {
            if (user.Jid is { } jid && user.Outcome.Result == RefreshResult.Pending)
            {
                // Without a session, and nothing cached that could be served unasked: there is nothing to do.
                if (routes.IsSurelyOffline(jid.Bare) && !MayServeUnasked(host))
                {
                    user.Outcome = RefreshOutcome.Invalidated;
                    instruments.Refreshed("invalidated");
                }
                else
                {
                    live.Add(user);
                }
            }
        }

        var parallel = host.Limits.HookConcurrency > 0 ? host.Limits.HookConcurrency : ParallelDefault;
        await Parallel.ForEachAsync(live, new ParallelOptions { MaxDegreeOfParallelism = parallel }, async (user, _) =>
        {
            user.Outcome = await RefreshOneAsync(user.Jid!);
            instruments.Refreshed(user.Outcome.Result.ToString().ToLowerInvariant());
        });
    }

    private async Task<RefreshOutcome> RefreshOneAsync(Jid jid)
    {
        try
        {
            var isLive = routes.IsComplete ? !routes.IsSurelyOffline(jid.Bare) : await grains.Sessions(jid).IsLiveAsync();
            if (isLive)
            {
                return RefreshOutcome.Of(await carrier.RevalidateAsync(jid));
            }

            await grains.Roster(jid).InvalidateAsync();
            return RefreshOutcome.Invalidated;
        }
        catch (Exception e) when (e is TimeoutException or Orleans.Runtime.OrleansException)
        {
            RefreshFailed(log, jid.Domainpart, e);
            return RefreshOutcome.Of(RefreshResult.Failed, "the service is overloaded");
        }
    }

    /// <summary>Whether what is cached for a user without a session may be served once more: for a while, or to a component, which is told what changes (XEP-0356 §4).</summary>
    private static bool MayServeUnasked(HostSettings host) => host.HttpRoster is { } roster
        && (roster.FreshFor > TimeSpan.Zero || host.PrivilegedEntities.Values.Any(static privileges => privileges.Roster.HasFlag(PrivilegeAccess.Get)));

    /// <summary>A localpart, or a bare JID of the host.</summary>
    private static Jid? ParseUser(HostSettings host, string name)
    {
        var text = name.Contains('@') ? name : $"{name}@{host.Domain}";
        return Jid.TryParse(text, out var jid) && jid.IsBare && jid.HasLocalpart && jid.Domainpart == host.Domain ? jid : null;
    }

    [LoggerMessage(2101, LogLevel.Warning, "A refresh of {Host} passed its deadline with {Pending} rosters to go; they go on")]
    private static partial void DeadlinePassed(ILogger log, string host, int pending);

    [LoggerMessage(2102, LogLevel.Error, "A roster of {Host} could not be refreshed")]
    private static partial void RefreshFailed(ILogger log, string host, Exception exception);
}
