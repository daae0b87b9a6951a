using System.Collections.Immutable;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Sessions;
using Krewe.Frontend.Delivery;
using Krewe.Frontend.Entities;
using Krewe.Frontend.Observability;
using Krewe.Frontend.Streams;
using Microsoft.Extensions.Logging;

namespace Krewe.Frontend.Components;

/// <summary>What every component's stream of the process shares.</summary>
internal sealed class ComponentServices(
    IHostSettingsSource hosts,
    IComponentRouter router,
    ComponentTable table,
    ComponentAdmissions admissions,
    IEnumerable<IEntityObserver> observers,
    HandshakeFailures failures,
    SessionTable sessions,
    FrontendRegistration registration,
    ComponentWatch watch,
    RateShares shares,
    StreamTurns turns,
    FrontendInstruments instruments,
    TimeProvider time,
    ILogger<ComponentStream> log)
{
    public IHostSettingsSource Hosts { get; } = hosts;

    public IComponentRouter Router { get; } = router;

    public ComponentTable Table { get; } = table;

    public ComponentAdmissions Admissions { get; } = admissions;

    /// <summary>In the order in which they are told.</summary>
    public ImmutableArray<IEntityObserver> Observers { get; } = [.. observers];

    public HandshakeFailures Failures { get; } = failures;

    public SessionTable Sessions { get; } = sessions;

    public StreamTurns Turns { get; } = turns;

    public FrontendRef Frontend => registration.Frontend;

    public ComponentWatch Watch { get; } = watch;

    public RateShares Shares { get; } = shares;

    public FrontendInstruments Instruments { get; } = instruments;

    public TimeProvider Time { get; } = time;

    public StreamLog Log { get; } = new(log);
}
