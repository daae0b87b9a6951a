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

    /// <summary>How often the room looks whom to ask about again, and about how many at a time.</summary>
    private static readonly TimeSpan RecheckEvery = TimeSpan.FromSeconds(1);

    private const int RechecksAtOnce = 16;

    /// <summary>Those whose allowances ran out together are asked about over this long.</summary>
    private static readonly TimeSpan RecheckSpreadMax = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan RetryFirst = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan RetryMax = TimeSpan.FromMinutes(5);

    private readonly Dictionary<string, Authorized> _authorized = new(StringComparer.Ordinal);
    private readonly PriorityQueue<Authorized, DateTimeOffset> _rechecks = new();
    private IGrainTimer? _recheckTimer;

    /// <summary>A user who is in the room by a decision.</summary>
    private sealed class Authorized(Jid user)
    {
        public Jid User { get; } = user;

        public MucAffiliation? Affiliation { get; set; }

        public MucRole? Role { get; set; }

        public int Failures { get; set; }

        /// <summary>Whether a place in the queue is for this; an older place counts for nothing.</summary>
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

    /// <summary>Notes the decision that a user is in the room by.</summary>
    private void Authorize(Jid user, MucDecision? decision)
    {
        if (decision is null)
        {
            return;
        }

        if (!_authorized.TryGetValue(user.Bare, out var authorized))
        {
            _authorized.Add(user.Bare, authorized = new Authorized(user.ToBare()));
            _ = GrainFactory.MucDecisions(_self.Domainpart).EnteredAsync(_self.Bare, user.Bare);
        }

        (authorized.Affiliation, authorized.Role, authorized.Failures) = (decision.Affiliation, decision.Role, 0);
        if (TryGetService(out _, out var service) && service.HttpAuth is { Recheck: true } auth)
        {
            // Not all at once: those who came together would otherwise be asked about together, for ever.
            var spread = TimeSpan.FromTicks(Math.Min(auth.AllowFor.Ticks / 10, RecheckSpreadMax.Ticks));
            var rest = decision.Until - time.GetUtcNow();
            ScheduleRecheck(authorized, (rest > TimeSpan.Zero ? rest : RetryFirst) + (spread * Random.Shared.NextDouble()));
        }
        else
        {
            authorized.RecheckAt = null;
        }
    }

    private void Unauthorize(Jid user)
    {
        if (_authorized.Remove(user.Bare, out var authorized))
        {
            authorized.RecheckAt = null;
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
            var status = decision.Affiliation == MucAffiliation.Outcast ? StatusBanned : Config.IsMembersOnly ? StatusAffiliationLost : StatusKicked;
            var affiliation = decision.Affiliation == MucAffiliation.Outcast ? MucAffiliation.Outcast : MucAffiliation.None;
            return await ExpelAsync([.. occupants], new MucUserItem(affiliation, MucRole.None, Reason: decision.Reason), [status]);
        }

        if (decision.Verdict != MucVerdict.Admitted || decision.IsFallback)
        {
            // No answer removes nobody: it is asked for again, less and less often.
            if (_authorized.TryGetValue(user.Bare, out var authorized))
            {
                var wait = TimeSpan.FromTicks(Math.Min(RetryFirst.Ticks << Math.Min(authorized.Failures++, 16), RetryMax.Ticks));
                ScheduleRecheck(authorized, wait * (0.8 + (0.4 * Random.Shared.NextDouble())));
            }

            return 0;
        }

        Authorize(user, decision);
        await AdjustAsync(user, decision.Role);
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

    /// <summary>Removes every session of some occupants; how many there were.</summary>
    private async Task<int> ExpelAsync(ImmutableArray<MucOccupant> occupants, MucUserItem item, ImmutableArray<ushort> statuses)
    {
        var sent = new List<Task>();
        foreach (var occupant in occupants)
        {
            foreach (var visit in occupant.Visits.ToArray())
            {
                sent.Add(RemoveAsync(visit, new Leaving(item, statuses, null, MucPayload.Empty)));
            }
        }

        await Task.WhenAll(sent);
        return sent.Count;
    }

    private void ScheduleRecheck(Authorized authorized, TimeSpan wait)
    {
        var at = time.GetUtcNow() + wait;
        authorized.RecheckAt = at;
        _rechecks.Enqueue(authorized, at);
        _recheckTimer ??= this.RegisterGrainTimer(RecheckAsync, new GrainTimerCreationOptions { DueTime = RecheckEvery, Period = RecheckEvery, Interleave = true });
    }

    private async Task RecheckAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var due = new List<Jid>(RechecksAtOnce);
        while (due.Count < RechecksAtOnce && _rechecks.TryPeek(out var next, out var at) && at <= now)
        {
            _rechecks.Dequeue();
            if (next.RecheckAt == at && _authorized.GetValueOrDefault(next.User.Bare) == next)
            {
                next.RecheckAt = null;
                due.Add(next.User);
            }
        }

        if (_rechecks.Count == 0 && due.Count == 0)
        {
            _recheckTimer?.Dispose();
            _recheckTimer = null;
        }

        await Task.WhenAll(due.Select(RecheckAsync));
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
