using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Krewe.Contracts.Hosts;

/// <summary>A place where two documents differ, as it may be read: of secrets it tells only whether they are there.</summary>
/// <param name="Before">Null where there was nothing.</param>
/// <param name="After">Null where there is nothing any more.</param>
public sealed record HostDocumentDifference(string Path, JsonNode? Before, JsonNode? After);

/// <summary>Compares two stored documents, member by member; lists are compared as a whole.</summary>
public static class HostDocumentDiff
{
    public static ImmutableArray<HostDocumentDifference> Between(string before, string after)
    {
        using var left = JsonDocument.Parse(before, HostDocumentReader.JsonOptions);
        using var right = JsonDocument.Parse(after, HostDocumentReader.JsonOptions);
        var differences = ImmutableArray.CreateBuilder<HostDocumentDifference>();
        CompareMembers(left.RootElement, right.RootElement, keys: HostSettingKeys.All, JsonPaths.Root, differences);
        return differences.DrainToImmutable();
    }

    /// <param name="keys">The table that the object's names are in; empty where names are data.</param>
    private static void CompareMembers(
        JsonElement before, JsonElement after, ImmutableArray<HostSettingKey> keys, string path, ImmutableArray<HostDocumentDifference>.Builder differences)
    {
        foreach (var member in before.EnumerateObject())
        {
            Compare(member.Value, Member(after, member.Name), keys.Find(member.Name), JsonPaths.Member(path, member.Name), differences);
        }

        foreach (var member in after.EnumerateObject())
        {
            if (!before.TryGetProperty(member.Name, out _))
            {
                Compare(default, member.Value, keys.Find(member.Name), JsonPaths.Member(path, member.Name), differences);
            }
        }
    }

    private static void Compare(
        JsonElement before, JsonElement after, HostSettingKey? key, string path, ImmutableArray<HostDocumentDifference>.Builder differences)
    {
        if (before.ValueKind == JsonValueKind.Object && after.ValueKind == JsonValueKind.Object && key is not { IsSecret: true })
        {
            if (key is ComponentsKey)
            {
                CompareComponents(before, after, path, differences);
            }
            else
            {
                CompareMembers(before, after, key?.Members ?? [], path, differences);
            }
        }
        else if (before.ValueKind != after.ValueKind || !JsonElement.DeepEquals(before, after))
        {
            differences.Add(new HostDocumentDifference(path, Show(before, key), Show(after, key)));
        }
    }

    private static void CompareComponents(JsonElement before, JsonElement after, string path, ImmutableArray<HostDocumentDifference>.Builder differences)
    {
        foreach (var name in before.EnumerateObject().Concat(after.EnumerateObject()).Select(entry => entry.Name).Distinct(StringComparer.Ordinal))
        {
            var (left, right, entryPath) = (Member(before, name), Member(after, name), JsonPaths.Member(path, name));
            if (ComponentTypes.Of(left) is { } type && ComponentTypes.Of(right) == type)
            {
                CompareMembers(left, right, type.Keys, entryPath, differences);
            }
            else
            {
                differences.Add(new HostDocumentDifference(entryPath, ShowComponent(left), ShowComponent(right)));
            }
        }
    }

    private static JsonNode? Show(JsonElement value, HostSettingKey? key)
    {
        if (value.ValueKind == JsonValueKind.Undefined || key is null)
        {
            return Node(value);
        }

        var document = new JsonObject { [key.Name] = Node(value) };
        HostSecrets.Redact(document, [key]);
        return document[key.Name]!.DeepClone();
    }

    private static JsonNode? ShowComponent(JsonElement value)
    {
        if (Node(value) is not JsonObject entry || ComponentTypes.Of(value) is not { } type)
        {
            return null;
        }

        HostSecrets.Redact(entry, type.Keys);
        return entry;
    }

    private static JsonNode? Node(JsonElement value) => value.ValueKind == JsonValueKind.Undefined ? null : JsonNode.Parse(value.GetRawText());

    private static JsonElement Member(JsonElement value, string name) => value.TryGetProperty(name, out var member) ? member : default;
}
