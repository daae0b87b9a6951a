using System.Collections.Immutable;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Muc;
using Krewe.Grains.Outbound;
using Microsoft.Extensions.Logging;

namespace Krewe.Grains.Muc;

/// <summary>
/// Where one room service's decisions may be remembered, and who is in its rooms, in memory. A decision that there is no room to keep in sight is not remembered
/// either: none exists that could not be revoked.
/// </summary>
internal sealed partial class MucDecisionsGrain(TimeProvider time, ILogger<MucDecisionsGrain> logger) : Grain, IMucDecisionsGrain
{
    /// <summary>Decisions about people who are in no room; those who are in one are bounded by the rooms' limits.</summary>
    public const int PlacesMax = 1_000_000;

    /// <summary>More than one call can add, so that what runs out goes faster than it comes.</summary>
    private const int SweptPerCall = 4;

    private const int SweptPerTick = 5000;
    private static readonly TimeSpan TickEvery = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan NextTickSoon = TimeSpan.FromMilliseconds(100);

    /// <summary>Long enough that only its being empty lets the activation be collected.</summary>
    private static readonly TimeSpan WhileHolding = TimeSpan.FromDays(3650);

    private readonly MucDecisionTable _table = new();
    private IGrainTimer? _timer;
    private ShortStay? _stay;
    private bool _isFull;

    public Task HoldAsync(string room, string user, DateTimeOffset until)
    {
        _table.Hold(room, user, until);
        Tidy();
        return Task.CompletedTask;
    }

    public Task EnteredAsync(string room, string user)
    {
        _table.Enter(room, user);
        Tidy();
        return Task.CompletedTask;
    }

    public Task LeftAsync(string room, string user)
    {
        _table.Leave(room, user);
        Tidy();
        return Task.CompletedTask;
    }

    public Task<ImmutableArray<MucDecisionPlace>> FindAsync(string? room, string? user, MucDecisionPlace? after, int limit)
    {
        Tidy();
        return Task.FromResult(_table.Find(room, user, after, limit, time.GetUtcNow()));
    }

    private void Tidy()
    {
        _table.Sweep(time.GetUtcNow(), SweptPerCall);
        while (_table.AbsentCount > PlacesMax && _table.TryRemoveFirst(out var place))
        {
            // Not awaited: it awaits this grain.
            _ = GrainFactory.MucAuth(Jid.Parse(place.Room), Jid.Parse(place.User)).ForgetAsync();
            HookInstruments.MucDecisionForgotten();
            if (!_isFull)
            {
                _isFull = true;
                LogFull(this.GetPrimaryKeyString(), PlacesMax);
            }
        }

        if (_table.Count == 0)
        {
            Stay();
        }
        else if (_timer is null)
        {
            DelayDeactivation(WhileHolding);
            _timer = this.RegisterGrainTimer(TickAsync, new GrainTimerCreationOptions { DueTime = TickEvery, Period = TickEvery });
        }
    }

    private Task TickAsync(CancellationToken cancellationToken)
    {
        var swept = _table.Sweep(time.GetUtcNow(), SweptPerTick);
        _isFull &= _table.AbsentCount >= PlacesMax;
        if (_table.Count == 0)
        {
            _timer?.Dispose();
            _timer = null;
            DelayDeactivation(TimeSpan.Zero);
            Stay();
        }
        else if (swept == SweptPerTick)
        {
            // The rest does not wait as long, and does not hold up the calls that came meanwhile.
            _timer?.Change(NextTickSoon, TickEvery);
        }

        return Task.CompletedTask;
    }

    private void Stay() => (_stay ??= new(this, () => _table.Count == 0)).Begin();

    [LoggerMessage(2205, LogLevel.Warning, "{Service} has more than {Max} decisions about joins to remember: those that would run out first are forgotten")]
    private partial void LogFull(string service, int max);
}
