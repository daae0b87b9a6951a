using System.Collections.Immutable;

namespace Krewe.Tests.Grains.Semantics;

[Alias("semantics-any-state")]
internal interface IAnyStateGrain : IGrainWithStringKey
{
    [Alias("read")]
    Task<StateReport> ReadAsync();

    [Alias("write")]
    Task WriteAsync(string text);

    /// <summary>Begins several writes before the first is done.</summary>
    [Alias("write-all")]
    Task WriteAllAsync(ImmutableArray<string> texts);

    [Alias("clear")]
    Task ClearAsync();

    [Alias("deactivate")]
    Task DeactivateAsync();
}

[Alias("semantics-state")]
internal interface IStateGrain : IAnyStateGrain;

[Alias("semantics-versioned")]
internal interface IVersionedGrain : IAnyStateGrain;

[GenerateSerializer, Immutable, Alias("semantics-state-report")]
internal sealed record StateReport(
    [property: Id(0)] Guid Activation, [property: Id(1)] string? Text, [property: Id(2)] bool Exists, [property: Id(3)] string? AtActivation);

[GenerateSerializer, Immutable, Alias("semantics-text")]
internal sealed record TextState([property: Id(0)] string? Text);

internal sealed class StateGrain([PersistentState("text", "memory")] IPersistentState<TextState> state) : StateGrainBase(state), IStateGrain;

internal sealed class VersionedGrain([PersistentState("text", "versioned")] IPersistentState<TextState> state) : StateGrainBase(state), IVersionedGrain;

internal abstract class StateGrainBase(IPersistentState<TextState> state) : Grain
{
    private readonly Guid _activation = Guid.NewGuid();
    private string? _atActivation;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _atActivation = state.State?.Text;
        return Task.CompletedTask;
    }

    public Task<StateReport> ReadAsync() => Task.FromResult(new StateReport(_activation, state.State?.Text, state.RecordExists, _atActivation));

    public Task WriteAsync(string text)
    {
        state.State = new TextState(text);
        return state.WriteStateAsync();
    }

    public async Task WriteAllAsync(ImmutableArray<string> texts)
    {
        var writes = new List<Task>();
        foreach (var text in texts)
        {
            state.State = new TextState(text);
            writes.Add(state.WriteStateAsync());
        }

        await Task.WhenAll(writes);
    }

    public Task ClearAsync() => state.ClearStateAsync();

    public Task DeactivateAsync()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }
}
