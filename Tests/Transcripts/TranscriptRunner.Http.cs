using System.Globalization;
using System.Text.Json.Nodes;

namespace Krewe.Tests.Transcripts;

/// <content>Requests to the HTTP API, with the provider's token.</content>
internal sealed partial class TranscriptRunner
{
    private async Task HttpAsync(string payload)
    {
        await EnsureHostAsync(Verona);
        var parts = payload.Split("->", 2, StringSplitOptions.TrimEntries);
        var request = parts[0].Split(' ', 3);
        var expected = parts[1].Split(' ', 2);
        var (status, body) = await server.SendAsync(new HttpMethod(request[0]), Real(request[1]), request.Length > 2 ? Real(request[2]) : null);
        body = body.Replace($"{_run}.", "", StringComparison.Ordinal);
        _trace.Append(CultureInfo.InvariantCulture, $"http {parts[0]} -> {status} {body}\n");
        Assert.Equal(int.Parse(expected[0], CultureInfo.InvariantCulture), status);
        if (expected.Length > 1)
        {
            Assert.True(IsSubset(JsonNode.Parse(expected[1]), JsonNode.Parse(body)), $"expected {expected[1]}, came {body}");
        }
    }

    /// <summary>Objects may have more members than are expected; arrays are compared whole.</summary>
    private static bool IsSubset(JsonNode? expected, JsonNode? actual) => (expected, actual) switch
    {
        (JsonObject wanted, JsonObject came) => wanted.All(member => came.ContainsKey(member.Key) && IsSubset(member.Value, came[member.Key])),
        (JsonArray wanted, JsonArray came) => wanted.Count == came.Count && wanted.Zip(came).All(pair => IsSubset(pair.First, pair.Second)),
        (JsonValue wanted, not null) when wanted.TryGetValue<string>(out var text) && text == "{any}" => true,
        _ => JsonNode.DeepEquals(expected, actual),
    };
}
