using System.Reflection;

namespace Krewe.Tests.Architecture;

/// <summary>A grain factory that counts who is asked for a grain. A proxy, because the two grain hosts' factories have different members.</summary>
public class CountingGrainFactory : DispatchProxy
{
    private IGrainFactory _others = null!;
    private int _count;

    public int Count => Volatile.Read(ref _count);

    public static (IGrainFactory Factory, CountingGrainFactory Counter) Create(IGrainFactory others)
    {
        var factory = Create<IGrainFactory, CountingGrainFactory>();
        var self = (CountingGrainFactory)(object)factory;
        self._others = others;
        return (factory, self);
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        if (targetMethod!.Name == "GetGrain")
        {
            Interlocked.Increment(ref _count);
        }

        return targetMethod.Invoke(_others, args);
    }
}
