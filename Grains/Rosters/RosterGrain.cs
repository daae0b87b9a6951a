using System.Collections.Immutable;
using Krewe.Contracts.Accounts;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosting;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Rosters;
using Krewe.Contracts.Stanzas;
using Krewe.Contracts.Storage;
using Krewe.Grains.Outbound;
using Microsoft.Extensions.Logging;
using Orleans.Storage;

namespace Krewe.Grains.Rosters;

/// <summary>
/// One user's roster (RFC 6121 §2). Methods interleave, so that a slow hook holds up no reader; each change of the copy happens in one piece, between awaits.
/// A failure of the hook changes nothing. What the hook answered is written behind; what the host keeps itself is written before it is acknowledged.
/// </summary>
internal sealed partial class RosterGrain(
    [PersistentState(StateNames.Roster, StorageNames.Rosters)] IPersistentState<RosterState> stored,
    RosterClient client,
    LargeWork large,
    IHostSettingsSource hosts,
    TimeProvider time,
    ILogger<RosterGrain> logger) : Grain, IRosterGrain
{
    /// <summary>Written behind: the longest time that a change may be lost by a crash.</summary>
    private static readonly TimeSpan WriteWithin = TimeSpan.FromSeconds(5);

    /// <summary>That a roster was confirmed once more is not worth a write each time.</summary>
    private static readonly TimeSpan ConfirmationWrittenAfter = TimeSpan.FromHours(1);

    /// <summary>After a failure nobody who only waits for news makes the hook be asked again sooner.</summary>
    private static readonly TimeSpan RestAfterFailure = TimeSpan.FromSeconds(5);

    private readonly RosterCopy _copy = new();
    private Jid _owner = null!;
    private SingleFlight<RosterRevalidation> _fetches = null!;
    private SingleFlight<bool> _writes = null!;
    private IGrainTimer? _writer;
    private DateTimeOffset? _writtenFetchedAt;
    private bool _isDirty;
    private bool _isDropped;

    private ImmutableArray<SkippedEntry> _skipped = [];
    private RosterChangeSet? _lastChanges;
    private bool _isLastFirst;
    private string? _lastError;
    private DateTimeOffset? _lastErrorAt;
    private DateTimeOffset _coveredSince;
    private bool _isDue = true;
    private long _invalidations;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _owner = Jid.Parse(this.GetPrimaryKeyString());
        _fetches = new(FetchAsync);
        _writes = new(WriteAsync);
        if (stored.RecordExists)
        {
            _copy.Load(stored.State);
            _writtenFetchedAt = _copy.FetchedAt;
            Unload();
        }

        return Task.CompletedTask;
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        if (_isDirty && !_isDropped)
        {
            await _writes.JoinNext();
        }
    }

    public async Task<RosterAnswer> GetAsync(DateTimeOffset liveSince)
    {
        var host = await hosts.GetAsync(_owner.Domainpart);
        if (host is null)
        {
            return new(RosterOutcome.Failed, null);
        }

        if (host.HttpRoster is not { } http || AnonymousUsers.Include(host, _owner))
        {
            return new(RosterOutcome.Fresh, _copy.Roster);
        }

        if (IsFresh(http, liveSince))
        {
            HookInstruments.Roster("hit", host.Domain);
            return new(RosterOutcome.Fresh, _copy.Roster);
        }

        var fetch = _fetches.Join();
        if (MayServe(http) && !await EndsWithinAsync(fetch, http.Wait))
        {
            _isDue = true;
            HookInstruments.Roster("stale", host.Domain);
            return new(RosterOutcome.Stale, _copy.Roster);
        }

        if ((await fetch).Error is null)
        {
            // The answer came while this session lived, whatever two machines' clocks say of it.
            _coveredSince = liveSince > _coveredSince ? liveSince : _coveredSince;
            return new(RosterOutcome.Fresh, _copy.Roster);
        }

        _isDue = true;
        if (!MayServe(http))
        {
            return new(RosterOutcome.Failed, null);
        }

        HookInstruments.Roster("stale", host.Domain);
        return new(RosterOutcome.Stale, _copy.Roster);
    }

    public Task<RosterRevalidation> RevalidateAsync() => _fetches.JoinNext();

    public Task<RosterRevalidation> AwaitFetchAsync()
    {
        if (_fetches.IsUnderWay)
        {
            return _fetches.Join();
        }

        if (!_isDue && !_copy.IsStale)
        {
            // It ended before this call came: what it brought is what the caller waits for.
            return Task.FromResult(new RosterRevalidation(null, _isLastFirst ? _copy.FromNothing() : _lastChanges ?? Unchanged(), _skipped));
        }

        return _lastError is not null && time.GetUtcNow() - _lastErrorAt < RestAfterFailure
            ? Task.FromResult(new RosterRevalidation(_lastError, null, _skipped))
            : _fetches.Join();
    }

    public Task<RosterChangeSet> ChangesSinceAsync(string version) => Task.FromResult(_copy.Since(version));

    public async Task InvalidateAsync()
    {
        _invalidations++;
        if (_copy.FetchedAt is null || _copy.IsStale)
        {
            return;
        }

        _copy.MarkStale();
        if (await hosts.GetAsync(_owner.Domainpart) is { HttpRoster.FreshFor.Ticks: > 0 } && _copy.IsStale)
        {
            // Otherwise a copy that comes back from the disk might pass for fresh, though the tenant was told it would not.
            await _writes.JoinNext();
        }
    }

    public async Task<RosterStatus> StatusAsync()
    {
        var isHttp = await hosts.GetAsync(_owner.Domainpart) is { HttpRoster: not null };
        var isKnown = !isHttp || _copy.FetchedAt is not null;
        return new(
            isKnown ? _copy.Roster : null, isHttp ? _copy.FetchedAt : null, isHttp && (_copy.IsStale || _copy.FetchedAt is null), _lastError, _lastErrorAt, _skipped);
    }

    public async Task ClearAsync()
    {
        // A fetch that is still under way finds its grain dropped and leaves nothing behind; the next call makes a new activation.
        (_isDropped, _isDirty) = (true, false);
        await _writes.IdleAsync();
        if (stored.RecordExists)
        {
            await stored.ClearStateAsync();
        }

        DeactivateOnIdle();
    }

    private RosterChangeSet Unchanged() => new(_copy.Roster.Version, [], _copy.Roster);

    private bool IsFresh(HttpRosterSettings http, DateTimeOffset liveSince)
    {
        if (_copy.IsStale || _copy.FetchedAt is not { } fetchedAt || _copy.Source != RosterClient.SourceOf(http))
        {
            return false;
        }

        var age = time.GetUtcNow() - fetchedAt;
        return fetchedAt >= liveSince || _coveredSince >= liveSince || (age >= TimeSpan.Zero && age < http.FreshFor);
    }

    private bool MayServe(HttpRosterSettings http) => _copy.FetchedAt is { } fetchedAt && time.GetUtcNow() - fetchedAt <= http.StaleFor;

    private async Task<bool> EndsWithinAsync(Task fetch, TimeSpan wait)
    {
        using var ended = new CancellationTokenSource();
        var isEnded = await Task.WhenAny(fetch, Task.Delay(wait, time, ended.Token)) == fetch;
        await ended.CancelAsync();
        return isEnded;
    }

    private void WriteBehind()
    {
        _isDirty = true;
        _writer ??= this.RegisterGrainTimer(WriteBehindAsync, new GrainTimerCreationOptions { DueTime = WriteWithin, Period = WriteWithin, Interleave = true });
    }

    // A write that fails leaves the timer be: the next tick tries again.
    private async Task WriteBehindAsync(CancellationToken cancellationToken)
    {
        if (_isDirty && !_isDropped)
        {
            try
            {
                await _writes.JoinNext();
            }
            catch (InconsistentStateException)
            {
                // Another activation wrote: the copy here is not the last one any more.
                Drop();
            }
        }

        if (!_isDirty || _isDropped)
        {
            _writer?.Dispose();
            _writer = null;
        }
    }

    private void Drop()
    {
        _isDropped = true;
        DeactivateOnIdle();
    }

    private async Task<bool> WriteAsync()
    {
        _isDirty = false;
        var host = hosts.TryGetLoaded(_owner.Domainpart, out var loaded) ? loaded : await hosts.GetAsync(_owner.Domainpart);
        if (host is null)
        {
            Drop();
            return false;
        }

        try
        {
            var begun = _copy.Roster.Items.Length < LargeWork.ContactsMin ? BeginWrite(host) : await large.RunAsync(
                host.Domain, () => hosts.TryGetLoaded(_owner.Domainpart, out var present) ? BeginWrite(present) : null);
            if (begun is not var (written, fetchedAt))
            {
                // Of a host that was removed, or fetched before the host's data was erased: written now, it would be there again.
                Drop();
                return false;
            }

            await written;
            _writtenFetchedAt = fetchedAt;
        }
        catch
        {
            _isDirty = true;
            throw;
        }

        Unload();
        return true;
    }

    /// <summary>Null for what must not be written any more, as its host is meanwhile.</summary>
    private (Task Written, DateTimeOffset? FetchedAt)? BeginWrite(HostSettings host)
    {
        // What changed while this waited for its turn is in it too.
        _isDirty = false;
        if (_copy.FetchedAt <= host.ErasedAt)
        {
            return null;
        }

        stored.State = _copy.ToState();
        return (stored.WriteStateAsync(), _copy.FetchedAt);
    }

    // The copy in memory is the one that counts; a second one for each user would double what an idle user costs.
    private void Unload() => stored.State = new();
}
