using System.Diagnostics.CodeAnalysis;
using Orleans.Runtime;

namespace Orleans;

/// <summary>The base of a grain class. Its code runs in turns: never two at a time for one activation.</summary>
public abstract class Grain : IGrainBase, IAddressable
{
    protected Grain() => GrainContext = TurnScheduler.Running as Activation;

    /// <summary>Null only in a grain that was made by hand, as in a test.</summary>
    [AllowNull]
    public IGrainContext GrainContext { get; }

    protected IGrainFactory GrainFactory => Activation.Silo;

    protected internal IServiceProvider ServiceProvider => Activation.ActivationServices;

    internal Activation Activation =>
        GrainContext as Activation ?? throw new InvalidOperationException("This grain was not made by the silo.");

    public virtual Task OnActivateAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public virtual Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Drops the activation once the calls under way are done; those that wait go to the next activation.</summary>
    protected void DeactivateOnIdle() => GrainBaseExtensions.DeactivateOnIdle(this);

    /// <summary>Keeps idle collection away for a time; zero or less ends that.</summary>
    protected void DelayDeactivation(TimeSpan timeSpan) => Activation.DelayDeactivation(timeSpan);
}
