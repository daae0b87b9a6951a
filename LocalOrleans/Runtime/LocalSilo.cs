using System.Collections.Concurrent;
using System.Reflection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace Orleans.Runtime;

/// <summary>
/// The grain host: Orleans' calls, turns and activations inside one process, without network, cluster or copying. It adds nothing to Orleans' API;
/// what it leaves out is all that a single process does not need.
/// </summary>
internal sealed class LocalSilo : IClusterClient, IHostedService, IDisposable
{
    /// <summary>How often, while stopping, activations are ended that were made meanwhile by those that ended.</summary>
    private const int StopRoundsMax = 4;

    private readonly ConcurrentDictionary<MethodInfo, CallMethod> _methods = [];
    private readonly Lazy<GrainClasses> _classes;
    private readonly GrainCollectionOptions _collection;
    private ITimer? _sweeper;
    private long _observers;

    public LocalSilo(
        IServiceProvider services, TimeProvider time, IOptions<SiloMessagingOptions> messaging, IOptions<GrainCollectionOptions> collection, ILogger<LocalSilo> logger)
    {
        ServiceProvider = services;
        Time = time;
        Log = new HostLog(logger);
        Timeouts = new ResponseTimeouts(messaging.Value.ResponseTimeout);
        RequestsMax = messaging.Value.MaxEnqueuedRequestsHardLimit;
        _collection = collection.Value;
        _classes = new Lazy<GrainClasses>(() => new GrainClasses(this));
    }

    public IServiceProvider ServiceProvider { get; }

    public TimeProvider Time { get; }

    public HostLog Log { get; }

    public ResponseTimeouts Timeouts { get; }

    /// <summary>How many requests an activation may have under way and waiting; 0 is no limit.</summary>
    public int RequestsMax { get; }

    public TimeSpan ActivationTimeout => _collection.ActivationTimeout;

    public TimeSpan DeactivationTimeout => _collection.DeactivationTimeout;

    /// <summary>How often idle activations were looked for; a clock that costs nothing to read.</summary>
    public int Sweep { get; private set; }

    /// <summary>Whether activations are made: from the start of the host to its stop, as in Orleans.</summary>
    public bool IsAvailable { get; private set; }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        Timeouts.Start();
        _ = _classes.Value;
        var period = _collection.CollectionQuantum;
        _sweeper = Time.CreateTimer(static silo => ((LocalSilo)silo!).CollectIdle(), this, period, period);
        IsAvailable = true;
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _sweeper?.Dispose();
        for (var round = 1; round <= StopRoundsMax && _classes.Value.All.Any(grain => grain.HasActivations); round++)
        {
            IsAvailable = round < StopRoundsMax;
            var ending = new List<Task>();
            foreach (var activation in _classes.Value.All.SelectMany(grain => grain.Activations))
            {
                activation.Deactivate(new DeactivationReason(DeactivationReasonCode.ShuttingDown, "The process stops."), cancellationToken);
                ending.Add(activation.Deactivated);
            }

            await Task.WhenAll(ending).WaitAsync(DeactivationTimeout, cancellationToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        IsAvailable = false;
    }

    public void Dispose()
    {
        IsAvailable = false;
        _sweeper?.Dispose();
        Timeouts.Dispose();
    }

    public TGrainInterface GetGrain<TGrainInterface>(string primaryKey, string? grainClassNamePrefix = null)
        where TGrainInterface : IGrainWithStringKey => (TGrainInterface)GetReference(typeof(TGrainInterface), primaryKey);

    public object GetReference(Type grainInterface, string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        var grainClass = _classes.Value.Of(grainInterface);
        var activation = grainClass.Find(key);
        if (activation?.Reference is { } known && known.Interface == grainInterface)
        {
            return known;
        }

        var reference = Reference.Create<GrainReference>(this, grainInterface);
        reference.Bind(grainClass, activation?.Key ?? key, activation);
        if (activation is not null)
        {
            activation.Reference = reference;
        }

        return reference;
    }

    public TGrainObserverInterface CreateObjectReference<TGrainObserverInterface>(IGrainObserver obj)
        where TGrainObserverInterface : IGrainObserver
    {
        ArgumentNullException.ThrowIfNull(obj);
        var reference = Reference.Create<ObserverReference>(this, typeof(TGrainObserverInterface));
        reference.Target = new ObserverTarget(this, obj, GrainId.Create("observer", $"{Interlocked.Increment(ref _observers)}"));
        return (TGrainObserverInterface)(object)reference;
    }

    public void DeleteObjectReference<TGrainObserverInterface>(IGrainObserver obj)
        where TGrainObserverInterface : IGrainObserver
    {
        if (obj is not ObserverReference reference)
        {
            throw new ArgumentException("Only a reference can be deleted.", nameof(obj));
        }

        reference.Target.Delete();
    }

    public CallMethod MethodOf(MethodInfo method) =>
        _methods.TryGetValue(method, out var known) ? known : _methods.GetOrAdd(method, CallMethod.Create(this, method));

    private void CollectIdle()
    {
        Sweep++;
        var sweeps = (int)Math.Ceiling(_collection.CollectionAge / _collection.CollectionQuantum);
        foreach (var activation in _classes.Value.All.SelectMany(grain => grain.Activations))
        {
            activation.DeactivateIfIdle(sweeps);
        }
    }
}
