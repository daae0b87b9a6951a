using System.Collections.Immutable;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Storage;
using Krewe.Grains.Storage;
using Microsoft.Extensions.Logging;

namespace Krewe.Grains.Hosts;

/// <summary>
/// One virtual host's settings of record and its keys. A document in the folder of host documents goes before one that was made through the API, and is read-only
/// here; its keys are made and kept here all the same.
/// </summary>
internal sealed partial class HostGrain(
    [PersistentState(StateNames.Host, StorageNames.Settings)] IPersistentState<HostState> state,
    HostFiles files, TimeProvider time, ILogger<HostGrain> logger) : Grain, IHostGrain
{
    private HostFile? _file;
    private long _version;
    private ShortStay? _stay;

    private string Domain => this.GetPrimaryKeyString();

    private HostDocument Present => _file is { } file
        ? new HostDocument(Domain, _version, file.Json, HostSource.File)
        : new HostDocument(Domain, state.State.Json is null ? 0 : _version, state.State.Json, HostSource.Api);

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _file = await files.ReadAsync(Domain);
        _version = _file?.Version ?? state.State.Version;
        if (_file is not null && state.State.Json is not null)
        {
            Log.ClaimedTwice(logger, Domain);
        }
    }

    public Task<HostDocument> GetAsync()
    {
        var present = Present;
        if (present.Json is null && !state.RecordExists)
        {
            // Anybody can ask for a made-up domain: it must not stay in memory.
            (_stay ??= new(this, () => Present.Json is null && !state.RecordExists)).Begin();
        }

        return Task.FromResult(present);
    }

    public async Task<HostChange> PutAsync(string json, long? ifMatch, bool isProvider)
    {
        var present = Present;
        if (Refusal(present, ifMatch) is { } refusal)
        {
            return refusal;
        }

        if (present.Json is null && !isProvider)
        {
            return new HostChange(HostChangeOutcome.NotFound, null, []);
        }

        var version = NextVersion();
        var merged = HostDocumentMerge.Merge(Domain, version, json, present.Json, isProvider);
        if (!merged.Touched.IsEmpty)
        {
            return new HostChange(HostChangeOutcome.ProviderOnly, null, merged.Touched);
        }

        if (merged.Json is null)
        {
            return new HostChange(HostChangeOutcome.Invalid, null, merged.Problems);
        }

        if (merged.Json != present.Json)
        {
            // A host that is made anew inherits no keys, for example of a file that was there before it.
            await state.ChangeAsync(host => host.Json != present.Json ? null
                : host with { Json = merged.Json, Version = version, Keys = present.Json is null ? [] : host.Keys });
            _version = state.State.Version;
            if (_version != version)
            {
                // Another activation wrote in between, so what was merged was not the present document.
                return new HostChange(HostChangeOutcome.VersionMismatch, Present, []);
            }
        }

        return new HostChange(present.Json is null ? HostChangeOutcome.Created : HostChangeOutcome.Replaced, Present, []);
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
            return new HostChange(HostChangeOutcome.NotFound, null, []);
        }

        await state.RemoveAsync();
        _version = NextVersion();
        DeactivateOnIdle();
        return new HostChange(HostChangeOutcome.Deleted, new HostDocument(Domain, _version, null, HostSource.Api), []);
    }

    public async Task<NewHostKey?> CreateKeyAsync(string name, ImmutableArray<string> scopes, DateTimeOffset? expiresAt)
    {
        var now = time.GetUtcNow();
        if (Present.Json is null || state.State.Keys.Count(stored => IsValid(stored.Key, now)) >= HostKeys.KeysMax)
        {
            return null;
        }

        var secret = HostKeySecrets.NewSecret();
        var key = new HostKey(HostKeySecrets.NewId(), name, scopes, now, expiresAt);
        var stored = new StoredHostKey(key, HostKeySecrets.Hash(secret));
        await state.ChangeAsync(host => host with { Keys = [.. host.Keys.Where(other => IsValid(other.Key, now)), stored] });
        return new NewHostKey(key, secret);
    }

    public Task<ImmutableArray<HostKey>> KeysAsync() =>
        Task.FromResult(Present.Json is null ? [] : state.State.Keys.Select(stored => stored.Key).ToImmutableArray());

    public async Task<bool> DeleteKeyAsync(string id)
    {
        if (Present.Json is null || !state.State.Keys.Any(stored => stored.Key.Id == id))
        {
            return false;
        }

        await state.ChangeAsync(host => host with { Keys = [.. host.Keys.Where(stored => stored.Key.Id != id)] });
        return true;
    }

    public Task<HostKey?> VerifyKeyAsync(string id, string secret)
    {
        var now = time.GetUtcNow();
        var found = Present.Json is null ? null : state.State.Keys.FirstOrDefault(stored => stored.Key.Id == id);
        return Task.FromResult(
            found is not null && HostKeySecrets.IsMatch(secret, found.Hash) && IsValid(found.Key, now) ? found.Key : null);
    }

    public async Task<HostDocument> ReloadAsync()
    {
        var before = _file;
        _file = await files.ReadAsync(Domain);
        if (_file?.Version != before?.Version)
        {
            _version = Math.Max(NextVersion(), _file?.Version ?? 0);
        }

        // Whoever hears of it must see that the host went, so this answer has a version although there is no document.
        return Present with { Version = _version };
    }

    private static bool IsValid(HostKey key, DateTimeOffset now) => key.ExpiresAt is not { } end || end > now;

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
    }
}
