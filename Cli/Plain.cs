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
        JsonValue value when value.TryGetValue<string>(out var text) => text.Length > 0 ? IsTime(text, out var time) ? time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture) : Of(text) : Nothing,
        _ => node.ToJsonString(),
    };

    /// <summary>As the API writes times, to fractions of a microsecond; seconds are enough for people.</summary>
    private static bool IsTime(string text, out DateTimeOffset time)
    {
        time = default;
        return text.Length >= 20 && text[4] == '-' && text[10] == 'T' && text[13] == ':' && (text[^1] == 'Z' || text[^6] is '+' or '-')
            && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out time);
    }

    private static bool IsUnseen(char c) => char.IsControl(c) || char.GetUnicodeCategory(c) is UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
