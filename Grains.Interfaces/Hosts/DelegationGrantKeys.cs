using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Stanzas;

namespace Krewe.Contracts.Hosts;

/// <summary>The table of all keys of one grant in <c>delegations</c>.</summary>
internal static class DelegationGrantKeys
{
    public const string Entity = "jid";

    public const string Url = "url";

    public const string Filtering = "filtering";

    public const string Timeout = "timeout";

    /// <summary>Shorter waits are given up before a component over a network could answer.</summary>
    public const double TimeoutSecondsMin = 0.1;

    private const int TimeoutSecondsMax = 300;

    public static ImmutableArray<HostSettingKey> All { get; } =
    [
        new Key<Jid>(Entity, new EntityJidSetting(),
            (draft, value) => draft.Grant = draft.Grant with { Entity = value }, grant => grant.Entity?.ToString(),
            "Who answers: a component's domain, or a user's bare or full JID."),
        new Key<string>(Url, new UrlSetting(isTemplate: false),
            (draft, value) => draft.Grant = draft.Grant with { Url = value }, grant => grant.Url,
            "The web service that answers, in place of jid."),
        new Key<ImmutableArray<string>>(Filtering, new AttributeNamesSetting(),
            (draft, value) => draft.Filtering = value, grant => AttributeNamesSetting.Show(grant.Filtering),
            "Only payloads that have all these attributes, with whatever values. Grants of one namespace differ in the set; the one with most attributes is tried first."),
        new Key<TimeSpan>(Timeout, new SecondsSetting(TimeoutSecondsMin, TimeoutSecondsMax),
            (draft, value) => draft.Timeout = value, grant => HostSettingKeys.Seconds(grant.Timeout),
            $"After this the requester is told service-unavailable. Seconds; at most and by default {HostSettingKeys.HookSecondsMax} with url."),
        new Key<bool>("allow_core", new BooleanSetting(),
            (draft, value) => draft.Grant = draft.Grant with { AllowCore = value }, grant => grant.AllowCore,
            "Needed for namespaces that clients depend on: jabber:iq:roster, disco#info, disco#items, urn:xmpp:carbons:2 and urn:xmpp:ping."),
    ];

    private sealed class Key<T>(
        string name, SettingType<T> type, Action<DelegationGrantDraft, T> set, Func<DelegationGrant, JsonNode?> show, string description)
        : SettingKey<DelegationGrantDraft, DelegationGrant, T>(name, type, set, show, description);
}

/// <summary>A grant while its entry is read into it.</summary>
internal sealed class DelegationGrantDraft(string name)
{
    public DelegationGrant Grant { get; set; } = new() { Namespace = name };

    /// <summary>Null while none was read.</summary>
    public ImmutableArray<string>? Filtering { get; set; }

    /// <summary>Null while none was read.</summary>
    public TimeSpan? Timeout { get; set; }

    public DelegationGrant ToGrant() => Grant with
    {
        Filtering = Filtering ?? [],
        Timeout = Timeout ?? (Grant.Url is null ? Grant.Timeout : TimeSpan.FromSeconds(HostSettingKeys.HookSecondsMax)),
    };
}

/// <summary>A list of attribute names, which are in no namespace; read sorted.</summary>
internal sealed class AttributeNamesSetting : SettingType<ImmutableArray<string>>
{
    private const int NamesMax = 16;

    private const int CharactersMax = 255;

    internal static JsonNode? Show(ImmutableArray<string> names) => names.IsEmpty ? null : new JsonArray([.. names.Select(name => (JsonNode)name)]);

    internal override JsonObject Schema() => new()
    {
        ["type"] = "array",
        ["items"] = new JsonObject { ["type"] = "string", ["minLength"] = 1, ["maxLength"] = CharactersMax },
        ["maxItems"] = NamesMax,
        ["uniqueItems"] = true,
    };

    internal override bool TryRead(JsonElement value, string path, DocumentProblems problems, out ImmutableArray<string> result)
    {
        result = [];
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() > NamesMax)
        {
            return problems.Add(path, $"must be a list of at most {NamesMax} attribute names");
        }

        var names = new SortedSet<string>(StringComparer.Ordinal);
        var isGood = true;
        var index = 0;
        foreach (var item in value.EnumerateArray())
        {
            var itemPath = JsonPaths.Item(path, index++);
            var name = item.ValueKind == JsonValueKind.String ? item.GetString()! : "";

            // No payload is without xmlns, which is a declaration and no attribute.
            if (name.Length > CharactersMax || name == "xmlns" || !XmlNames.IsNcName(name))
            {
                isGood = problems.Add(itemPath, $"must be an attribute's name without prefix (an NCName) of at most {CharactersMax} characters");
            }
            else if (!names.Add(name))
            {
                isGood = problems.Add(itemPath, "is there twice");
            }
        }

        result = [.. names];
        return isGood;
    }
}
