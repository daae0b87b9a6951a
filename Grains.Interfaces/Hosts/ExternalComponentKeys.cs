using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace Krewe.Contracts.Hosts;

/// <summary>The table of all keys of an external component (XEP-0114), spelled as Prosody spells them where it has them.</summary>
internal static class ExternalComponentKeys
{
    private const int SecretCharactersMin = 6;

    private const string OfEach = "it is what makes one component another than the next";

    /// <summary>The generations of <c>urn:xmpp:delegation:</c> and <c>urn:xmpp:privilege:</c> that are spoken.</summary>
    private static readonly IntegerSetting Generation = new(1, 2);

    private static readonly ChoiceSetting<ComponentConflict> Conflict = new(
        ("kick_new", ComponentConflict.KickNew), ("kick_old", ComponentConflict.KickOld), ("balance", ComponentConflict.Balance));

    public static ImmutableArray<HostSettingKey> All { get; } =
    [
        new Key<string>(ComponentTypes.Discriminator, new WordSetting(ExternalComponentType.TypeName), (_, _) => { }, _ => ExternalComponentType.TypeName,
            "A program of the tenant's that serves the domain over a stream of its own (XEP-0114).") { IsRequired = true, WhyNotInherited = OfEach },
        new Key<string>("name", new TextSetting(255),
            (draft, value) => draft.Settings = draft.Settings with { Name = value }, settings => settings.Name,
            "The component's name for people's eyes.") { WhyNotInherited = OfEach },
        new Key<string>("component_secret", new TextSetting(255, charactersMin: SecretCharactersMin),
            (draft, value) => draft.Settings = draft.Settings with { Secret = value }, settings => settings.Secret.Length > 0 ? HostSecrets.Marker() : null,
            "What the component proves to know when it connects (XEP-0114 §3).") { IsSecret = true, IsRequired = true },
        new Key<ComponentConflict>("component_conflict_resolve", Conflict,
            (draft, value) => draft.Settings = draft.Settings with { ConflictResolve = value }, settings => Conflict.Show(settings.ConflictResolve),
            "A second connection is refused (kick_new), ends the first (kick_old), or serves beside it, each user by the same one (balance)."),
        new Key<int>("delegation_ns", Generation,
            (draft, value) => draft.Settings = draft.Settings with { DelegationNs = value }, settings => settings.DelegationNs,
            "Which generation of urn:xmpp:delegation: the component speaks (XEP-0355)."),
        new Key<int>("privilege_ns", Generation,
            (draft, value) => draft.Settings = draft.Settings with { PrivilegeNs = value }, settings => settings.PrivilegeNs,
            "Which generation of urn:xmpp:privilege: the component speaks (XEP-0356)."),
    ];

    private sealed class Key<T>(
        string name, SettingType<T> type, Action<ExternalComponentDraft, T> set, Func<ExternalComponentSettings, JsonNode?> show, string description)
        : SettingKey<ExternalComponentDraft, ExternalComponentSettings, T>(name, type, set, show, description);
}
