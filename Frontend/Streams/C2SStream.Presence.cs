using System.Collections.Immutable;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Rosters;
using Krewe.Contracts.Sessions;
using Krewe.Contracts.Stanzas;

namespace Krewe.Frontend.Streams;

/// <summary>How a bound resource becomes available (RFC 6121 §4.2): the roster first, so that the presence reaches whom it must.</summary>
internal sealed partial class C2SStream
{
    /// <summary>How often, and after how long, a roster that could not be loaded is tried again while the session lives.</summary>
    private static readonly ImmutableArray<TimeSpan> RosterRetries =
        [TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(45), TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(5)];

    private const int InlineContactsMax = 16;

    public string FrontendName => _services.Sessions.FrontendName;

    /// <summary>Initial presence. A roster that does not come in time leaves it to the own resources, and the contacts are told when it does.</summary>
    public async Task BecomeAvailableAsync(StanzaFrame presence, sbyte priority)
    {
        SetAvailable(true);
        var roster = LoadedRoster;
        LoadedRoster = null;
        Task<bool>? later = null;
        if (roster is null)
        {
            (roster, later) = await LoadRosterAsync();
        }

        _contacts = roster?.Items.Length ?? 0;
        await SendPresenceAsync(presence, priority, roster);
        if (later is not null && !Interlocked.Exchange(ref _isLoadingRoster, true))
        {
            _ = RunAsideAsync(() => LoadRosterLaterAsync(later));
        }

        if (Host.HttpRoster is null)
        {
            foreach (var request in await _services.Grains.Roster(Self!).PendingRequestsAsync())
            {
                TryDeliver(request, Self!.ToBare());
            }
        }
    }

    public async Task SendPresenceAsync(StanzaFrame presence, sbyte priority, RosterSnapshot? roster)
    {
        SetAvailable(presence.Type == StanzaType.Available);
        if (!IsAvailable)
        {
            _isIntroduced = false;
            await _services.Entities.UnavailableAsync(this);
        }

        if (_contacts > InlineContactsMax)
        {
            // A large fan-out is not for the thread that serves everybody's sockets.
            await Task.Yield();
        }

        _throttle?.ChargeAside(_contacts / StreamThrottle.ContactsPerStanza, 0, Host.Limits);
        string? known;
        try
        {
            known = await _services.Grains.Sessions(Self!).PresenceAsync(new PresenceUpdate(Session, FrontendName, presence, priority, roster));
        }
        finally
        {
            // Its own presence comes first. Where that failed the resource counts as available all the same, and will not say so again.
            if (IsAvailable && !_isIntroduced)
            {
                _isIntroduced = true;
                await _services.Entities.AvailableAsync(this);
            }
        }

        if (known is not null)
        {
            _ = RunAsideAsync(() => _services.Rosters.CatchUpAsync(Self!, known));
        }

        // XEP-0160 §3: the first resource that may have them gets the messages that wait.
        var mayHaveMessages = IsAvailable && priority >= 0;
        if (mayHaveMessages && !_hadOfflineMessages)
        {
            await _services.Offline.DrainAsync(this);
        }

        _hadOfflineMessages = mayHaveMessages;
    }

    /// <summary>Subscription stanzas that follow from a change to a roster that the host keeps itself.</summary>
    public async Task SendSubscriptionsAsync(ImmutableArray<StanzaType> types, Jid contact)
    {
        foreach (var type in types)
        {
            await _services.Presences.SendAsync(Hosted, new StanzaFrame(StanzaKind.Presence, type, Self!.ToBare(), contact, null, default, 0));
        }
    }

    public void CountRefusal(string condition) => _services.Instruments.Refused(condition);

    public void LogFailure(Exception e) => _services.Log.StepFailed(_connection.ConnectionId, _domain, e);

    /// <summary>Runs something beside the stream that it does not wait for; a failure is logged.</summary>
    public async Task RunAsideAsync(Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            _services.Log.StepFailed(_connection.ConnectionId, _domain, e);
        }
    }

    private void SetAvailable(bool isAvailable)
    {
        if (isAvailable && !IsAvailable)
        {
            AvailableSince = _services.Time.GetTimestamp();
        }

        IsAvailable = isAvailable;
    }

    private bool _hadOfflineMessages;
    private bool _isIntroduced;
    private bool _isLoadingRoster;
    private int _contacts;

    /// <summary>The roster as far as it comes within <c>http_roster_wait</c>, and what is still to come.</summary>
    private async Task<(RosterSnapshot? Roster, Task<bool>? Later)> LoadRosterAsync()
    {
        var answer = _services.Grains.Roster(Self!).GetAsync(LiveSince);
        try
        {
            var wait = Host.HttpRoster?.Wait ?? TimeSpan.FromSeconds(10);
            var known = await answer.WaitAsync(wait + TimeSpan.FromMilliseconds(250), _services.Time);
            return known.Outcome switch
            {
                RosterOutcome.Fresh => (known.Roster, null),
                RosterOutcome.Stale => (known.Roster, _services.Rosters.AwaitFetchAsync(Self!)),
                _ => (null, Task.FromResult(false)),
            };
        }
        catch (Exception e) when (e is TimeoutException or Orleans.Runtime.OrleansException)
        {
            return (null, _services.Rosters.AwaitFetchAsync(Self!));
        }
    }

    private async Task LoadRosterLaterAsync(Task<bool> fetched)
    {
        try
        {
            for (var attempt = 0; !await fetched; attempt++)
            {
                if (attempt == 0)
                {
                    _services.Log.RosterUnavailable(_domain);
                }

                await Task.Delay(RosterRetries[Math.Min(attempt, RosterRetries.Length - 1)], _services.Time, _connection.ConnectionClosed);
                fetched = _services.Rosters.AwaitFetchAsync(Self!);
            }
        }
        catch (OperationCanceledException)
        {
            // The session ended; so did the need.
            return;
        }
        finally
        {
            Volatile.Write(ref _isLoadingRoster, false);
        }
    }
}
