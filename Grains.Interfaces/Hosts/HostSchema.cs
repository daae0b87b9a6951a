using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Krewe.Contracts.Hosts;

/// <summary>The JSON Schema (2020-12) of a host document, made from <see cref="HostSettingKeys"/>; served at <c>/api/v1/schema/host</c>.</summary>
public static class HostSchema
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Indented, with a newline at its end; the same as docs/host-settings.schema.json.</summary>
    public static string Text { get; } = Document().ToJsonString(Indented) + "\n";

    /// <summary>The same for the provider's defaults; served at <c>/api/v1/schema/defaults</c>.</summary>
    public static string DefaultsText { get; } = Defaults().ToJsonString(Indented) + "\n";

    /// <summary>A domain whose defaults a schema can tell.</summary>
    internal const string ExampleDomain = "example.com";

    /// <param name="defaults">The settings where a document says nothing.</param>
    internal static JsonObject ObjectSchema(ImmutableArray<HostSettingKey> keys, object defaults, bool isProviderOnly = false)
    {
        var schema = new JsonObject
        {
            ["type"] = "object",
            ["additionalProperties"] = false,
            ["properties"] = new JsonObject(
                keys.Select(key => KeyValuePair.Create(key.Name, (JsonNode?)KeySchema(key, defaults, isProviderOnly || key.IsProviderOnly)))),
        };
        if (keys.Any(key => key.IsRequired))
        {
            schema["required"] = new JsonArray([.. keys.Where(key => key.IsRequired).Select(key => (JsonNode)key.Name)]);
        }

        if (keys.FirstOrDefault(key => key.Rival is not null) is { } rival)
        {
            schema["not"] = new JsonObject { ["required"] = new JsonArray(rival.Name, rival.Rival) };
        }

        return schema;
    }

    private static JsonObject Document() => Document(
        HostSettingKeys.All, "Host settings",
            "One virtual host of Krewe. Durations are seconds, sizes bytes. x-set-by: who may set or change a key (provider, or host: whoever holds a host key with the scope settings). "
            + "Secrets are write-only: reading shows {\"secret\":\"set\"}, and sending that object keeps the stored value. What a host does not set, it has of the provider's defaults where x-inherited is true; a component has it of its host, then of those.");

    private static JsonObject Defaults() => Document(
        [.. HostSettingKeys.All.Where(key => key.IsInheritable)], "Defaults for all hosts", "What holds for each host of Krewe that does not set it itself. Only the provider sets it.");

    private static JsonObject Document(ImmutableArray<HostSettingKey> keys, string title, string description)
    {
        var schema = ObjectSchema(keys, HostSettings.Default(ExampleDomain));
        schema.Insert(0, "$schema", "https://json-schema.org/draft/2020-12/schema");
        schema.Insert(1, "title", title);
        schema.Insert(2, "description", description);
        return schema;
    }

    private static JsonObject KeySchema(HostSettingKey key, object defaults, bool isProviderOnly)
    {
        var schema = new JsonObject { ["description"] = key.Description };
        var type = key.Members.IsEmpty ? key.Type.Schema() : ObjectSchema(key.Members, defaults, isProviderOnly);
        if (key.IsSecret)
        {
            type = new JsonObject { ["anyOf"] = new JsonArray(WithMarker(type), MarkerSchema()), ["writeOnly"] = true };
        }

        foreach (var (name, value) in type.ToArray())
        {
            type.Remove(name);
            schema[name] = value;
        }

        // The tenant's default is the domain, which a schema cannot say; the description does. A group's defaults are its members'.
        if (key is { Members.IsEmpty: true, IsRequired: false } && key.Name != "tenant" && key.Show(defaults) is { } fallback)
        {
            schema["default"] = fallback;
        }

        schema["x-set-by"] = isProviderOnly ? "provider" : "host";
        schema["x-inherited"] = key.IsInheritable;
        return schema;
    }

    /// <summary>Where a secret may be a list, its items may be markers too.</summary>
    private static JsonObject WithMarker(JsonObject type)
    {
        foreach (var list in type["anyOf"]?.AsArray().OfType<JsonObject>().Where(schema => schema["items"] is not null) ?? [])
        {
            var items = list["items"]!.DeepClone();
            list["items"] = new JsonObject { ["anyOf"] = new JsonArray(items, MarkerSchema()) };
            list["uniqueItems"] = false;
        }

        return type;
    }

    private static JsonObject MarkerSchema() => new()
    {
        ["type"] = "object",
        ["properties"] = new JsonObject { ["secret"] = new JsonObject { ["const"] = "set" } },
        ["required"] = new JsonArray("secret"),
        ["additionalProperties"] = false,
    };
}
