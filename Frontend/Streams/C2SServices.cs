using Krewe.Contracts.Hosts;
using Krewe.Contracts.Sessions;
using Krewe.Frontend.Delivery;
using Krewe.Frontend.Entities;
using Krewe.Frontend.Iq;
using Krewe.Frontend.Listeners;
using Krewe.Frontend.Observability;
using Krewe.Frontend.Rosters;
using Krewe.Frontend.Routing;
using Krewe.Frontend.Sasl;
using Microsoft.Extensions.Logging;

namespace Krewe.Frontend.Streams;

/// <summary>What every stream of the process shares: one reference in each stream instead of a dozen.</summary>
internal sealed class C2SServices(
    IGrainFactory grains,
    IHostSettingsSource hosts,
    StanzaRouter router,
    RosterCarrier rosters,
    OfflineDelivery offline,
    PresenceRouter presences,
    ServerFeatures features,
    SessionTable sessions,
    UserEntities entities,
    FrontendRegistration registration,
    StreamWatch watch,
    RateShares shares,
    StreamTurns turns,
    SaslServices sasl,
    TlsCertificates certificates,
    FrontendInstruments instruments,
    TimeProvider time,
    ILogger<C2SStream> log)
{
    public IGrainFactory Grains { get; } = grains;

    public IHostSettingsSource Hosts { get; } = hosts;

    public StanzaRouter Router { get; } = router;

    public RosterCarrier Rosters { get; } = rosters;

    public OfflineDelivery Offline { get; } = offline;

    public PresenceRouter Presences { get; } = presences;

    public SessionTable Sessions { get; } = sessions;

    public UserEntities Entities { get; } = entities;

    public FrontendRef Frontend => registration.Frontend;

    public ServerFeatures Features { get; } = features;

    public StreamTurns Turns { get; } = turns;

    public StreamWatch Watch { get; } = watch;

    public RateShares Shares { get; } = shares;

    public SaslServices Sasl { get; } = sasl;

    public TlsCertificates Certificates { get; } = certificates;

    public FrontendInstruments Instruments { get; } = instruments;

    public TimeProvider Time { get; } = time;

    public StreamLog Log { get; } = new(log);
}
