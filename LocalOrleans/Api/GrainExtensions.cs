using Orleans.Runtime;

namespace Orleans;

/// <summary>Who a grain or a reference is.</summary>
public static class GrainExtensions
{
    public static GrainId GetGrainId(this IAddressable grain) => grain switch
    {
        IGrainBase instance => instance.GrainContext.GrainId,
        Reference reference => reference.GrainId,
        _ => throw new ArgumentException($"{grain?.GetType()} is neither a grain nor a reference.", nameof(grain)),
    };

    public static string GetPrimaryKeyString(this IAddressable grain) => grain switch
    {
        Grain { GrainContext: Activation activation } => activation.Key,
        _ => grain.GetGrainId().Key.ToString(),
    };

    /// <summary>A reference to a grain from within it, to hand out instead of <c>this</c>.</summary>
    public static TGrainInterface AsReference<TGrainInterface>(this IAddressable grain) => grain switch
    {
        IGrainBase { GrainContext: Activation activation } => (TGrainInterface)activation.Silo.GetReference(typeof(TGrainInterface), activation.Key),
        Reference reference => (TGrainInterface)reference.Silo.GetReference(typeof(TGrainInterface), reference.GrainId.Key.ToString()),
        _ => throw new ArgumentException($"{grain?.GetType()} is neither a grain nor a reference.", nameof(grain)),
    };
}
