using Krewe.Contracts.Sessions;

namespace Krewe.Frontend.Delivery;

/// <summary>
/// Registers this process's one sink with the grain host. The sink object is held here: the host refers to it weakly.
/// </summary>
internal sealed class FrontendRegistration(IGrainFactory grains, SessionTable sessions, FrontendSink sink)
{
    private readonly Lazy<FrontendRef> _frontend = new(() => new FrontendRef(sessions.FrontendName, grains.CreateObjectReference<IFrontendSink>(sink)));

    /// <summary>What binds carry; usable once the grain host has started.</summary>
    public FrontendRef Frontend => _frontend.Value;
}
