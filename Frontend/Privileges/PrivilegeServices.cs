using Krewe.Contracts.Addressing;
using Krewe.Contracts.Muc;
using Krewe.Frontend.Delivery;
using Krewe.Frontend.Observability;

namespace Krewe.Frontend.Privileges;

/// <summary>What everybody who acts by privilege shares.</summary>
internal sealed class PrivilegeServices(SessionTable sessions, FrontendRegistration registration, FrontendInstruments instruments)
{
    public FrontendInstruments Instruments { get; } = instruments;

    /// <summary>For one who is in no room: nothing is ever delivered to it.</summary>
    public MucSession NewSession(Jid address) => new(registration.Frontend, sessions.NextNumber(), address);
}
