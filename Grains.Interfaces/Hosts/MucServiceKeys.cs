using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Krewe.Contracts.Muc;

namespace Krewe.Contracts.Hosts;

/// <summary>The table of all keys of a room service, spelled as Prosody spells them where it has them.</summary>
internal static class MucServiceKeys
{
    public const string EnabledFor = "muc_http_auth_enabled_for";

    public const string DisabledFor = "muc_http_auth_disabled_for";

    private const string Url = "muc_http_auth_url";

    private const string OfEach = "it is what makes one component another than the next";

    private static readonly BooleanSetting Boolean = new();

    public static ImmutableArray<HostSettingKey> All { get; } =
    [
        new MucServiceKey<string>(ComponentTypes.Discriminator, new WordSetting(MucServiceType.TypeName), (_, _) => { }, _ => MucServiceType.TypeName,
            "A room service (XEP-0045).") { IsRequired = true, WhyNotInherited = OfEach },
        new MucServiceKey<string>("name", new TextSetting(255),
            (draft, value) => draft.Settings = draft.Settings with { Name = value }, settings => settings.Name,
            "The service's name for people's eyes.") { WhyNotInherited = OfEach },
        new MucServiceKey<RoomCreation>("restrict_room_creation", new RoomCreationSetting(),
            (draft, value) => draft.Settings = draft.Settings with { RestrictRoomCreation = value },
            settings => RoomCreationSetting.Show(settings.RestrictRoomCreation),
            "Who may create rooms. false: everybody who can reach the service. local: the host's own users. admin: the host's admins."),
        new MucServiceKey<bool>("muc_room_locking", Boolean,
            (draft, value) => draft.Settings = draft.Settings with { RoomLocking = value }, settings => settings.RoomLocking,
            "A new room is locked until its owner has accepted its configuration (XEP-0045 §10.1)."),
        .. RoomDefaults(),
        .. HttpAuth(),
    ];

    private static ImmutableArray<HostSettingKey> RoomDefaults() =>
    [
        RoomDefault("public", Boolean, (room, value) => room with { IsPublic = value }, room => room.IsPublic, "The service lists the room."),
        RoomDefault("persistent", Boolean, (room, value) => room with { IsPersistent = value }, room => room.IsPersistent, "The room stays when its last occupant leaves."),
        RoomDefault("members_only", Boolean, (room, value) => room with { IsMembersOnly = value }, room => room.IsMembersOnly, "Only members may enter."),
        RoomDefault("moderated", Boolean, (room, value) => room with { IsModerated = value }, room => room.IsModerated, "Only those with voice may speak."),
        RoomDefault("public_jids", Boolean, (room, value) => room with { IsNonAnonymous = value }, room => room.IsNonAnonymous, "Everybody sees real JIDs, not only moderators."),
        RoomDefault("change_subject", Boolean, (room, value) => room with { MayChangeSubject = value }, room => room.MayChangeSubject, "Participants may change the subject."),
        RoomDefault("allow_member_invites", Boolean, (room, value) => room with { MayInvite = value }, room => room.MayInvite, "Members may invite into a members-only room."),
        RoomDefault("history_length", new IntegerSetting(0, MucRoomConfig.HistoryLengthMax), (room, value) => room with { HistoryLength = value }, room => room.HistoryLength,
            "How many messages are kept for those who enter."),
        RoomDefault("language", new LanguageSetting(), (room, value) => room with { Language = value }, room => room.Language, "The language that is spoken, as an RFC 5646 tag."),
    ];

    private static ImmutableArray<HostSettingKey> HttpAuth() =>
    [
        new MucServiceKey<string>(Url, new UrlSetting(isTemplate: false, mayBeNone: true),
            (draft, value) => draft.HttpAuth = draft.HttpAuth with { Url = value }, settings => settings.HttpAuth?.Url,
            "Who may be in a room is asked here; userJID, mucJID and nickname are added to the query. Without it, or with false, nobody is asked."),
        new MucServiceKey<MucRoomSelection>(EnabledFor, new RoomSelectionSetting(),
            (draft, value) => draft.HttpAuth = draft.HttpAuth with { EnabledFor = value }, settings => RoomSelectionSetting.Show(InForce(settings).EnabledFor),
            "Asked only about these rooms: localparts, or by the domain of the user, where all is every domain. Not together with muc_http_auth_disabled_for.") { Rival = DisabledFor },
        new MucServiceKey<MucRoomSelection>(DisabledFor, new RoomSelectionSetting(),
            (draft, value) => draft.HttpAuth = draft.HttpAuth with { DisabledFor = value }, settings => RoomSelectionSetting.Show(InForce(settings).DisabledFor),
            "Asked about every room but these. Not together with muc_http_auth_enabled_for.") { Rival = EnabledFor },
        new MucServiceKey<string>("muc_http_auth_authorization_header", new TextSetting(8192, isHeader: true),
            (draft, value) => draft.HttpAuth = draft.HttpAuth with { AuthorizationHeader = value },
            settings => settings.HttpAuth?.AuthorizationHeader is null ? null : HostSecrets.Marker(),
            "Sent as the Authorization header of these requests.") { IsSecret = true, GoesWith = Url },
        new MucServiceKey<bool>("muc_http_auth_insecure", Boolean,
            (draft, value) => draft.HttpAuth = draft.HttpAuth with { IsInsecure = value }, settings => InForce(settings).IsInsecure,
            "The service's certificate is not verified.") { IsProviderOnly = true, GoesWith = Url },
        HttpAuthKey("authorize_registration", Boolean, (auth, value) => auth with { AuthorizeRegistration = value }, auth => auth.AuthorizeRegistration,
            "Asked before a user registers with a room too."),
        HttpAuthKey("allow_for", new SecondsSetting(0, HostSettingKeys.YearSeconds), (auth, value) => auth with { AllowFor = value }, auth => HostSettingKeys.Seconds(auth.AllowFor),
            "How long an admission is remembered, unless the answer says expires_in. Seconds."),
        HttpAuthKey("deny_for", new SecondsSetting(0, HostSettingKeys.YearSeconds), (auth, value) => auth with { DenyFor = value }, auth => HostSettingKeys.Seconds(auth.DenyFor),
            "How long a refusal is remembered, unless the answer says expires_in. Seconds."),
        HttpAuthKey("timeout", new SecondsSetting(0.1, HostSettingKeys.HookSecondsMax), (auth, value) => auth with { Timeout = value }, auth => HostSettingKeys.Seconds(auth.Timeout),
            "The total deadline of a request, attempts together. Seconds."),
        HttpAuthKey("on_error", new OnErrorSetting(), (auth, value) => auth with { OnError = value }, auth => OnErrorSetting.Show(auth.OnError),
            "What a failure comes to. stale: the last decision when there is one, else deny. It never overrides a refusal."),
        HttpAuthKey("recheck", Boolean, (auth, value) => auth with { Recheck = value }, auth => auth.Recheck,
            "Asked again for those who are in a room when their admission runs out."),
        HttpAuthKey("exempt_admins", Boolean, (auth, value) => auth with { ExemptAdmins = value }, auth => auth.ExemptAdmins,
            "Not asked about the host's admins."),
    ];

    private static MucServiceKey<T> RoomDefault<T>(
        string name, SettingType<T> type, Func<MucRoomConfig, T, MucRoomConfig> set, Func<MucRoomConfig, JsonNode?> show, string description) =>
        new($"muc_room_default_{name}", type,
            (draft, value) => draft.Settings = draft.Settings with { RoomDefaults = set(draft.Settings.RoomDefaults, value) },
            settings => show(settings.RoomDefaults), $"For new rooms: {char.ToLowerInvariant(description[0])}{description[1..]}");

    private static MucServiceKey<T> HttpAuthKey<T>(
        string name, SettingType<T> type, Func<MucHttpAuthSettings, T, MucHttpAuthSettings> set, Func<MucHttpAuthSettings, JsonNode?> show, string description) =>
        new($"muc_http_auth_{name}", type, (draft, value) => draft.HttpAuth = set(draft.HttpAuth, value), settings => show(InForce(settings)), description);

    private static MucHttpAuthSettings InForce(MucServiceSettings settings) => settings.HttpAuth ?? MucServiceDraft.NoHttpAuth;

    /// <summary>A key of a room service.</summary>
    private sealed class MucServiceKey<T>(
        string name, SettingType<T> type, Action<MucServiceDraft, T> set, Func<MucServiceSettings, JsonNode?> show, string description)
        : SettingKey<MucServiceDraft, MucServiceSettings, T>(name, type, set, show, description);
}
