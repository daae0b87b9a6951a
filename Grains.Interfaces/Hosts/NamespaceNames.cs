using System.Text.Json.Nodes;

namespace Krewe.Contracts.Hosts;

/// <summary>Namespaces of payloads, as names in a host document.</summary>
internal static class NamespaceNames
{
    private const int CharactersMax = 1023;

    public static JsonObject Schema() => new() { ["minLength"] = 1, ["maxLength"] = CharactersMax, ["pattern"] = "^[^\\u0000-\\u0020\\u007f-\\u00a0]*$" };

    /// <summary>No IRI has spaces or control characters, and XML could not carry the latter.</summary>
    public static bool TryRead(string name, string path, DocumentProblems problems) =>
        (name.Length is > 0 and <= CharactersMax && !name.Any(c => char.IsControl(c) || char.IsWhiteSpace(c) || c is '\uFFFE' or '\uFFFF'))
        || problems.Add(path, $"must be a namespace of 1 to {CharactersMax} characters without spaces or control characters");
}
