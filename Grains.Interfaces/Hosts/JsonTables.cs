using System.Collections.Immutable;
using System.Text.Json;

namespace Krewe.Contracts.Hosts;

/// <summary>One entry of an object whose names are data, not keys.</summary>
internal readonly record struct JsonTableEntry(string Name, JsonElement Value, string Path);

/// <summary>Objects whose names are data, such as namespaces or addresses.</summary>
internal static class JsonTables
{
    /// <summary>The entries, without those that are there before under the same name; none when it is no such object.</summary>
    /// <param name="what">What the entries are, for the one who has too many.</param>
    public static ImmutableArray<JsonTableEntry> Read(JsonElement value, string path, int entriesMax, string what, DocumentProblems problems)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            problems.Add(path, "must be an object");
            return [];
        }

        if (value.GetPropertyCount() > entriesMax)
        {
            problems.Add(path, $"must have at most {entriesMax} {what}");
            return [];
        }

        var entries = ImmutableArray.CreateBuilder<JsonTableEntry>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var member in value.EnumerateObject())
        {
            var memberPath = JsonPaths.Member(path, member.Name);
            if (seen.Add(member.Name))
            {
                entries.Add(new JsonTableEntry(member.Name, member.Value, memberPath));
            }
            else
            {
                problems.Add(memberPath, "is there twice");
            }
        }

        return entries.ToImmutable();
    }
}
