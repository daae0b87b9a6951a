using System.Reflection;
using Orleans.Runtime;

namespace Krewe.Tests.Support;

/// <summary>
/// A grain factory that hands out a test's own grains for some interfaces and those of another factory, when there is one, for the rest. A proxy, because the two
/// grain hosts' factories have different members.
/// </summary>
public class GrainFactoryDouble : DispatchProxy
{
    private readonly Dictionary<Type, Func<string, object>> _grains = [];
    private IGrainFactory? _others;

    public static (IGrainFactory Factory, GrainFactoryDouble Double) Create(IGrainFactory? others = null)
    {
        var factory = Create<IGrainFactory, GrainFactoryDouble>();
        var self = (GrainFactoryDouble)(object)factory;
        self._others = others;
        return (factory, self);
    }

    public GrainFactoryDouble With<TGrain>(Func<string, TGrain> grain)
        where TGrain : class, IGrainWithStringKey
    {
        _grains[typeof(TGrain)] = grain;
        return this;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        if (targetMethod is { Name: "GetGrain", IsGenericMethod: true } && args is [string key, ..]
            && _grains.TryGetValue(targetMethod.GetGenericArguments()[0], out var grain))
        {
            return grain(key);
        }

        return _others is null ? throw new InvalidOperationException($"no grain for {targetMethod}") : targetMethod!.Invoke(_others, args);
    }
}

/// <summary>A grain of which a test says what each method answers.</summary>
public class GrainDouble : DispatchProxy
{
    private Func<string, object?[], object?> _answer = (_, _) => null;

    public static T Create<T>(Func<string, object?[], object?> answer)
        where T : class
    {
        var grain = Create<T, GrainDouble>();
        ((GrainDouble)(object)grain)._answer = answer;
        return grain;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => _answer(targetMethod!.Name, args ?? []);
}
