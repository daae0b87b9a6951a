using System.Collections.Immutable;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Muc;
using Krewe.Contracts.Stanzas;
using Microsoft.Extensions.Logging;

namespace Krewe.Grains.Muc;

/// <summary>The tenant's decisions (contract: "Room access") about those who are in the room: kept in step, asked again, and acted upon.</summary>
internal sealed partial class MucRoomGrain
{
    private const ushort StatusBanned = 301;
    private const ushort StatusKicked = 307;
    private const ushort StatusAffiliationLost = 321;

    /// <summary>How soon the room looks again whom to ask about again, and about how many at a time.</summary>
    private static readonly TimeSpan RecheckSoonest = TimeSpan.FromSeconds(1);

    private const int RechecksAtOnce = 32;

    /// <summary>A timer's wait is no longer, however far ahead the next one is.</summary>
    private static readonly TimeSpan RecheckLatest = TimeSpan.FromSeconds(30);

    /// <summary>Those whose allowances ran out together are asked about over this long.</summary>
    private static readonly TimeSpan RecheckSpreadMax = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan RetryFirst = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan RetryMax = TimeSpan.FromMinutes(5);

    private readonly Dictionary<string, Authorized> _authorized = new(StringComparer.Ordinal);

    /// <summary>Those with a time to be asked about, the next one first.</summary>
    private readonly SortedSet<Authorized> _rechecks = new(Comparer<Authorized>.Create((x, y) =>
        Nullable.Compare(x.RecheckAt, y.RecheckAt) is var first && first != 0 ? first : x.User.CompareTo(y.User)));

    private IGrainTimer? _recheckTimer;
    private MucHttpAuthSettings? _recheckedBy;

    /// <summary>A user who is in the room by a decision.</summary>
    private sealed class Authorized(Jid user)
    {
        public Jid User { get; } = user;

        public MucAffiliation? Affiliation { get; set; }

        public MucRole? Role { get; set; }

        /// <summary>How long it may be relied upon.</summary>
        public DateTimeOffset Until { get; set; }

        public int Failures { get; set; }

        /// <summary>Changes only outside of the order that it is a part of.</summary>
        public DateTimeOffset? RecheckAt { get; set; }
    }

    private bool IsDecided(Jid user, HostSettings host, MucServiceSettings service) => service.IsAskedAbout(host, _self, user);

    /// <summary>What a decision refuses with (contract §6); null when it admits.</summary>
    private static StanzaError? RefusalOf(MucDecision decision) => decision switch
    {
        { Verdict: MucVerdict.Admitted } => null,
        { Verdict: MucVerdict.Failed } => StanzaError.RemoteServerTimeout,
        _ => (decision.Condition ?? StanzaErrorCondition.NotAuthorized) switch
        {
            StanzaErrorCondition.ItemNotFound => StanzaError.ItemNotFound with { Text = decision.Reason },
            StanzaErrorCondition.ServiceUnavailable => ServiceUnavailableWait with { Text = decision.Reason },
            var condition => new StanzaError(StanzaErrorType.Auth, condition, decision.Reason),
        },
    };

    /// <summary>Notes the decision that a user is in the room by; whether it says something else than the one before.</summary>
    private bool Authorize(Jid user, MucDecision? decision)
    {
        if (decision is null)
        {
            return false;
        }

        var isKnown = _authorized.ContainsKey(user.Bare);
        var authorized = AuthorizedOf(user);
        var isOther = isKnown && (authorized.Affiliation, authorized.Role) != (decision.Affiliation, decision.Role);
        (authorized.Affiliation, authorized.Role, authorized.Until, authorized.Failures) = (decision.Affiliation, decision.Role, decision.Until, 0);
        if (TryGetService(out _, out var service) && service.HttpAuth is { Recheck: true } auth)
        {
            ScheduleRecheck(authorized, auth);
        }
        else
        {
            Unschedule(authorized);
        }

        return isOther;
    }

    private Authorized AuthorizedOf(Jid user)
    {
        if (!_authorized.TryGetValue(user.Bare, out var authorized))
        {
            _authorized.Add(user.Bare, authorized = new Authorized(user.ToBare()));
            _ = GrainFactory.MucDecisions(_self.Domainpart).EnteredAsync(_self.Bare, user.Bare);
        }

        return authorized;
    }

    private void Unauthorize(Jid user)
    {
        if (_authorized.Remove(user.Bare, out var authorized))
        {
            Unschedule(authorized);
            _ = GrainFactory.MucDecisions(_self.Domainpart).LeftAsync(_self.Bare, user.Bare);
        }
    }

    public Task<string?> NicknameAsync(Jid user) => Task.FromResult(_occupants.Of(user.Bare) is [var first, ..] ? first.Nickname : null);

    public async Task<int> ApplyAsync(Jid user, MucDecision decision)
    {
        var occupants = _occupants.Of(user.Bare);
        if (occupants.Count == 0)
        {
            return 0;
        }

        if (decision is { Verdict: MucVerdict.Refused, IsExplicit: true })
        {
            LogRevoked(logger, _self.Domainpart);
            return await ExpelAsync([.. occupants], occupant =>
                decision.Affiliation == MucAffiliation.Outcast ? Expelled(MucAffiliation.Outcast, StatusBanned, reason: decision.Reason)
                : Config.IsMembersOnly ? Expelled(MucAffiliation.None, StatusAffiliationLost, reason: decision.Reason)
                : Expelled(occupant.Affiliation, StatusKicked, reason: decision.Reason));
        }

        if (decision.Verdict != MucVerdict.Admitted || decision.IsFallback)
        {
            // No answer removes nobody: it is asked for again, less and less often.
            var authorized = AuthorizedOf(user);
            var wait = TimeSpan.FromTicks(Math.Min(RetryFirst.Ticks << Math.Min(authorized.Failures++, 16), RetryMax.Ticks));
            ScheduleRecheck(authorized, wait * (0.8 + (0.4 * Random.Shared.NextDouble())));
            return 0;
        }

        // What was named before and is no more is what the affiliation begins with.
        var wasNamed = _authorized.GetValueOrDefault(user.Bare)?.Role is not null;
        Authorize(user, decision);
        await AdjustAsync(user, decision.Role ?? (wasNamed ? MucPermissions.InitialRole(AffiliationOf(user), Config.IsModerated) : null));
        return 0;
    }

    /// <summary>Brings the user's occupants to the affiliation that holds now, and to a role that a decision named.</summary>
    private Task AdjustAsync(Jid user, MucRole? named)
    {
        var affiliation = AffiliationOf(user);
        var sent = new List<Task>();
        foreach (var occupant in _occupants.Of(user.Bare))
        {
            var role = affiliation >= MucAffiliation.Admin ? MucRole.Moderator
                : named ?? MucPermissions.RoleAfter(occupant.Role, occupant.Affiliation, affiliation, Config.IsModerated);
            if (affiliation != occupant.Affiliation || role != occupant.Role)
            {
                sent.Add(ChangeStandingAsync(occupant, affiliation, role, null, null));
            }
        }

        return Task.WhenAll(sent);
    }

    /// <summary>Sees to it that those are asked about again who came before the settings said so.</summary>
    private void ScheduleRechecks()
    {
        if (!TryGetService(out _, out var service) || ReferenceEquals(service.HttpAuth, _recheckedBy))
        {
            return;
        }

        _recheckedBy = service.HttpAuth;
        if (service.HttpAuth is { Recheck: true } auth)
        {
            foreach (var authorized in _authorized.Values.Where(authorized => authorized.RecheckAt is null))
            {
                ScheduleRecheck(authorized, auth);
            }
        }
    }

    private void ScheduleRecheck(Authorized authorized, MucHttpAuthSettings auth)
    {
        // Not all at once: those who came together would otherwise be asked about together, for ever.
        var spread = TimeSpan.FromTicks(Math.Min(auth.AllowFor.Ticks / 10, RecheckSpreadMax.Ticks));
        var rest = authorized.Until - time.GetUtcNow();
        ScheduleRecheck(authorized, (rest > TimeSpan.Zero ? rest : RetryFirst) + (spread * Random.Shared.NextDouble()));
    }

    private void ScheduleRecheck(Authorized authorized, TimeSpan wait)
    {
        Unschedule(authorized);
        authorized.RecheckAt = time.GetUtcNow() + wait;
        _rechecks.Add(authorized);
        if (_rechecks.Min != authorized)
        {
            return;
        }

        var due = NextRecheck();
        if (_recheckTimer is null)
        {
            _recheckTimer = this.RegisterGrainTimer(RecheckAsync, new GrainTimerCreationOptions { DueTime = due, Period = RecheckSoonest, Interleave = true });
        }
        else
        {
            _recheckTimer.Change(due, RecheckSoonest);
        }
    }

    private TimeSpan NextRecheck()
    {
        var rest = (_rechecks.Min?.RecheckAt - time.GetUtcNow()) ?? RecheckLatest;
        return rest < RecheckSoonest ? RecheckSoonest : rest > RecheckLatest ? RecheckLatest : rest;
    }

    private void Unschedule(Authorized authorized)
    {
        if (authorized.RecheckAt is not null)
        {
            _rechecks.Remove(authorized);
            authorized.RecheckAt = null;
        }
    }

    private async Task RecheckAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var due = new List<Jid>(RechecksAtOnce);
        while (due.Count < RechecksAtOnce && _rechecks.Min is { } next && next.RecheckAt <= now)
        {
            Unschedule(next);
            due.Add(next.User);
        }

        await Task.WhenAll(due.Select(RecheckAsync));
        if (_rechecks.Count == 0)
        {
            _recheckTimer?.Dispose();
            _recheckTimer = null;
        }
        else
        {
            _recheckTimer?.Change(NextRecheck(), RecheckSoonest);
        }
    }

    /// <summary>Asks outside of any turn; what has become of the user meanwhile is looked at when the answer is there.</summary>
    private async Task RecheckAsync(Jid user)
    {
        if (_occupants.Of(user.Bare) is not [var occupant, ..] || !TryGetService(out var host, out var service) || !IsDecided(user, host, service))
        {
            return;
        }

        MucDecision decision;
        try
        {
            decision = await GrainFactory.MucAuth(_self, user).DecideAsync(occupant.Nickname, isAfresh: true);
        }
        catch (Exception e) when (e is TimeoutException or Orleans.Runtime.OrleansException)
        {
            decision = new MucDecision(MucVerdict.Failed, time.GetUtcNow());
        }

        await ApplyAsync(user, decision);
    }

    [LoggerMessage(3101, LogLevel.Information, "A user was removed from a room of {Service} as its tenant's service says")]
    private static partial void LogRevoked(ILogger logger, string service);
}
