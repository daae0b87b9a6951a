using System.Collections.Immutable;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Storage;
using Krewe.Grains.Storage;
using Microsoft.Extensions.Logging;

namespace Krewe.Grains.Hosts;

/// <summary>
/// One virtual host's settings of record. A document in the folder of host documents goes before one that was made through the API, and is read-only here.
/// </summary>
internal sealed partial class HostGrain(
    [PersistentState(StateNames.Host, StorageNames.Settings)] IPersistentState<HostState> state,
    HostFiles files, TimeProvider time, ILogger<HostGrain> logger) : Grain, IHostGrain
{
    /// <summary>
    /// What is read often is in the processes' snapshots; the grain is for changes and first needs, and of ten thousand hosts few have either in so short a time.
    /// </summary>
    public static readonly TimeSpan StayFor = TimeSpan.FromSeconds(10);

    private ComponentClaims? _claims;
    private HostFile? _file;
    private long _version;
    private HostDocument? _present;
    private ShortStay? _stay;

    /// <summary>Component domains of the document in force and of the one from the API.</summary>
    private ImmutableHashSet<string> _components = [];

    /// <summary>Domains that a change on its way takes.</summary>
    private ImmutableHashSet<string> _taking = [];

    private string Domain => this.GetPrimaryKeyString();

    /// <summary>What is in force: read while changes are on their way, so it is replaced only when a change is on disk.</summary>
    private HostDocument Present => _present!;

    private bool IsEmpty => Present.Json is null && !state.RecordExists && _taking.IsEmpty;

    private ComponentClaims Claims => _claims ??= new(GrainFactory, logger, Domain);

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _file = await files.ReadAsync(Domain);
        _version = Math.Max(_file?.Version ?? 0, state.State.Version);
        if (_file is not null && state.State.Json is not null)
        {
            Log.ClaimedTwice(logger, Domain);
        }

        await ShowAsync();
        new ShortStay(this, () => true, StayFor).Begin();
    }

    public Task<HostDocument> GetAsync()
    {
        LeaveIfEmpty();
        return Task.FromResult(Present);
    }

    public Task<bool> HoldsAsync(string domain)
    {
        LeaveIfEmpty();
        return Task.FromResult(
            _taking.Contains(domain) || (domain == Domain ? _file is not null || Present.Json is not null : _components.Contains(domain)));
    }

    public async Task<HostChange> PutAsync(string json, long? ifMatch, bool isProvider, string? author)
    {
        var present = Present;
        if (Refusal(present, ifMatch) is { } refusal)
        {
            return refusal;
        }

        return present.Json is null && !isProvider
            ? new HostChange(HostChangeOutcome.NotFound, null, [])
            : await ChangeAsync(json, present, isProvider, Next(author, present.Json is null ? HostVersionOutcome.Created : HostVersionOutcome.Replaced));
    }

    public async Task<HostChange> DeleteAsync(long? ifMatch)
    {
        var present = Present;
        if (Refusal(present, ifMatch) is { } refusal)
        {
            return refusal;
        }

        if (present.Json is null)
        {
            // A removal that was cut off half way is finished by asking for it again.
            await History.RemoveAsync();
            return new HostChange(HostChangeOutcome.NotFound, null, []);
        }

        if (TenantIn(present.Json) == Domain)
        {
            // Whoever gets the domain next, and is named after it as well, is somebody else.
            await GrainFactory.TenantKeys(Domain).ClearAsync();
        }

        var components = _components;
        await state.RemoveAsync();
        await History.RemoveAsync();
        _version = NextVersion();
        await ShowAsync();
        await GrainFactory.HostKeys(Domain).ClearAsync();
        await Claims.ReleaseAsync(components);
        DeactivateOnIdle();
        return new HostChange(HostChangeOutcome.Deleted, new HostDocument(Domain, _version, null, HostSource.Api), []);
    }

    public async Task<HostDocument> ReloadAsync()
    {
        // The grain may have come to be after the files changed, and then sees no difference; the snapshots must take what there is all the same.
        _version = NextVersion();
        _file = await files.RenewAsync(Domain, _version);
        _version = _file?.Version ?? _version;
        if (_file is null && state.State.Json is not null)
        {
            await state.ChangeAsync(host => host with { Version = _version });
        }

        await ShowAsync();

        // Whoever hears of it must see that the host went, so this answer has a version although there is no document.
        var answer = Present with { Version = _version };
        _present = answer is { Json: null, Source: HostSource.Api } ? Present : answer;
        return answer;
    }

    /// <summary>Makes of a document that was sent the present one, as a version of its own, unless it is refused or nothing is different.</summary>
    private async Task<HostChange> ChangeAsync(string json, HostDocument present, bool isProvider, HostVersion version)
    {
        var defaults = new HostDefaults(await GrainFactory.HostDefaults().GetAsync());
        var merged = HostDocumentMerge.Merge(Domain, version.Version, json, present.Json, isProvider, defaults);
        var touched = merged.Touched;
        if (!isProvider && touched.IsEmpty && merged.Settings is { } settings)
        {
            var before = present.Json is { } known ? HostDocumentReader.Read(Domain, present.Version, known, defaults).Settings : null;
            touched = await ForeignEntities.FindAsync(GrainFactory, settings, before);
        }

        return !touched.IsEmpty ? new HostChange(HostChangeOutcome.ProviderOnly, null, touched)
            : merged.Json is null ? new HostChange(HostChangeOutcome.Invalid, null, merged.Problems)
            : merged.Json == present.Json ? new HostChange(HostChangeOutcome.Replaced, present, [])
            : await TakeAsync(merged.Json, merged.Settings!.Components.Keys.ToImmutableHashSet(), version, present);
    }

    /// <summary>Writes a document, with the claims that this takes before and after it.</summary>
    private async Task<HostChange> TakeAsync(string json, ImmutableHashSet<string> components, HostVersion version, HostDocument present)
    {
        var (added, removed) = (components.Except(_components), _components.Except(components));
        var isWritten = false;
        _taking = present.Json is null ? added.Add(Domain) : added;
        try
        {
            if (present.Json is null && await GrainFactory.Domain(Domain).OwnerAsync() is not null)
            {
                return InUse([HostDocumentReader.Root]);
            }

            if (await Claims.ClaimAsync(added) is { IsEmpty: false } refused)
            {
                return InUse(HostDocumentReader.ComponentPaths(json, refused));
            }

            isWritten = await TryWriteAsync(json, version, present);
        }
        finally
        {
            _taking = [];
            await Claims.ReleaseAsync(isWritten ? removed : added);
        }

        return isWritten
            ? new HostChange(present.Json is null ? HostChangeOutcome.Created : HostChangeOutcome.Replaced, Present, [])
            : new HostChange(HostChangeOutcome.VersionMismatch, Present, []);
    }

    /// <summary>False when another activation wrote in between, so that what was merged was not the present document.</summary>
    private async Task<bool> TryWriteAsync(string json, HostVersion version, HostDocument present)
    {
        var isAnothers = present.Json is null || TenantIn(json) != TenantIn(present.Json);
        await KeepStoredAsync();
        if (isAnothers)
        {
            // A host that is made anew inherits no keys, for example of a file that was there before it; one that goes to another tenant obeys the former's no longer.
            await GrainFactory.HostKeys(Domain).ClearAsync();
        }

        await state.ChangeAsync(host => host.Json != present.Json ? null : host with
        {
            Json = json, Version = version.Version, Change = version, Life = isAnothers ? version.Version : host.Life,
        });
        _version = state.State.Version;
        await ShowAsync();
        return _version == version.Version;
    }

    /// <summary>Puts the file, or what is stored, into force.</summary>
    private async Task ShowAsync()
    {
        var stored = StoredComponents();
        if (_file is null)
        {
            var taken = stored.Where(domain => files.IsHost(domain) || files.OwnerOf(domain) is not null).ToArray();
            Tell(taken);
            Show(state.State.Json, HostSource.Api, taken);
            _components = stored;
            return;
        }

        // A host that somebody has made through the API is not taken from them by a file that names it. What files take from each other, they have told.
        var named = Claims.NamedIn(_file.Json);
        var claimed = named.Where(domain => files.OwnerOf(domain) == Domain).ToImmutableHashSet();
        var hosts = await Claims.HostsAmongAsync(claimed);
        Tell(hosts);
        var had = claimed.Except(hosts);
        Show(_file.Json, HostSource.File, named.Except(had));
        _components = had.Union(stored);
    }

    private void Show(string? json, HostSource source, IEnumerable<string> leftOut) =>
        _present = new HostDocument(Domain, json is null && source == HostSource.Api ? 0 : _version, json, source)
        {
            LeftOut = [.. leftOut.Order(StringComparer.Ordinal)],
            IsErasing = state.State.IsErasing,
            ErasedAt = state.State.ErasedAt,
        };

    private void Tell(IEnumerable<string> leftOut)
    {
        foreach (var domain in leftOut.Except(_present?.LeftOut ?? []))
        {
            Log.ComponentLeftOut(logger, domain, Domain);
        }
    }

    private void LeaveIfEmpty()
    {
        if (IsEmpty)
        {
            // Anybody can ask for a made-up domain: it must not stay in memory.
            (_stay ??= new(this, () => IsEmpty)).Begin();
        }
    }

    /// <summary>Says not whose it is.</summary>
    private static HostChange InUse(IEnumerable<string> paths) =>
        new(HostChangeOutcome.Invalid, null, [.. paths.Select(path => new DocumentProblem(path, "is a domain that is in use"))]);

    private string TenantIn(string json) => HostDocumentReader.TenantIn(Domain, json);

    private HostChange? Refusal(HostDocument present, long? ifMatch) =>
        _file is not null ? new HostChange(HostChangeOutcome.ReadOnly, present, [])
        : !HostVersions.IsMet(ifMatch, present) ? new HostChange(HostChangeOutcome.VersionMismatch, present, [])
        : null;

    /// <summary>By the clock, so that a host that comes back after its deletion does not begin with versions that were seen before.</summary>
    private long NextVersion() => Math.Max(_version + 1, time.GetUtcNow().ToUnixTimeMilliseconds());

    private static partial class Log
    {
        [LoggerMessage(4001, LogLevel.Warning, "Host {Host} has a document file and settings from the API; the file counts")]
        public static partial void ClaimedTwice(ILogger logger, string host);

        [LoggerMessage(4011, LogLevel.Error, "Component {Component} of host {Host} is left out: it is a host, or a file has it for another host")]
        public static partial void ComponentLeftOut(ILogger logger, string component, string host);
    }
}
