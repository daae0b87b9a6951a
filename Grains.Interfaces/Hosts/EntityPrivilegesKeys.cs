using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Krewe.Contracts.Hosts;

/// <summary>The table of all keys of one entity in <c>privileged_entities</c>.</summary>
internal static class EntityPrivilegesKeys
{
    public const string Roster = "roster";

    public const string Presence = "presence";

    private static readonly ChoiceSetting<PrivilegeAccess> Access = new(
        ("none", PrivilegeAccess.None), ("get", PrivilegeAccess.Get), ("set", PrivilegeAccess.Set), ("both", PrivilegeAccess.Both));

    private static readonly ChoiceSetting<bool> Message = new(("none", false), ("outgoing", true));

    private static readonly ChoiceSetting<PresencePrivilege> PresenceOf = new(
        ("none", PresencePrivilege.None), ("managed_entity", PresencePrivilege.ManagedEntity), (Roster, PresencePrivilege.Roster));

    public static ImmutableArray<HostSettingKey> All { get; } =
    [
        new Key<PrivilegeAccess>(Roster, Access, (draft, value) => draft.Roster = value, settings => Access.Show(settings.Roster),
            "The users' rosters (XEP-0356 §4). set and both are not possible where http_roster_url says what the rosters are."),
        new Key<bool>("message", Message,
            (draft, value) => draft.Privileges = draft.Privileges with { MayMessage = value }, settings => Message.Show(settings.MayMessage),
            "Sending messages as the host or as a user (XEP-0356 §5)."),
        new Key<PresencePrivilege>(Presence, PresenceOf,
            (draft, value) => draft.Privileges = draft.Privileges with { Presence = value }, settings => PresenceOf.Show(settings.Presence),
            "Whose presence the entity is told (XEP-0356 §7). managed_entity: the users'. roster: that, and their contacts'; it needs roster get or both."),
        new Key<ImmutableDictionary<string, PrivilegeAccess>>("iq", new PrivilegedIqSetting(),
            (draft, value) => draft.Privileges = draft.Privileges with { Iq = value }, settings => PrivilegedIqSetting.Show(settings.Iq),
            "IQs as a user (XEP-0356 §6), by the namespace of the payload."),
    ];

    private sealed class Key<T>(
        string name, SettingType<T> type, Action<EntityPrivilegesDraft, T> set, Func<EntityPrivileges, JsonNode?> show, string description)
        : SettingKey<EntityPrivilegesDraft, EntityPrivileges, T>(name, type, set, show, description);
}

/// <summary>An entity's privileges while its entry is read into them.</summary>
internal sealed class EntityPrivilegesDraft
{
    public EntityPrivileges Privileges { get; set; } = new();

    /// <summary>Null while none was read.</summary>
    public PrivilegeAccess? Roster { get; set; }

    public EntityPrivileges ToPrivileges() => Privileges with { Roster = Roster ?? PrivilegeAccess.None };
}

/// <summary>What may be asked and told in which namespace.</summary>
internal sealed class PrivilegedIqSetting : SettingType<ImmutableDictionary<string, PrivilegeAccess>>
{
    private const int NamespacesMax = 100;

    private static readonly ChoiceSetting<PrivilegeAccess> Access = new(("get", PrivilegeAccess.Get), ("set", PrivilegeAccess.Set), ("both", PrivilegeAccess.Both));

    internal static JsonNode? Show(ImmutableDictionary<string, PrivilegeAccess> privileges) => privileges.IsEmpty ? null
        : new JsonObject(privileges.OrderBy(privilege => privilege.Key, StringComparer.Ordinal)
            .Select(privilege => KeyValuePair.Create(privilege.Key, (JsonNode?)Access.Show(privilege.Value))));

    internal override JsonObject Schema() => new()
    {
        ["type"] = "object", ["maxProperties"] = NamespacesMax, ["propertyNames"] = NamespaceNames.Schema(), ["additionalProperties"] = Access.Schema(),
    };

    internal override bool TryRead(JsonElement value, string path, DocumentProblems problems, out ImmutableDictionary<string, PrivilegeAccess> result)
    {
        var privileges = ImmutableDictionary.CreateBuilder<string, PrivilegeAccess>();
        foreach (var (name, entry, entryPath) in JsonTables.Read(value, path, NamespacesMax, "namespaces", problems))
        {
            if (NamespaceNames.TryRead(name, entryPath, problems) & Access.TryRead(entry, entryPath, problems, out var access))
            {
                privileges.Add(name, access);
            }
        }

        // A document with a problem is taken by nobody, so what is left out here is never in force.
        result = privileges.ToImmutable();
        return true;
    }
}
