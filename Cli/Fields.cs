using System.Text.Json.Nodes;

namespace Krewe.Cli;

/// <summary>An object as names and values: what lies deeper has its way as its name.</summary>
internal static class Fields
{
    public static IEnumerable<(string Name, string Value)> Of(JsonNode node, string name = "") => node switch
    {
        JsonObject { Count: > 0 } inner => inner.SelectMany(member => member.Value is { } value ? Of(value, Join(name, member.Key)) : [(Join(name, member.Key), Plain.Of(member.Value))]),
        JsonArray items when items.Any(item => item is JsonObject) => items.Index().SelectMany(item => Of(item.Item!, $"{name}[{item.Index}]")),
        _ => [(name, Plain.Of(node))],
    };

    private static string Join(string name, string member) => name.Length > 0 ? $"{name}.{Plain.Of(member)}" : Plain.Of(member);
}
