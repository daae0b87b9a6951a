using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Krewe.Cli;

/// <summary>What a problem document (RFC 9457) says, each bad path of it on a line of its own.</summary>
internal static class Problems
{
    public static string Explain(int status, string body)
    {
        JsonObject? problem = null;
        try
        {
            problem = JsonNode.Parse(body) as JsonObject;
        }
        catch (JsonException)
        {
            // Something between here and Krewe has answered.
        }

        var said = Text(problem?["detail"]) ?? Text(problem?["message"]) ?? Text(problem?["title"]) ?? "refused";
        var words = new StringBuilder(Plain.Of(said)).Append(" (HTTP ").Append(status).Append(')');
        foreach (var place in problem?["errors"] as JsonArray ?? [])
        {
            words.Append("\n  ").Append(Plain.Of(Text(place?["path"]) ?? "$")).Append(": ").Append(Plain.Of(Text(place?["message"]) ?? ""));
        }

        return words.ToString();
    }

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
}
