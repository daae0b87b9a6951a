using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Krewe.Contracts.Addressing;

namespace Krewe.Contracts.Hosts;

/// <summary>The key whose value says who may act for the host's users (XEP-0356): address to privileges.</summary>
internal sealed class PrivilegedEntitiesKey(string name, string description) : HostSettingKey(name, description)
{
    private const int EntitiesMax = 100;

    public override SettingType Type { get; } = new PrivilegedEntitiesType();

    /// <summary>Whether a host's document gives anybody leave to change rosters, which must then be its own.</summary>
    public static bool LetsSomebodySetRosters(JsonElement document) =>
        SettingInheritance.TryGet(document, HostSettingKeys.PrivilegedEntities, out var entities) && entities.ValueKind == JsonValueKind.Object
        && entities.EnumerateObject().Any(entity =>
            SettingInheritance.TryGet(entity.Value, EntityPrivilegesKeys.Roster, out var roster) && roster.ValueKind == JsonValueKind.String
            && (roster.ValueEquals("set"u8) || roster.ValueEquals("both"u8)));

    internal override void Read(JsonElement value, string path, DocumentProblems problems, object draft)
    {
        var host = (HostSettingsDraft)draft;
        var entities = ImmutableDictionary.CreateBuilder<string, EntityPrivileges>();
        foreach (var (name, entry, entryPath) in JsonTables.Read(value, path, EntitiesMax, "entities", problems))
        {
            var privileges = ReadEntity(entry, entryPath, problems, host);
            if (!EntityJidSetting.TryRead(name, entryPath, problems, out var jid))
            {
                continue;
            }

            if (jid.ToString() == host.Settings.Domain)
            {
                problems.Add(entryPath, "is the host's own domain");
            }
            else if (!entities.TryAdd(jid.ToString(), privileges))
            {
                problems.Add(entryPath, "is there twice");
            }
        }

        host.Settings = host.Settings with { PrivilegedEntities = entities.ToImmutable() };
    }

    internal override JsonNode? Show(object settings)
    {
        var entities = ((HostSettings)settings).PrivilegedEntities;
        return entities.IsEmpty ? null : new JsonObject(entities.OrderBy(entity => entity.Key, StringComparer.Ordinal)
            .Select(entity => KeyValuePair.Create(entity.Key, (JsonNode?)EntityPrivilegesKeys.All.Show(entity.Value))));
    }

    private static EntityPrivileges ReadEntity(JsonElement entry, string path, DocumentProblems problems, HostSettingsDraft host)
    {
        var draft = new EntityPrivilegesDraft();
        HostDocumentReader.ReadObject(entry, path, EntityPrivilegesKeys.All, problems, draft);
        var privileges = draft.ToPrivileges();
        var rosterPath = JsonPaths.Member(path, EntityPrivilegesKeys.Roster);
        if (privileges.Roster.HasFlag(PrivilegeAccess.Set))
        {
            host.RosterWriters.Add(rosterPath);
        }

        // A roster key that is bad itself has been told.
        var isRosterKnown = draft.Roster is not null || entry.ValueKind != JsonValueKind.Object || !entry.TryGetProperty(EntityPrivilegesKeys.Roster, out _);
        if (isRosterKnown && privileges.Presence == PresencePrivilege.Roster && !privileges.Roster.HasFlag(PrivilegeAccess.Get))
        {
            problems.Add(JsonPaths.Member(path, EntityPrivilegesKeys.Presence), "needs \"roster\" to be \"get\" or \"both\" (XEP-0356 §7.4)");
        }

        return privileges;
    }

    private sealed class PrivilegedEntitiesType : SettingType
    {
        internal override JsonObject Schema() => new()
        {
            ["type"] = "object",
            ["maxProperties"] = EntitiesMax,
            ["propertyNames"] = new JsonObject { ["minLength"] = 1, ["maxLength"] = Jid.BytesMax },
            ["additionalProperties"] = HostSchema.ObjectSchema(EntityPrivilegesKeys.All, new EntityPrivileges()),
        };
    }
}
