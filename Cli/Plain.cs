using System.Globalization;
using System.Text.Json.Nodes;

namespace Krewe.Cli;

/// <summary>Values as people read them. What others wrote is shown without what would control a terminal.</summary>
internal static class Plain
{
    private const string Nothing = "-";

    public static string Of(string text) => text.Any(IsUnseen) ? string.Concat(text.Select(c => IsUnseen(c) ? '?' : c)) : text;

    public static string Of(JsonNode? node) => node switch
    {
        null => Nothing,
        JsonArray { Count: 0 } => Nothing,
        JsonArray items => string.Join(", ", items.Select(Of)),
        JsonObject => node.ToJsonString(),
        JsonValue value when value.TryGetValue<bool>(out var isSo) => isSo ? "yes" : "no",
        JsonValue value when value.TryGetValue<string>(out var text) => text.Length > 0 ? Of(text) : Nothing,
        _ => node.ToJsonString(),
    };

    private static bool IsUnseen(char c) => char.IsControl(c) || char.GetUnicodeCategory(c) is UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
