using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace Krewe.Contracts.Hosts;

/// <summary>
/// The table of all keys of the host document. Adding a key is one entry here, beside its property in <see cref="HostSettings"/>;
/// docs/host-settings.schema.json follows from it.
/// </summary>
public static class HostSettingKeys
{
    internal const string Tenant = "tenant";

    internal const string Components = "components";

    internal const string PrivilegedEntities = "privileged_entities";

    private const string RosterUrl = "http_roster_url";

    private const string OfTheHost = "it names domains and people of one host";

    /// <summary>RFC 6120 §13.12: a server must accept stanzas of 10,000 bytes at least.</summary>
    private const int StanzaBytesMin = 10_000;

    private const int StanzaBytesMax = 16 * 1024 * 1024;

    /// <summary>The longest wait for a tenant's service: less than the time after which a grain call is given up (30 s).</summary>
    internal const int HookSecondsMax = 25;

    internal const int YearSeconds = 31_536_000;

    private const int AdminsMax = 1000;

    private const int LimitMax = 1_000_000_000;

    private static readonly BooleanSetting Boolean = new();

    public static ImmutableArray<HostSettingKey> All { get; } =
    [
        new HostSettingKey<string>(Tenant, new TextSetting(HostKeys.TenantCharactersMax),
            (draft, value) => draft.Settings = draft.Settings with { Tenant = value }, settings => settings.Tenant,
            "Who owns the host; the domain itself when absent.") { IsProviderOnly = true, WhyNotInherited = "all hosts would be one tenant's, and open to each other's components" },
        new HostSettingKey<bool>("enabled", Boolean,
            (draft, value) => draft.Settings = draft.Settings with { Enabled = value }, settings => settings.Enabled,
            "A disabled host ends its streams and refuses new ones with host-gone.") { IsProviderOnly = true, WhyNotInherited = "hosts are suspended one by one" },
        .. AuthenticationKeys.All,
        new HostSettingKey<bool>("c2s_require_encryption", Boolean,
            (draft, value) => draft.Settings = draft.Settings with { C2SRequireEncryption = value }, settings => settings.C2SRequireEncryption,
            "Clients must use TLS before they authenticate."),
        new HostSettingKey<bool>("allow_unencrypted_plain_auth", Boolean,
            (draft, value) => draft.Settings = draft.Settings with { AllowUnencryptedPlainAuth = value }, settings => settings.AllowUnencryptedPlainAuth,
            "Offers SASL PLAIN on streams without TLS. For test systems."),
        new HostSettingKey<int>("c2s_stanza_size_limit", new IntegerSetting(StanzaBytesMin, StanzaBytesMax),
            (draft, value) => draft.Settings = draft.Settings with { C2SStanzaSizeLimit = value }, settings => settings.C2SStanzaSizeLimit,
            "The largest stanza that a client may send, in bytes."),
        new HostSettingKey<int>("component_stanza_size_limit", new IntegerSetting(StanzaBytesMin, StanzaBytesMax),
            (draft, value) => draft.Settings = draft.Settings with { ComponentStanzaSizeLimit = value }, settings => settings.ComponentStanzaSizeLimit,
            "The largest stanza that an external component may send, in bytes."),
        new HostSettingKey<string>(RosterUrl, new UrlSetting(isTemplate: true, mayBeNone: true),
            (draft, value) => draft.HttpRoster = draft.HttpRoster with { Url = value }, settings => settings.HttpRoster?.Url,
            "Where the users' rosters are fetched; %s is the percent-encoded localpart. Without it, or with false, the host keeps its own rosters.")
            {
                IsContradictedBy = PrivilegedEntitiesKey.LetsSomebodySetRosters,
            },
        new HostSettingKey<string>("http_roster_authorization_header", new TextSetting(8192, isHeader: true),
            (draft, value) => draft.HttpRoster = draft.HttpRoster with { AuthorizationHeader = value },
            settings => settings.HttpRoster?.AuthorizationHeader is null ? null : HostSecrets.Marker(),
            "Sent as the Authorization header of roster requests.") { IsSecret = true, GoesWith = RosterUrl },
        new HostSettingKey<TimeSpan>("http_roster_fresh_for", new SecondsSetting(0, YearSeconds),
            (draft, value) => draft.HttpRoster = draft.HttpRoster with { FreshFor = value }, settings => Seconds(Roster(settings).FreshFor),
            "A cached roster younger than this is not asked for again at the first need after a time without sessions. Seconds."),
        new HostSettingKey<TimeSpan>("http_roster_wait", new SecondsSetting(0, HookSecondsMax),
            (draft, value) => draft.HttpRoster = draft.HttpRoster with { Wait = value }, settings => Seconds(Roster(settings).Wait),
            "How long a client waits for the hook before the last good copy is served; differences are pushed when the answer comes. Seconds."),
        new HostSettingKey<TimeSpan>("http_roster_timeout", new SecondsSetting(0.1, HookSecondsMax),
            (draft, value) => draft.HttpRoster = draft.HttpRoster with { Timeout = value }, settings => Seconds(Roster(settings).Timeout),
            "The total deadline of a roster request, attempts together. Seconds."),
        new HostSettingKey<TimeSpan>("http_roster_stale_for", new SecondsSetting(0, 10 * YearSeconds),
            (draft, value) => draft.HttpRoster = draft.HttpRoster with { StaleFor = value }, settings => Seconds(Roster(settings).StaleFor),
            "How old a last good copy may be served while the hook fails. Nothing is removed after it. Seconds."),
        new HostSettingKey<ImmutableArray<System.Net.IPNetwork>>("roster_admin_allow_from", new OneOrMoreSetting<System.Net.IPNetwork>(new NetworkSetting(), 100, itemsMin: 0),
            (draft, value) => draft.Settings = draft.Settings with { RosterAdminAllowFrom = value },
            settings => List(settings.RosterAdminAllowFrom.Select(network => network.ToString())),
            "Networks from which /roster_admin/… needs no token, for a move from Prosody. A request with forwarding headers from an untrusted peer never matches.")
            { IsProviderOnly = true },
        new HostSettingKey<ImmutableArray<ReadOnlyMemory<byte>>>("hook_secret", new OneOrMoreSetting<ReadOnlyMemory<byte>>(new HookSecretSetting(), 2),
            (draft, value) => draft.Settings = draft.Settings with { HookSecrets = value },
            settings => settings.HookSecrets.IsEmpty ? null : HostSecrets.Marker(),
            "Signs every hook call (Standard Webhooks): whsec_ and base64, or a list of two during rotation.")
            {
                IsSecret = true, WhyNotInherited = "a tenant could have any request signed with it, by a hook of its own",
            },
        new ComponentsKey(Components, ComponentTypes.All,
            "The host's other domains: domain to component. Only the provider may add, change or remove one whose domain is not below the host's own.")
            {
                WhyNotInherited = OfTheHost,
            },
        new DelegationsKey("delegations",
            "Who answers for the host (XEP-0355): namespace to a grant, or to a list of grants. urn:xmpp:delegation:, urn:xmpp:privilege:, bind and session are never delegated, "
            + "but for the two pseudo-namespaces urn:xmpp:delegation:2:bare:disco#info:* and urn:xmpp:delegation:2:bare:disco#items:*.") { HasDefaultsWithin = true, WhyNotInherited = OfTheHost },
        new PrivilegedEntitiesKey(PrivilegedEntities,
            "Who may act for the host's users (XEP-0356): a component's domain, or a user's bare or full JID, to privileges.") { HasDefaultsWithin = true, WhyNotInherited = OfTheHost },
        new HostSettingKey<ImmutableArray<string>>("admins", new OneOrMoreSetting<string>(new BareJidSetting(), AdminsMax, itemsMin: 0),
            (draft, value) => draft.Settings = draft.Settings with { Admins = [.. value] },
            settings => List(settings.Admins.Order(StringComparer.Ordinal)),
            "Bare JIDs of those who administer the host's components.") { WhyNotInherited = OfTheHost },
        new HostSettingKey<bool>("isolate", Boolean,
            (draft, value) => draft.Settings = draft.Settings with { Isolate = value }, settings => settings.Isolate,
            "Closes the host to all other domains."),
        new HostSettingGroup("limits", Limits(), "The host's limits; 0 is no limit.") { IsProviderOnly = true },
        .. ComponentDefaultKey.Of(ComponentTypes.All),
    ];

    private static ImmutableArray<HostSettingKey> Limits() =>
    [
        Limit("sessions_per_user", (limits, value) => limits with { SessionsPerUser = value }, limits => limits.SessionsPerUser, "Sessions of one user."),
        Limit("sessions", (limits, value) => limits with { Sessions = value }, limits => limits.Sessions, "Sessions of the host."),
        Limit("stanzas_per_second", (limits, value) => limits with { StanzasPerSecond = value }, limits => limits.StanzasPerSecond, "Stanzas that one user may send in a second, over all of the user's streams; five seconds' worth at once. The host's streams together may send a hundred times as many, an external component fifty times. Whoever sends more is read from more slowly, and ended after five minutes without a break."),
        Limit("bytes_per_second", (limits, value) => limits with { BytesPerSecond = value }, limits => limits.BytesPerSecond, "Bytes that one user may send in a second, in the same way; large answers count as well. Answers of the roster hook may come at thirty-two times this rate."),
        Limit("anonymous_sessions", (limits, value) => limits with { AnonymousSessions = value }, limits => limits.AnonymousSessions, "Sessions of anonymous users of the host."),
        Limit("anonymous_sessions_per_address", (limits, value) => limits with { AnonymousSessionsPerAddress = value }, limits => limits.AnonymousSessionsPerAddress,
            "Sessions of anonymous users from one network address (IPv6: from one /64). So many may also begin at once; then one a second."),
        Limit("roster_items", (limits, value) => limits with { RosterItems = value }, limits => limits.RosterItems, "Contacts in one roster."),
        Limit("rooms", (limits, value) => limits with { Rooms = value }, limits => limits.Rooms, "Rooms of one room service."),
        Limit("occupants", (limits, value) => limits with { Occupants = value }, limits => limits.Occupants, "Occupants of one room."),
        Limit("hook_calls_per_second", (limits, value) => limits with { HookCallsPerSecond = value }, limits => limits.HookCallsPerSecond, "Calls of one hook in a second; of all of the host's hooks together four times as many."),
        Limit("hook_concurrency", (limits, value) => limits with { HookConcurrency = value }, limits => limits.HookConcurrency, "Calls of one hook at a time; of all of the host's hooks together four times as many."),
        Limit("pending_iqs", (limits, value) => limits with { PendingIqs = value }, limits => limits.PendingIqs, "IQs that wait for the answer of whoever a namespace is delegated to."),
        Limit("offline_messages", (limits, value) => limits with { OfflineMessages = value }, limits => limits.OfflineMessages, "Messages kept for each user who is away."),
    ];

    private static HostSettingKey<int> Limit(string name, Func<HostLimits, int, HostLimits> set, Func<HostLimits, int> show, string description) =>
        new(name, new IntegerSetting(0, LimitMax),
            (draft, value) => draft.Settings = draft.Settings with { Limits = set(draft.Settings.Limits, value) }, settings => show(settings.Limits), description);

    private static HttpRosterSettings Roster(HostSettings settings) => settings.HttpRoster ?? HttpRosterSettings.Default;

    internal static JsonNode Seconds(TimeSpan duration) => duration.Ticks % TimeSpan.TicksPerSecond == 0
        ? JsonValue.Create(duration.Ticks / TimeSpan.TicksPerSecond)
        : JsonValue.Create(duration.TotalSeconds);

    private static JsonArray? List(IEnumerable<string> items) => items.Any() ? new JsonArray([.. items.Select(item => (JsonNode)item)]) : null;
}
