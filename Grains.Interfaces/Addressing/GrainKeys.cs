using System.Globalization;
using Krewe.Contracts.Accounts;
using Krewe.Contracts.Audit;
using Krewe.Contracts.Certificates;
using Krewe.Contracts.Components;
using Krewe.Contracts.Contents;
using Krewe.Contracts.Delegation;
using Krewe.Contracts.Doctor;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Muc;
using Krewe.Contracts.Outbound;
using Krewe.Contracts.Rosters;
using Krewe.Contracts.Sessions;
using Krewe.Contracts.Usage;

namespace Krewe.Contracts.Addressing;

/// <summary>The only place that makes a grain key: a prepared bare JID or domain, so one thing never has two grains.</summary>
public static class GrainKeys
{
    public static IRosterGrain Roster(this IGrainFactory grains, Jid owner) => grains.GetGrain<IRosterGrain>(owner.Bare);

    public static IUserSessionsGrain Sessions(this IGrainFactory grains, Jid owner) => grains.GetGrain<IUserSessionsGrain>(owner.Bare);

    public static IOfflineMessagesGrain OfflineMessages(this IGrainFactory grains, Jid owner) => grains.GetGrain<IOfflineMessagesGrain>(owner.Bare);

    public static IAccountGrain Account(this IGrainFactory grains, Jid account) => grains.GetGrain<IAccountGrain>(account.Bare);

    public static IHttpAuthGrain HttpAuth(this IGrainFactory grains, Jid user) => grains.GetGrain<IHttpAuthGrain>(user.Bare);

    public static IHostGrain Host(this IGrainFactory grains, string domain) => grains.GetGrain<IHostGrain>(domain);

    public static IHostHistoryGrain HostHistory(this IGrainFactory grains, string domain) => grains.GetGrain<IHostHistoryGrain>(domain);

    /// <summary>There is one for all hosts.</summary>
    public static IHostDefaultsGrain HostDefaults(this IGrainFactory grains) => grains.GetGrain<IHostDefaultsGrain>("defaults");
    /// <param name="host">The host's domain.</param>
    public static IKeyRingGrain HostKeys(this IGrainFactory grains, string host) => grains.GetGrain<IKeyRingGrain>(host);

    /// <summary>No domain has a slash. The name is percent-encoded, because storages take an at sign for the end of a localpart.</summary>
    public static IKeyRingGrain TenantKeys(this IGrainFactory grains, string tenant) => grains.GetGrain<IKeyRingGrain>($"tenant/{Uri.EscapeDataString(tenant)}");

    /// <summary>The key of the log of what was changed.</summary>
    /// <param name="host">The host's domain; null for what the provider did to none.</param>
    public static string AuditChanges(string? host) => $"{host}/changes";

    /// <summary>The key of the log of what was refused, of who signed in, and of everyday actions.</summary>
    /// <param name="host">The host's domain; null for what belongs to none.</param>
    public static string AuditAccesses(string? host) => $"{host}/accesses";

    /// <param name="log">One of the keys above.</param>
    public static IAuditLogGrain AuditLog(this IGrainFactory grains, string log) => grains.GetGrain<IAuditLogGrain>(log);

    /// <param name="log">The log's key.</param>
    public static IAuditPageGrain AuditPage(this IGrainFactory grains, string log, long page) => grains.GetGrain<IAuditPageGrain>(string.Create(CultureInfo.InvariantCulture, $"{log}/{page}"));

    /// <param name="domain">An external component's domain.</param>
    public static IComponentGrain Component(this IGrainFactory grains, string domain) => grains.GetGrain<IComponentGrain>(domain);

    /// <param name="host">The domain of the host that delegates.</param>
    public static IDelegationGrain Delegation(this IGrainFactory grains, string host) => grains.GetGrain<IDelegationGrain>(host);

    /// <param name="host">The host's domain.</param>
    public static IUserDelegationsGrain UserDelegations(this IGrainFactory grains, string host) => grains.GetGrain<IUserDelegationsGrain>(host);

    /// <param name="host">The domain of the host whose hooks are called.</param>
    public static IHooksGrain Hooks(this IGrainFactory grains, string host) => grains.GetGrain<IHooksGrain>(host);

    /// <param name="host">The host's domain.</param>
    public static IUsageGrain Usage(this IGrainFactory grains, string host) => grains.GetGrain<IUsageGrain>(host);

    /// <param name="month">As <see cref="UsageDates.Month"/> writes it. No domain can hold a slash, so a key has one reading.</param>
    public static IUsageMonthGrain UsageMonth(this IGrainFactory grains, string host, string month) => grains.GetGrain<IUsageMonthGrain>($"{host}/{month}");

    /// <param name="host">The host's domain.</param>
    public static ICertificateGrain Certificate(this IGrainFactory grains, string host) => grains.GetGrain<ICertificateGrain>(host);

    /// <param name="domain">A host's domain, or a room service's.</param>
    public static IHostContentGrain HostContent(this IGrainFactory grains, string domain) => grains.GetGrain<IHostContentGrain>(domain);

    /// <param name="host">The host's domain.</param>
    public static IHostDoctorGrain Doctor(this IGrainFactory grains, string host) => grains.GetGrain<IHostDoctorGrain>(host);

    public static IDomainGrain Domain(this IGrainFactory grains, string domain) => grains.GetGrain<IDomainGrain>(domain);

    /// <summary>Neither bare JID can hold a slash, so a key has one reading.</summary>
    public static IMucAuthGrain MucAuth(this IGrainFactory grains, Jid room, Jid user) => grains.GetGrain<IMucAuthGrain>($"{room.Bare}/{user.Bare}");

    public static IMucRoomGrain MucRoom(this IGrainFactory grains, Jid room) => grains.GetGrain<IMucRoomGrain>(room.Bare);

    /// <param name="service">A room service's domain.</param>
    public static IMucServiceGrain MucService(this IGrainFactory grains, string service) => grains.GetGrain<IMucServiceGrain>(service);

    /// <param name="service">A room service's domain.</param>
    public static IMucDecisionsGrain MucDecisions(this IGrainFactory grains, string service) => grains.GetGrain<IMucDecisionsGrain>(service);

    /// <summary>There is one directory for all.</summary>
    public static IHostDirectoryGrain HostDirectory(this IGrainFactory grains) => grains.GetGrain<IHostDirectoryGrain>("hosts");
}
