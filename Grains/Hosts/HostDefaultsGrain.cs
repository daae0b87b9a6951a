using Krewe.Contracts.Hosts;
using Krewe.Contracts.Storage;
using Krewe.Grains.Storage;

namespace Krewe.Grains.Hosts;

/// <summary>The provider's defaults of record. Whoever changes them tells the frontends, as whoever changes a host does.</summary>
internal sealed class HostDefaultsGrain(
    [PersistentState(StateNames.HostDefaults, StorageNames.Settings)] IPersistentState<HostDefaultsState> state, TimeProvider time) : Grain, IHostDefaultsGrain
{
    /// <summary>What is on disk: read while a change is on its way.</summary>
    private HostDefaultsDocument _present = HostDefaultsDocument.Unset;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        Show();
        return Task.CompletedTask;
    }

    public Task<HostDefaultsDocument> GetAsync() => Task.FromResult(_present);

    public async Task<HostDefaultsChange> PutAsync(string json, long? ifMatch)
    {
        var present = _present;
        if (ifMatch is { } condition and not HostVersions.Any && condition != present.Version)
        {
            return new HostDefaultsChange(HostChangeOutcome.VersionMismatch, present, []);
        }

        var (merged, problems) = HostDocumentMerge.MergeDefaults(json, present.Json);
        if (merged is null)
        {
            return new HostDefaultsChange(HostChangeOutcome.Invalid, present, problems);
        }

        if (merged == present.Json)
        {
            return new HostDefaultsChange(HostChangeOutcome.Replaced, present, []);
        }

        var version = Math.Max(present.Version + 1, time.GetUtcNow().ToUnixTimeMilliseconds());
        await state.ChangeAsync(defaults => defaults.Version != present.Version ? null : new HostDefaultsState { Version = version, Json = merged });
        Show();
        return new HostDefaultsChange(_present.Version == version ? HostChangeOutcome.Replaced : HostChangeOutcome.VersionMismatch, _present, []);
    }

    private void Show() => _present = new HostDefaultsDocument(state.State.Version, state.State.Json);
}

/// <summary>What is stored of the defaults. They are never cleared, so that a version that was seen does not come back.</summary>
[GenerateSerializer, Immutable, Alias("host-defaults-state")]
internal sealed record HostDefaultsState
{
    /// <summary>The document with its secrets.</summary>
    [Id(0)]
    public string Json { get; init; } = HostDefaultsDocument.Unset.Json;

    [Id(1)]
    public long Version { get; init; } = HostDefaultsDocument.Unset.Version;
}
