using Orleans.Runtime;

namespace Orleans;

/// <summary>What a grain class is at the least; <see cref="Grain"/> is the usual way to be one.</summary>
public interface IGrainBase
{
    IGrainContext GrainContext { get; }

    Task OnActivateAsync(CancellationToken token) => Task.CompletedTask;

    Task OnDeactivateAsync(DeactivationReason reason, CancellationToken token) => Task.CompletedTask;
}
