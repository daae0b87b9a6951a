using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Muc;
using Krewe.Grains.Outbound;
using Microsoft.Extensions.Logging;

namespace Krewe.Grains.Muc;

/// <summary>
/// Whether one user may be in one room (contract: "Room access"): the remembered decision, or one question to the tenant's service for all who wait. Methods interleave;
/// what is remembered changes in one piece, between awaits. No answer is never remembered as one.
/// </summary>
internal sealed partial class MucAuthGrain(
    MucAuthClient client, MucFallbackLog fallbacks, IHostSettingsSource hosts, TimeProvider time, ILogger<MucAuthGrain> logger) : Grain, IMucAuthGrain
{
    /// <summary>A user has a nickname for each device at most; one who tries out names is not worth a question for each at once.</summary>
    public const int NicknamesMax = 4;

    /// <summary>How often one who waits is asked for, when the answers are made void while they are under way.</summary>
    public const int AsksMax = 3;

    /// <summary>How long a decision that ran out may stand in for an answer.</summary>
    public static readonly TimeSpan StaleFor = TimeSpan.FromDays(1);

    /// <summary>A question ends by its own deadline; this is for those who wait for the one after it.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    /// <summary>A timer cannot be set as far ahead as a decision may hold.</summary>
    private static readonly TimeSpan TimerMax = TimeSpan.FromDays(1);

    private readonly Dictionary<string, SingleFlight<MucDecision?>> _questions = new(StringComparer.Ordinal);
    private Jid _room = null!;
    private Jid _user = null!;
    private MucMemo? _memo;
    private long _forgotten;
    private IGrainTimer? _timer;
    private ShortStay? _stay;

    private bool IsAsking => _questions.Values.Any(question => question.IsUnderWay);

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var key = this.GetPrimaryKeyString();
        var slash = key.IndexOf('/', StringComparison.Ordinal);
        (_room, _user) = (Jid.Parse(key[..slash]), Jid.Parse(key[(slash + 1)..]));
        return Task.CompletedTask;
    }

    public async Task<MucDecision> DecideAsync(string nickname, bool isAfresh)
    {
        if (await SettingsAsync() is not { } service)
        {
            Stay();
            return Decided("failed", new(MucVerdict.Failed, time.GetUtcNow()), _room.Domainpart);
        }

        if (service.Auth is not { } auth)
        {
            // Nobody is asked any more, so nobody's word is kept either.
            _memo = null;
            Stay();
            return new(MucVerdict.Admitted, time.GetUtcNow());
        }

        if (!isAfresh && _memo is { } memo && memo.IsAbout(nickname, MucAuthClient.SourceOf(auth)) && time.GetUtcNow() < memo.Decision.Until)
        {
            return Decided("hit", memo.Decision, service.Host.Domain);
        }

        if (QuestionFor(nickname) is not { } question)
        {
            return Decided("failed", new(MucVerdict.Failed, time.GetUtcNow()), service.Host.Domain);
        }

        var asking = isAfresh ? question.JoinNext() : question.Join();
        await ((Task)asking.WaitAsync(auth.Timeout + Grace, time)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        return asking.IsCompleted && await asking is { } answer
            ? Decided(answer.Verdict == MucVerdict.Admitted ? "asked" : "refused", answer, service.Host.Domain)
            : WithoutAnswer(nickname, service.Host, auth);
    }

    public Task<bool> ForgetAsync()
    {
        var wasThere = _memo is not null || IsAsking;
        _forgotten++;
        _memo = null;
        Stay();
        return Task.FromResult(wasThere);
    }

    private static MucDecision Decided(string result, MucDecision decision, string host)
    {
        HookInstruments.MucDecision(result, host);
        return decision;
    }

    /// <summary>Null when the room's domain is no room service; without <c>Auth</c> when nobody is asked about this room.</summary>
    private async ValueTask<(HostSettings Host, MucHttpAuthSettings? Auth)?> SettingsAsync() =>
        await hosts.FindAsync(_room.Domainpart) is { Component: MucServiceSettings service, Host: var host }
            ? (host, service.HttpAuth is { } auth && auth.AppliesTo(_user.Domainpart, _room.Localpart ?? "") ? auth : null)
            : null;

    private SingleFlight<MucDecision?>? QuestionFor(string nickname)
    {
        foreach (var (other, question) in _questions)
        {
            if (!question.IsUnderWay)
            {
                _questions.Remove(other);
            }
        }

        if (!_questions.TryGetValue(nickname, out var known) && _questions.Count < NicknamesMax)
        {
            _questions.Add(nickname, known = new(() => AskAsync(nickname)));
        }

        return known;
    }

    /// <summary>What <c>muc_http_auth_on_error</c> says. It never overrides a refusal that still holds.</summary>
    private MucDecision WithoutAnswer(string nickname, HostSettings host, MucHttpAuthSettings auth)
    {
        var now = time.GetUtcNow();
        var last = _memo is { } memo && memo.IsAbout(nickname, MucAuthClient.SourceOf(auth)) && now < memo.KeptUntil ? memo.Decision : null;
        if (last is { Verdict: MucVerdict.Refused } && now < last.Until)
        {
            return Decided("hit", last, host.Domain);
        }

        if (auth.OnError == MucAuthOnError.Stale && last is not null)
        {
            // It may keep people out, but it is not the word that removes anybody.
            return Decided("fallback", last with { Until = now, IsExplicit = false, IsFallback = true }, host.Domain);
        }

        if (auth.OnError != MucAuthOnError.Allow)
        {
            return Decided("failed", new(MucVerdict.Failed, now), host.Domain);
        }

        fallbacks.Admitted(_room.Domainpart, _room.Bare, _user.Bare);
        return Decided("fallback", new(MucVerdict.Admitted, now, IsFallback: true), host.Domain);
    }

    /// <summary>Lets the activation go when it holds nothing any more, and keeps it until then.</summary>
    private void Stay()
    {
        var rest = _memo is { } memo ? memo.KeptUntil - time.GetUtcNow() : TimeSpan.Zero;
        if (rest > TimeSpan.Zero)
        {
            DelayDeactivation(rest);
            var due = rest < TimerMax ? rest + TimeSpan.FromMilliseconds(1) : TimerMax;
            if (_timer is null)
            {
                _timer = this.RegisterGrainTimer(StayAsync, new GrainTimerCreationOptions { DueTime = due, Period = Timeout.InfiniteTimeSpan, Interleave = true });
            }
            else
            {
                _timer.Change(due, Timeout.InfiniteTimeSpan);
            }

            return;
        }

        _memo = null;
        DelayDeactivation(TimeSpan.Zero);
        (_stay ??= new(this, () => _memo is null && !IsAsking)).Begin();
    }

    private Task StayAsync(CancellationToken cancellationToken)
    {
        Stay();
        return Task.CompletedTask;
    }

    [LoggerMessage(2203, LogLevel.Debug, "Answer about joins of {Host}: {Error}")]
    private partial void LogError(string host, string error);

    [LoggerMessage(2204, LogLevel.Information, "Answer about joins of {Host}: {Count} values of no use; says yes or no: {IsClear}")]
    private partial void LogUnusable(string host, int count, bool isClear);
}
