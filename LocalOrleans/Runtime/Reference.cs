using System.Diagnostics.CodeAnalysis;
using System.Reflection;

namespace Orleans.Runtime;

/// <summary>
/// A reference to a grain or an observer, behind the interface that it stands for. Two references to the same one are equal, however they were come by.
/// </summary>
internal abstract class Reference : DispatchProxy, IEquatable<Reference>
{
    [AllowNull]
    public LocalSilo Silo { get; private set; }

    public Type Interface { get; private set; } = typeof(void);

    public abstract GrainId GrainId { get; }

    public static TReference Create<TReference>(LocalSilo silo, Type type)
        where TReference : Reference
    {
        var reference = (TReference)DispatchProxy.Create(type, typeof(TReference));
        reference.Silo = silo;
        reference.Interface = type;
        return reference;
    }

    public bool Equals(Reference? other) => other is not null && GrainId == other.GrainId;

    public override bool Equals(object? obj) => Equals(obj as Reference);

    public override int GetHashCode() => GrainId.GetHashCode();

    public override string ToString() => $"{Interface.Name} {GrainId}";

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        var method = Silo.MethodOf(targetMethod!);
        var call = method.NewCall(args ?? []);
        if (method.CancellationIndex >= 0)
        {
            call.Cancellation.ThrowIfCancellationRequested();
        }

        if (method.IsOneWay)
        {
            Send(call);
        }
        else if (!TryRunInline(call))
        {
            call.Await();
            Send(call);
        }

        return call.Returned;
    }

    protected abstract bool TryRunInline(Call call);

    protected abstract void Send(Call call);
}

/// <summary>A reference to a grain by its key; it remembers the activation that answered last.</summary>
internal class GrainReference : Reference
{
    private GrainClass? _class;
    private Activation? _activation;

    public string Key { get; private set; } = "";

    public override GrainId GrainId => GrainId.Create(_class!.GrainType, Key);

    public void Bind(GrainClass grainClass, string key, Activation? activation) => (_class, Key, _activation) = (grainClass, key, activation);

    protected override bool TryRunInline(Call call) => (_activation ?? (_activation = _class!.Find(Key)))?.TryRunInline(call) ?? false;

    protected override void Send(Call call)
    {
        if (_activation is not { } activation || !activation.TryReceive(call))
        {
            _activation = _class!.Send(call, Key);
        }
    }
}

/// <summary>A reference to an observer.</summary>
internal class ObserverReference : Reference
{
    [AllowNull]
    public ObserverTarget Target { get; set; }

    public override GrainId GrainId => Target.GrainId;

    protected override bool TryRunInline(Call call) => Target.TryRunInline(call);

    protected override void Send(Call call) => Target.Receive(call);
}
