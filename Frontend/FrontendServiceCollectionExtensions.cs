using Krewe.Contracts.Hosting;
using Krewe.Frontend.Components;
using Krewe.Frontend.Delegation;
using Krewe.Frontend.Delegation.ClientMode;
using Krewe.Frontend.Delegation.Nesting;
using Krewe.Frontend.Delivery;
using Krewe.Frontend.Entities;
using Krewe.Frontend.Http;
using Krewe.Frontend.Iq;
using Krewe.Frontend.Muc;
using Krewe.Frontend.Muc.Iq;
using Krewe.Frontend.Observability;
using Krewe.Frontend.Privileges;
using Krewe.Frontend.Rosters;
using Krewe.Frontend.Routing;
using Krewe.Frontend.Sasl;
using Krewe.Frontend.Streams;
using Krewe.Frontend.Usage;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Krewe.Frontend;

/// <summary>
/// The XMPP and HTTP edges of one process in two calls. They need <see cref="KreweOptions"/>, the grain host's <see cref="IGrainFactory"/>,
/// <see cref="Contracts.Sessions.LocalRoutes"/> and <see cref="Readiness"/> of whoever composes the process.
/// </summary>
internal static class FrontendServiceCollectionExtensions
{
    public static IServiceCollection AddKreweFrontend(this IServiceCollection services)
    {
        services.AddKreweApi();
        services.AddKreweMetrics();
        services.AddSasl();
        services.AddStreams();
        services.AddRouting();
        services.AddPrivileges();
        services.AddComponents();
        services.AddEntities();
        services.AddDelegation();
        services.AddServiceDiscovery();
        services.AddHostedService(provider => provider.GetRequiredService<UsageService>());
        return services;
    }

    public static void MapKreweFrontend(this WebApplication app)
    {
        app.MapKreweApi();
        RefreshEndpoints.Map(app);
        app.MapKreweMetrics();
        HostMetaEndpoints.Map(app);
        WebSocketEndpoint.Map(app);
    }

    private static void AddStreams(this IServiceCollection services)
    {
        services.AddSingleton<C2SServices>();
        services.AddSingleton<C2SConnectionHandler>();
        services.AddSingleton<DirectTlsConnectionHandler>();
        services.AddSingleton<WebSocketEndpoint>();
        services.AddSingleton<HostMetaEndpoints>();
        services.AddSingleton<StreamWatch>();
        services.AddSingleton<RateShares>();
        services.AddSingleton<StreamTurns>();
        services.TryAddSingleton<LargeWork>();
        services.AddHostedService(provider => provider.GetRequiredService<StreamWatch>());
        services.AddHostedService<HostWatch>();
    }

    private static void AddComponents(this IServiceCollection services)
    {
        services.AddSingleton<ComponentServices>();
        services.AddSingleton<ComponentConnectionHandler>();
        services.AddSingleton<ComponentTable>();
        services.AddSingleton<ComponentAdmissions>();
        services.AddSingleton<IComponentRouter, ComponentRouter>();
        services.AddSingleton<HandshakeFailures>();
        services.AddSingleton<ComponentWatch>();
        services.AddHostedService(provider => provider.GetRequiredService<ComponentWatch>());
    }

    /// <summary>Of those to whom hosts grant something, whoever they are.</summary>
    private static void AddEntities(this IServiceCollection services)
    {
        services.AddSingleton<GrantingHosts>();
        services.AddSingleton<UserEntities>();
        services.AddSingleton<UserEntityRouter>();
    }

    /// <summary>Told of entities' connections before whoever delegates to them (specs D-016).</summary>
    private static void AddPrivileges(this IServiceCollection services)
    {
        services.AddSingleton<PrivilegeServices>();
        services.AddSingleton<PrivilegeRouter>();
        services.AddSingleton<PrivilegedMessageRouter>();
        services.AddSingleton<PrivilegedIqRouter>();
        services.AddSingleton<PrivilegedIqs>();
        services.AddSingleton<PresenceIntroduction>();
        services.AddSingleton<PrivilegeAdvertiser>();
        services.AddSingleton<IEntityObserver>(provider => provider.GetRequiredService<PrivilegedIqs>());
        services.AddSingleton<IEntityObserver>(provider => provider.GetRequiredService<PrivilegeAdvertiser>());
    }

    /// <summary>Behind the privileges' part, because an entity is told of its privileges before what is delegated to it (specs D-016).</summary>
    private static void AddDelegation(this IServiceCollection services)
    {
        services.AddSingleton<DelegationAdvertiser>();
        services.AddSingleton<IEntityObserver>(provider => provider.GetRequiredService<DelegationAdvertiser>());
        services.AddSingleton<PendingIqs>();
        services.AddSingleton<IEntityObserver>(provider => provider.GetRequiredService<PendingIqs>());
        services.AddSingleton<Delegates>();
        services.AddSingleton<DelegatedServices>();
        services.AddSingleton<DelegationForwarder>();
        services.AddSingleton<DelegationReplies>();
    }

    /// <summary>Last, because an entity is asked what it does behind being told what it may.</summary>
    private static void AddServiceDiscovery(this IServiceCollection services)
    {
        services.AddSingleton<EntityRequests>();
        services.AddSingleton<IEntityObserver>(provider => provider.GetRequiredService<EntityRequests>());
        services.AddSingleton<ClientGrants>();
        services.AddSingleton<IEntityObserver>(provider => provider.GetRequiredService<ClientGrants>());
        services.AddSingleton<NestedDisco>();
        services.AddSingleton<IEntityObserver>(provider => provider.GetRequiredService<NestedDisco>());
        services.AddSingleton<DelegationRequests>();
        services.AddSingleton<IIqHandler, DelegationRequestHandler1>();
        services.AddSingleton<IIqHandler, DelegationRequestHandler2>();
        services.AddSingleton<IIqHandler, ConfigureCommand>();
        services.AddSingleton<DiscoAudience>();
        services.AddSingleton<HostItems>();
        services.AddSingleton<ServerFeatures>();
        services.AddSingleton(provider => new Lazy<ServerFeatures>(provider.GetRequiredService<ServerFeatures>));
        services.AddSingleton<IIqHandler, DiscoInfoHandler>();
        services.AddSingleton<IIqHandler, DiscoItemsHandler>();
    }

    private static void AddRouting(this IServiceCollection services)
    {
        services.AddSingleton<SessionTable>();
        services.AddSingleton<ISessionDirectory>(provider => provider.GetRequiredService<SessionTable>());
        services.AddHostedService<IsolationWatch>();
        services.AddSingleton<FrontendSink>();
        services.AddSingleton<FrontendRegistration>();
        services.AddSingleton<StanzaRouter>();
        services.AddSingleton<LocalPath>();
        services.AddSingleton<ComponentDelivery>();
        services.AddSingleton<IqRouter>();
        services.AddSingleton<PresenceRouter>();
        services.AddSingleton<MucRouter>();
        services.AddSingleton<MucMediator>();
        services.AddSingleton<LocalAccounts>();
        services.AddSingleton<UserMessages>();
        services.AddSingleton<OfflineDelivery>();
        services.AddSingleton<RosterCarrier>();
        services.AddSingleton<ManagedRosters>();
        services.AddSingleton<RosterRefresh>();
        services.AddSingleton<RefreshEndpoints>();
        services.AddSingleton<IqHandlers>();
        services.AddSingleton<IIqHandler, PingHandler>();
        services.AddSingleton<IIqHandler, RosterHandler>();
        services.AddSingleton<IIqHandler, VersionHandler>();
        services.AddSingleton<IIqHandler, TimeHandler>();
        services.AddSingleton<IIqHandler, SessionHandler>();
        services.AddSingleton<IIqHandler, BindHandler>();
        services.AddSingleton<IIqHandler, MucDiscoInfoHandler>();
        services.AddSingleton<IIqHandler, MucDiscoItemsHandler>();
        services.AddSingleton<IIqHandler, MucAdminHandler>();
        services.AddSingleton<IIqHandler, MucOwnerHandler>();
        services.AddSingleton<IIqHandler, MucRegisterHandler>();
    }
}
