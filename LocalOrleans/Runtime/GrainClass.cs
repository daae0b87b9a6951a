using System.Collections.Concurrent;
using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Concurrency;
using Orleans.Storage;

namespace Orleans.Runtime;

/// <summary>A grain class: how its instances are made, and those that there are, by key.</summary>
internal sealed class GrainClass
{
    /// <summary>How often a call that waits follows a grain to its next activation before it is refused; Orleans' default.</summary>
    private const int ForwardsMax = 2;

    private readonly ConcurrentDictionary<string, Activation> _activations = new(StringComparer.Ordinal);
    private readonly Func<Activation, object>[] _arguments;
    private readonly Lazy<ObjectFactory> _factory;

    public GrainClass(LocalSilo silo, Type type)
    {
        Silo = silo;
        Type = type;
        Name = type.Name;
        GrainType = GrainType.Create(NameOf(type));
        IsReentrant = type.IsDefined(typeof(ReentrantAttribute));

        var constructors = type.GetConstructors();
        var given = (constructors.Length > 0 ? constructors[0] : null)?.GetParameters()
            .Select(parameter => (parameter.ParameterType, Argument: ArgumentOf(parameter)))
            .Where(parameter => parameter.Argument is not null)
            .ToArray() ?? [];
        _arguments = [.. given.Select(parameter => parameter.Argument!)];
        _factory = new Lazy<ObjectFactory>(() => ActivatorUtilities.CreateFactory(type, [.. given.Select(parameter => parameter.ParameterType)]));
    }

    public LocalSilo Silo { get; }

    public Type Type { get; }

    public string Name { get; }

    public GrainType GrainType { get; }

    public bool IsReentrant { get; }

    public IEnumerable<Activation> Activations => _activations.Values;

    public bool HasActivations => !_activations.IsEmpty;

    public Activation? Find(string key) => _activations.GetValueOrDefault(key);

    public void Remove(Activation activation) => _activations.TryRemove(KeyValuePair.Create(activation.Key, activation));

    /// <summary>Brings the request to the key's activation, which is made when there is none.</summary>
    public Activation? Send(Request request, string key)
    {
        while (true)
        {
            if (_activations.TryGetValue(key, out var activation))
            {
                if (activation.TryReceive(request))
                {
                    return activation;
                }

                _activations.TryRemove(KeyValuePair.Create(key, activation));
            }
            else if (!Silo.IsAvailable)
            {
                request.Reject(new SiloUnavailableException());
                return null;
            }
            else
            {
                // The call waits there before the activation begins, so that it learns of a failure, however fast that is.
                activation = new Activation(this, key);
                activation.TryReceive(request);
                if (_activations.TryAdd(key, activation))
                {
                    activation.Activate();
                    return activation;
                }
            }
        }
    }

    /// <summary>Sends a call that waited at an activation that ended to the next one.</summary>
    public void SendOn(Request request, string key)
    {
        if (++request.Forwards > ForwardsMax)
        {
            request.Reject(new OrleansMessageRejectionException($"{Name} ended {ForwardsMax} times before it came to a call."));
        }
        else
        {
            Send(request, key);
        }
    }

    /// <summary>The instance and its states, which are yet to be read. In the activation's turn.</summary>
    public (object Instance, IActivationState[] States) Create(Activation activation)
    {
        var arguments = Array.ConvertAll(_arguments, argument => argument(activation));
        return (_factory.Value(Silo.ServiceProvider, arguments), [.. arguments.OfType<IActivationState>()]);
    }

    /// <summary>The class's name in lower case, without a final "grain": storages on Orleans keep the same.</summary>
    private static string NameOf(Type type)
    {
        if (type.GetCustomAttribute<GrainTypeAttribute>() is { } named)
        {
            return named.Name;
        }

        var name = type.Name.ToLowerInvariant();
        return name.Length > 5 && name.EndsWith("grain", StringComparison.Ordinal) ? name[..^5] : name;
    }

    /// <summary>What the activation itself gives to the constructor; null for what comes from the services.</summary>
    private Func<Activation, object>? ArgumentOf(ParameterInfo parameter)
    {
        if (parameter.ParameterType == typeof(IGrainContext))
        {
            return static activation => activation;
        }

        return parameter.GetCustomAttribute<PersistentStateAttribute>() is { } state
            ? (Func<Activation, object>)typeof(GrainClass)
                .GetMethod(nameof(StateOf), BindingFlags.NonPublic | BindingFlags.Instance)!
                .MakeGenericMethod(parameter.ParameterType.GetGenericArguments()[0])
                .Invoke(this, [state])!
            : null;
    }

    private Func<Activation, object> StateOf<TState>(PersistentStateAttribute state) => activation =>
    {
        var storage = (state.StorageName is null
                ? Silo.ServiceProvider.GetService<IGrainStorage>()
                : Silo.ServiceProvider.GetKeyedService<IGrainStorage>(state.StorageName))
            ?? throw new OrleansException($"{Name} wants the storage '{state.StorageName}', which is not there.");
        return new PersistentState<TState>(activation, state.StateName, storage);
    };
}
