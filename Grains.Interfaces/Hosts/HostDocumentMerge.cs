using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Krewe.Contracts.Hosts;

/// <summary>What a document that was sent comes to beside the stored one.</summary>
/// <param name="Json">The document to store; null when it is bad.</param>
/// <param name="Touched">Provider-only places that a caller who is not the provider would change.</param>
public sealed record HostDocumentMerged(
    string? Json, HostSettings? Settings, ImmutableArray<DocumentProblem> Problems, ImmutableArray<DocumentProblem> Touched);

/// <summary>
/// Makes the document to store out of the one that was sent: secrets that are only marked keep their stored value, and what only the provider may set stays as it
/// is when somebody else leaves it out. Everything else is as sent, so leaving it out removes it.
/// </summary>
public static class HostDocumentMerge
{
    public static HostDocumentMerged Merge(string domain, long version, string sent, string? stored, bool isProvider)
    {
        var problems = new DocumentProblems();
        using var sentDocument = HostDocumentReader.TryParse(sent, problems);
        using var storedDocument = stored is null ? null : JsonDocument.Parse(stored, HostDocumentReader.JsonOptions);
        if (sentDocument is null)
        {
            return new HostDocumentMerged(null, null, problems.ToImmutable(), []);
        }

        var touched = new DocumentProblems();
        var json = sent;
        if (sentDocument.RootElement.ValueKind == JsonValueKind.Object)
        {
            var buffer = new MemoryStream();
            using (var writer = new Utf8JsonWriter(buffer))
            {
                var merge = new Merging(writer, isProvider, HostSettings.Default(domain), touched);
                merge.WriteObject(sentDocument.RootElement, storedDocument?.RootElement ?? default, HostSettingKeys.All, JsonPaths.Root, isProviderOnly: false);
            }

            json = Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
        }

        using var merged = JsonDocument.Parse(json, HostDocumentReader.JsonOptions);
        var reading = HostDocumentReader.Read(domain, version, merged.RootElement, problems);
        return new HostDocumentMerged(reading.Settings is null ? null : json, reading.Settings, reading.Problems, touched.ToImmutable());
    }

    private sealed class Merging(Utf8JsonWriter writer, bool isProvider, HostSettings defaults, DocumentProblems touched)
    {
        public void WriteObject(JsonElement sent, JsonElement stored, ImmutableArray<HostSettingKey> keys, string path, bool isProviderOnly)
        {
            writer.WriteStartObject();
            foreach (var member in sent.EnumerateObject())
            {
                writer.WritePropertyName(member.Name);
                WriteMember(member, Member(stored, member.Name), keys.Find(member.Name), JsonPaths.Member(path, member.Name), isProviderOnly);
            }

            foreach (var key in keys)
            {
                // Left out by somebody who may not remove it.
                if (!isProvider && (isProviderOnly || key.IsProviderOnly) && !sent.TryGetProperty(key.Name, out _)
                    && Member(stored, key.Name) is { ValueKind: not JsonValueKind.Undefined } kept)
                {
                    writer.WritePropertyName(key.Name);
                    kept.WriteTo(writer);
                }
            }

            writer.WriteEndObject();
        }

        private void WriteMember(JsonProperty member, JsonElement stored, HostSettingKey? key, string path, bool isProviderOnly)
        {
            isProviderOnly |= key?.IsProviderOnly ?? false;
            if (key is { Members.IsEmpty: false } && member.Value.ValueKind == JsonValueKind.Object)
            {
                WriteObject(member.Value, stored, key.Members, path, isProviderOnly);
                return;
            }

            if (isProviderOnly && !isProvider && key is not null && !IsSame(member.Value, stored, key))
            {
                touched.Add(path, "only the provider may set this");
            }

            if (key is { IsSecret: true })
            {
                HostSecrets.WriteKept(writer, member.Value, stored);
            }
            else
            {
                member.Value.WriteTo(writer);
            }
        }

        private bool IsSame(JsonElement sent, JsonElement stored, HostSettingKey key)
        {
            if (stored.ValueKind != JsonValueKind.Undefined)
            {
                return JsonElement.DeepEquals(sent, stored) || (key.IsSecret && HostSecrets.IsMarker(sent));
            }

            // A default may be written out; an empty list is the default of every list.
            return key.Show(defaults) is { } value
                ? JsonNode.DeepEquals(JsonNode.Parse(sent.GetRawText()), value)
                : sent.ValueKind == JsonValueKind.Array && sent.GetArrayLength() == 0;
        }

        private static JsonElement Member(JsonElement value, string name) =>
            value.ValueKind == JsonValueKind.Object && value.TryGetProperty(name, out var member) ? member : default;
    }
}
