using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Krewe.Contracts.Hosts;

/// <summary>The key whose value says who answers which namespaces for the host (XEP-0355 §4.1): namespace to a grant, or to a list of grants.</summary>
internal sealed class DelegationsKey(string name, string description) : HostSettingKey(name, description)
{
    private const int NamespacesMax = 100;

    /// <summary>Grants of one namespace.</summary>
    private const int GrantsMax = 16;

    public override SettingType Type { get; } = new DelegationsType();

    internal override void Read(JsonElement value, string path, DocumentProblems problems, object draft)
    {
        var host = (HostSettingsDraft)draft;
        var grants = new List<DelegationGrant>();
        foreach (var (name, entry, entryPath) in JsonTables.Read(value, path, NamespacesMax, "namespaces", problems))
        {
            if (NamespaceNames.TryRead(name, entryPath, problems) && DelegableNamespaces.IsReserved(name))
            {
                problems.Add(entryPath, "is a namespace that is never delegated");
            }

            // What is wrong inside is told all the same.
            grants.AddRange(ReadGrants(host.Settings.Domain, name, entry, entryPath, problems));
        }

        host.Settings = host.Settings with
        {
            Delegations =
            [
                .. grants.OrderBy(grant => grant.Namespace, StringComparer.Ordinal).ThenByDescending(grant => grant.Filtering.Length)
                    .ThenBy(grant => SetOf(grant.Filtering), StringComparer.Ordinal),
            ],
        };
    }

    internal override JsonNode? Show(object settings)
    {
        var delegations = ((HostSettings)settings).Delegations;
        return delegations.IsEmpty ? null : new JsonObject(delegations.GroupBy(grant => grant.Namespace, StringComparer.Ordinal).Select(
            grants => KeyValuePair.Create(grants.Key, ShowGrants([.. grants.Select(grant => (JsonNode)DelegationGrantKeys.All.Show(grant))]))));
    }

    private static JsonNode? ShowGrants(JsonNode[] grants) => grants is [var only] ? only : new JsonArray(grants);

    private static List<DelegationGrant> ReadGrants(string host, string name, JsonElement entry, string path, DocumentProblems problems)
    {
        if (entry.ValueKind == JsonValueKind.Object)
        {
            return [ReadGrant(host, name, entry, path, problems).ToGrant()];
        }

        if (entry.ValueKind != JsonValueKind.Array || entry.GetArrayLength() is 0 or > GrantsMax)
        {
            problems.Add(path, $"must be a grant, which is an object, or a list of 1 to {GrantsMax} grants");
            return [];
        }

        var grants = new List<DelegationGrant>();
        var filters = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < entry.GetArrayLength(); i++)
        {
            var item = entry[i];
            var itemPath = JsonPaths.Item(path, i);
            var draft = ReadGrant(host, name, item, itemPath, problems);
            var isFilterKnown = item.ValueKind == JsonValueKind.Object && item.TryGetProperty(DelegationGrantKeys.Filtering, out _) == draft.Filtering is not null;
            if (isFilterKnown && !filters.Add(SetOf(draft.Filtering ?? [])))
            {
                problems.Add(itemPath, $"must differ from the other grants of the namespace in its set of \"{DelegationGrantKeys.Filtering}\"");
            }

            grants.Add(draft.ToGrant());
        }

        return grants;
    }

    private static DelegationGrantDraft ReadGrant(string host, string name, JsonElement entry, string path, DocumentProblems problems)
    {
        var draft = new DelegationGrantDraft(name);
        HostDocumentReader.ReadObject(entry, path, DelegationGrantKeys.All, problems, draft);
        if (entry.ValueKind != JsonValueKind.Object)
        {
            return draft;
        }

        var isUrl = entry.TryGetProperty(DelegationGrantKeys.Url, out _);
        if (isUrl == entry.TryGetProperty(DelegationGrantKeys.Entity, out _))
        {
            problems.Add(path, $"must have either \"{DelegationGrantKeys.Entity}\" or \"{DelegationGrantKeys.Url}\"");
        }

        if (draft.Grant.Entity?.ToString() == host)
        {
            problems.Add(JsonPaths.Member(path, DelegationGrantKeys.Entity), "is the host's own domain");
        }

        if (isUrl && draft.Timeout?.TotalSeconds > HostSettingKeys.HookSecondsMax)
        {
            problems.Add(JsonPaths.Member(path, DelegationGrantKeys.Timeout), string.Create(CultureInfo.InvariantCulture,
                $"must be a number of seconds from {DelegationGrantKeys.TimeoutSecondsMin} to {HostSettingKeys.HookSecondsMax} with \"{DelegationGrantKeys.Url}\""));
        }

        if (DelegableNamespaces.IsPseudo(name) && draft.Filtering is { IsEmpty: false })
        {
            problems.Add(JsonPaths.Member(path, DelegationGrantKeys.Filtering), "must not be there: the namespace stands for requests by what they ask, not for payloads");
        }

        if (DelegableNamespaces.IsCore(name) && !draft.Grant.AllowCore)
        {
            problems.Add(path, "is a grant of a namespace that clients depend on, and needs \"allow_core\": true");
        }

        return draft;
    }

    /// <summary>One string for one set: names have no spaces, and are sorted.</summary>
    private static string SetOf(ImmutableArray<string> filtering) => string.Join(' ', filtering);

    private sealed class DelegationsType : SettingType
    {
        internal override JsonObject Schema() => new()
        {
            ["type"] = "object",
            ["maxProperties"] = NamespacesMax,
            ["propertyNames"] = NamespaceNames.Schema(),
            ["additionalProperties"] = new JsonObject
            {
                ["anyOf"] = new JsonArray(GrantSchema(), new JsonObject { ["type"] = "array", ["items"] = GrantSchema(), ["minItems"] = 1, ["maxItems"] = GrantsMax }),
            },
        };

        private static JsonObject GrantSchema()
        {
            var schema = HostSchema.ObjectSchema(DelegationGrantKeys.All, new DelegationGrant { Namespace = "" });
            schema["oneOf"] = new JsonArray(
                [.. new[] { DelegationGrantKeys.Entity, DelegationGrantKeys.Url }.Select(key => (JsonNode)new JsonObject { ["required"] = new JsonArray(key) })]);
            return schema;
        }
    }
}
