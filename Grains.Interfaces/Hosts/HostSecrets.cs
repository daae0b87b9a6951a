using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Krewe.Contracts.Hosts;

/// <summary>
/// Secrets are write-only: whoever reads a document sees <c>{ "secret": "set" }</c> in their place, and that object, sent back, keeps the stored value.
/// </summary>
public static class HostSecrets
{
    public const string NothingToKeep = "no secret is stored here that could be kept";

    public static JsonObject Marker() => new() { ["secret"] = "set" };

    public static bool IsMarker(JsonElement value) =>
        value.ValueKind == JsonValueKind.Object && value.GetPropertyCount() == 1
        && value.TryGetProperty("secret", out var word) && word.ValueKind == JsonValueKind.String && word.ValueEquals("set"u8);

    /// <summary>A stored document as it may be read; with everything that is in force when <paramref name="isEffective"/>.</summary>
    public static JsonObject Redact(string domain, string json, bool isEffective = false)
    {
        if (isEffective)
        {
            return EffectiveSettings.Document(domain, json, HostDefaults.None);
        }

        var document = JsonNode.Parse(json)!.AsObject();
        Redact(document, HostSettingKeys.All);
        return document;
    }

    /// <summary>The value to store for a secret that was sent.</summary>
    /// <param name="stored">The value of the same key as it is stored now, undefined when there is none.</param>
    internal static void WriteKept(Utf8JsonWriter writer, JsonElement sent, JsonElement stored)
    {
        if (IsMarker(sent) && stored.ValueKind != JsonValueKind.Undefined)
        {
            stored.WriteTo(writer);
        }
        else if (sent.ValueKind == JsonValueKind.Array)
        {
            WriteKeptList(writer, sent, stored);
        }
        else
        {
            sent.WriteTo(writer);
        }
    }

    /// <summary>
    /// A marker in a list stands for the stored secret at its place; where there is none, for the first that no other marker of the list stands for, so that
    /// <c>["whsec_new", marker]</c> begins a rotation.
    /// </summary>
    private static void WriteKeptList(Utf8JsonWriter writer, JsonElement sent, JsonElement stored)
    {
        JsonElement[] kept = stored.ValueKind switch
        {
            JsonValueKind.Undefined => [],
            JsonValueKind.Array => [.. stored.EnumerateArray()],
            _ => [stored],
        };
        var items = sent.EnumerateArray().ToImmutableArray();
        var taken = new HashSet<int>(Enumerable.Range(0, Math.Min(kept.Length, items.Length)).Where(i => IsMarker(items[i])));
        writer.WriteStartArray();
        for (var i = 0; i < items.Length; i++)
        {
            var place = i < kept.Length ? i : Enumerable.Range(0, kept.Length).Where(taken.Add).FirstOrDefault(-1);
            (IsMarker(items[i]) && place >= 0 ? kept[place] : items[i]).WriteTo(writer);
        }

        writer.WriteEndArray();
    }

    /// <summary>Puts the marker in the place of every secret of an object whose names are in the table.</summary>
    internal static void Redact(JsonObject document, ImmutableArray<HostSettingKey> keys)
    {
        // A document that another version has stored: nobody knows here what of it is secret.
        foreach (var unknown in document.Select(member => member.Key).Where(name => keys.Find(name) is null).ToArray())
        {
            document[unknown] = Marker();
        }

        foreach (var key in keys)
        {
            if (!document.TryGetPropertyValue(key.Name, out var value))
            {
                continue;
            }

            if (key.IsSecret)
            {
                document[key.Name] = value is JsonArray list ? new JsonArray([.. list.Select(_ => Marker())]) : Marker();
            }
            else if (value is JsonObject group && !key.Members.IsEmpty)
            {
                Redact(group, key.Members);
            }
            else if (value is JsonObject components && key is ComponentsKey)
            {
                foreach (var (name, entry) in components.ToArray())
                {
                    if (entry is JsonObject component && component[ComponentTypes.Discriminator] is JsonValue type && type.TryGetValue<string>(out var word)
                        && ComponentTypes.Find(word) is { } known)
                    {
                        Redact(component, known.Keys);
                    }
                    else
                    {
                        components[name] = Marker();
                    }
                }
            }
        }
    }
}
