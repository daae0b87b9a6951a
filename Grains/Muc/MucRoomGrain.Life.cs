using System.Collections.Immutable;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Muc;
using Krewe.Contracts.Stanzas;
using Krewe.Grains.Storage;
using Microsoft.Extensions.Logging;

namespace Krewe.Grains.Muc;

/// <summary>How a room begins and ends (XEP-0045 §10.1, §10.9), and what becomes of it when its service or its process goes.</summary>
internal sealed partial class MucRoomGrain
{
    private const ushort StatusServiceGone = 332;

    /// <summary>Long enough that only the room's end lets the activation be collected.</summary>
    private static readonly TimeSpan WhileAlive = TimeSpan.FromDays(3650);

    /// <summary>How often a room with somebody in it looks whether its service is still there.</summary>
    private static readonly TimeSpan WatchEvery = TimeSpan.FromSeconds(15);

    /// <summary>And how often, in these, it tells the service of itself, which forgets rooms that live in memory alone when its own process dies.</summary>
    private const int WatchesPerListing = 20;

    /// <summary>What a goodbye may take when the process stops.</summary>
    private static readonly TimeSpan GoodbyeWithin = TimeSpan.FromSeconds(2);

    private Task<StanzaError?>? _creation;
    private Task _removal = Task.CompletedTask;
    private ShortStay? _stay;
    private IGrainTimer? _watch;
    private int _watches;

    private bool IsCreating => _creation is { IsCompleted: false };

    /// <summary>Whoever is still here learns that the room is not, and may come again (XEP-0045 §11).</summary>
    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        if (_occupants.Count == 0)
        {
            return;
        }

        var told = Task.WhenAll(_occupants.Visits.Select(visit => TellOwnAsync(visit, ServiceGone(visit))).ToArray());
        await told.WaitAsync(GoodbyeWithin, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
    }

    /// <summary>A room with somebody in it, or one that lives in memory alone, stays; others go when they are idle.</summary>
    private void StayWhileNeeded()
    {
        if (_occupants.Count > 0)
        {
            _watch ??= this.RegisterGrainTimer(WatchAsync, new GrainTimerCreationOptions { DueTime = WatchEvery, Period = WatchEvery, Interleave = true });
        }
        else
        {
            _watch?.Dispose();
            _watch = null;
        }

        if (_occupants.Count > 0 || (_exists && !Config.IsPersistent))
        {
            DelayDeactivation(WhileAlive);
            return;
        }

        DelayDeactivation(TimeSpan.Zero);
        if (!_exists)
        {
            (_stay ??= new(this, () => !_exists && !IsCreating && _occupants.Count == 0)).Begin();
        }
    }

    /// <summary>
    /// Creates the room once, however many enter at once: counted in with its service, stored when it is persistent and not locked. Null when it is there.
    /// </summary>
    private Task<StanzaError?> CreateOnceAsync(MucRoomState room, bool isLocked, int roomsMax) =>
        IsCreating ? _creation! : _creation = CreateAsync(room, isLocked, roomsMax);

    private async Task<StanzaError?> CreateAsync(MucRoomState room, bool isLocked, int roomsMax)
    {
        await _removal;
        try
        {
            if (!await GrainFactory.MucService(_self.Domainpart).AddAsync(ListingOf(room.Config, isLocked), roomsMax))
            {
                return StanzaError.ResourceConstraint;
            }

            if (room.Config.IsPersistent && !isLocked)
            {
                await state.ChangeAsync(_ => room);
            }
        }
        catch
        {
            // Whether or not it was counted.
            await UnlistAsync();
            throw;
        }

        (_room, _exists, _isLocked) = (room, true, isLocked);
        _history.Clear();
        return null;
    }

    /// <summary>The room is no more.</summary>
    private void Clear()
    {
        (_exists, _isLocked, _room) = (false, false, new MucRoomState());
        _history.Clear();
        AbandonRelayed();
        _removal = UnlistAsync();
    }

    /// <summary>Awaited before a room of the same name is counted in again; never fails.</summary>
    private async Task UnlistAsync()
    {
        try
        {
            await GrainFactory.MucService(_self.Domainpart).RemovedAsync(_self.Bare);
        }
        catch (Exception e) when (e is TimeoutException or Orleans.Runtime.OrleansException)
        {
            // It is listed until the service's grain begins anew, and whoever looks at it learns that it is not there.
            LogNotUnlisted(logger, _self.Domainpart, e);
        }
    }

    /// <summary>A temporary room that nobody is in any more is over (XEP-0045 §10). One that nobody has been in yet, as the API makes it, waits for its first occupant.</summary>
    private void EndWhenEmpty()
    {
        if (_occupants.Count > 0)
        {
            return;
        }

        if (_isSaving)
        {
            _isDeserted = true;
            return;
        }

        if (_exists && (!Config.IsPersistent || _isLocked))
        {
            Clear();
        }

        StayWhileNeeded();
    }

    /// <summary>XEP-0045 §10.9: gone from the disk first; then one presence to each session, and nobody hears of the others.</summary>
    private async Task DestroyAsync(MucDestroy destroy)
    {
        if (state.RecordExists)
        {
            await state.RemoveAsync();
        }

        // From here on in one go: whoever enters now enters another room.
        if (_exists)
        {
            Clear();
        }

        var removed = RemoveEverybodyAsync(_ => new Leaving(new MucUserItem(MucAffiliation.None, MucRole.None), [], null, MucPayload.Empty, destroy));
        await _removal;
        await removed;
    }

    private async Task WatchAsync(CancellationToken cancellationToken)
    {
        if (!await HasServiceAsync())
        {
            await RemoveEverybodyAsync(ServiceGone);
            return;
        }

        ScheduleRechecks();
        if (++_watches % WatchesPerListing == 0 && _exists)
        {
            _ = GrainFactory.MucService(_self.Domainpart).ListedAsync(Listing);
        }
    }

    /// <summary>Whether the room's service is there and its host enabled.</summary>
    private async ValueTask<bool> HasServiceAsync()
    {
        if (TryGetService(out _, out _))
        {
            return true;
        }

        // The host may be there again, and nobody in this process have asked for it since.
        await hosts.FindAsync(_self.Domainpart);
        return TryGetService(out _, out _);
    }

    private static Leaving ServiceGone(MucVisit visit) => Departure(visit) with { Statuses = [StatusServiceGone] };

    private Task RemoveEverybodyAsync(Func<MucVisit, Leaving> how)
    {
        var sent = new List<Task>(_occupants.Sessions);
        foreach (var visit in _occupants.Visits.ToArray())
        {
            sent.Add(TellOwnAsync(visit, how(visit)));
            Forget(visit);
        }

        return Task.WhenAll(sent);
    }

    [LoggerMessage(3102, LogLevel.Warning, "A room of {Service} is over, and could not be taken off its list")]
    private static partial void LogNotUnlisted(ILogger logger, string service, Exception exception);
}
