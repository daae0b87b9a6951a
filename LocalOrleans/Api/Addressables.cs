using Orleans.Runtime;

namespace Orleans
{
    /// <summary>What every grain interface derives from.</summary>
    public interface IGrain : IAddressable;

    /// <summary>A grain interface whose grains are told apart by a string.</summary>
    public interface IGrainWithStringKey : IGrain;

    /// <summary>An object outside of the grains that grains can call; only weakly held by whoever may call it.</summary>
    public interface IGrainObserver : IAddressable;
}

namespace Orleans.Runtime
{
    /// <summary>Anything that calls can be sent to.</summary>
    public interface IAddressable;
}
