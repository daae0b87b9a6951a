using System.Collections.Immutable;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Storage;
using Krewe.Grains.Storage;

namespace Krewe.Grains.Hosts;

/// <summary>
/// Earlier versions of one host's document. It is asked seldom and holds much, so it stays in memory for a moment only: a host that is not being changed costs nothing
/// here.
/// </summary>
internal sealed class HostHistoryGrain(
    [PersistentState(StateNames.HostHistory, StorageNames.Settings)] IPersistentState<HostHistoryState> state) : Grain, IHostHistoryGrain
{
    private ShortStay? _stay;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        (_stay ??= new(this, () => true)).Begin();
        return Task.CompletedTask;
    }

    public Task KeepAsync(long life, HostVersionDocument version) => state.ChangeAsync(history =>
    {
        var kept = history.Life == life ? history.Versions : [];
        return kept.Any(known => known.Version.Version == version.Version.Version) ? null : new HostHistoryState { Life = life, Versions = Bounded([.. kept, version]) };
    });

    public Task<ImmutableArray<HostVersion>> ListAsync(long life) =>
        Task.FromResult(Of(life).Reverse().Select(known => known.Version).ToImmutableArray());

    public Task<HostVersionDocument?> FindAsync(long life, long version) => Task.FromResult(Of(life).FirstOrDefault(known => known.Version.Version == version));

    public async Task RemoveAsync()
    {
        if (state.RecordExists)
        {
            await state.RemoveAsync();
        }
    }

    private ImmutableArray<HostVersionDocument> Of(long life) => state.State.Life == life ? state.State.Versions : [];

    /// <summary>The oldest go first.</summary>
    private static ImmutableArray<HostVersionDocument> Bounded(ImmutableArray<HostVersionDocument> versions)
    {
        var first = versions.Length - 1;
        var characters = versions[first].Json.Length;
        while (first > 0 && versions.Length - first < IHostHistoryGrain.VersionsMax
            && characters + versions[first - 1].Json.Length <= IHostHistoryGrain.CharactersMax)
        {
            first--;
            characters += versions[first].Json.Length;
        }

        return versions[first..];
    }
}

/// <summary>What is stored of a host's past.</summary>
[GenerateSerializer, Immutable, Alias("host-history-state")]
internal sealed record HostHistoryState
{
    /// <summary>The first version of the host that this is the past of.</summary>
    [Id(0)]
    public long Life { get; init; }

    /// <summary>The oldest first.</summary>
    [Id(1)]
    public ImmutableArray<HostVersionDocument> Versions { get; init; } = [];
}
