using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Krewe.Contracts.Addressing;

namespace Krewe.Contracts.Hosts;

/// <summary>Writes a document that was sent with what is kept of the stored one, and notes what only the provider may change.</summary>
/// <remarks>
/// It judges nothing else: what is no document of a host is written as it was sent, and refused when the result is read.
/// </remarks>
internal sealed class HostDocumentWriter(Utf8JsonWriter writer, string host, bool isProvider, DocumentProblems touched)
{
    private const string ProviderOnly = "only the provider may set this";

    /// <param name="stored">The same object as it is stored, undefined when there is none.</param>
    /// <param name="defaults">The settings where a document says nothing.</param>
    /// <param name="isProviderOnly">Whether all of it is the provider's.</param>
    public void WriteObject(JsonElement sent, JsonElement stored, ImmutableArray<HostSettingKey> keys, object defaults, string path, bool isProviderOnly)
    {
        writer.WriteStartObject();
        foreach (var member in sent.EnumerateObject())
        {
            writer.WritePropertyName(member.Name);
            WriteMember(member, Member(stored, member.Name), keys.Find(member.Name), defaults, JsonPaths.Member(path, member.Name), isProviderOnly);
        }

        if (!isProvider)
        {
            foreach (var key in keys)
            {
                if (!sent.TryGetProperty(key.Name, out _) && Member(stored, key.Name) is { ValueKind: not JsonValueKind.Undefined } left)
                {
                    WriteLeftOut(key, left, isProviderOnly);
                }
            }
        }

        writer.WriteEndObject();
    }

    private void WriteMember(JsonProperty member, JsonElement stored, HostSettingKey? key, object defaults, string path, bool isProviderOnly)
    {
        isProviderOnly |= key?.IsProviderOnly ?? false;
        if (key is { Members.IsEmpty: false } && member.Value.ValueKind == JsonValueKind.Object)
        {
            WriteObject(member.Value, stored, key.Members, defaults, path, isProviderOnly);
            return;
        }

        if (key is ComponentsKey && member.Value.ValueKind == JsonValueKind.Object)
        {
            WriteComponents(member.Value, stored, path);
            return;
        }

        if (isProviderOnly && !isProvider && key is not null && !IsSame(member.Value, stored, key, defaults))
        {
            touched.Add(path, ProviderOnly);
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

    /// <summary>What somebody has left out who may not remove it.</summary>
    private void WriteLeftOut(HostSettingKey key, JsonElement stored, bool isProviderOnly)
    {
        if (isProviderOnly || key.IsProviderOnly)
        {
            writer.WritePropertyName(key.Name);
            stored.WriteTo(writer);
        }
        else if (key is ComponentsKey && stored.EnumerateObject().Any(entry => !IsTheHosts(entry.Name)))
        {
            writer.WriteStartObject(key.Name);
            WriteForeign(stored, _ => false);
            writer.WriteEndObject();
        }
    }

    private void WriteComponents(JsonElement sent, JsonElement stored, string path)
    {
        // One component under another spelling of its domain is the same component.
        var before = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        if (stored.ValueKind == JsonValueKind.Object)
        {
            foreach (var entry in stored.EnumerateObject())
            {
                before[Prepared(entry.Name)] = entry.Value;
            }
        }

        var domains = new HashSet<string>(StringComparer.Ordinal);
        writer.WriteStartObject();
        foreach (var entry in sent.EnumerateObject())
        {
            domains.Add(Prepared(entry.Name));
            writer.WritePropertyName(entry.Name);
            WriteComponent(entry, before.GetValueOrDefault(Prepared(entry.Name)), JsonPaths.Member(path, entry.Name));
        }

        if (!isProvider && stored.ValueKind == JsonValueKind.Object)
        {
            WriteForeign(stored, domains.Contains);
        }

        writer.WriteEndObject();
    }

    private void WriteComponent(JsonProperty entry, JsonElement stored, string path)
    {
        var isProviderOnly = !IsTheHosts(entry.Name);
        var type = ComponentTypes.Of(entry.Value);
        var isOther = stored.ValueKind == JsonValueKind.Undefined || type is null || ComponentTypes.Of(stored) != type;
        if (isProviderOnly && !isProvider && isOther)
        {
            touched.Add(path, ProviderOnly);
        }

        if (type is null)
        {
            entry.Value.WriteTo(writer);
            return;
        }

        // Nothing of a component of another type is kept. One that is the provider's as a whole has just been told as a whole.
        WriteObject(
            entry.Value, isOther ? default : stored, type.Keys, type.Default(Prepared(entry.Name)), path, isProviderOnly: isProviderOnly && !isOther);
    }

    private void WriteForeign(JsonElement stored, Func<string, bool> isWritten)
    {
        foreach (var entry in stored.EnumerateObject())
        {
            if (!IsTheHosts(entry.Name) && !isWritten(Prepared(entry.Name)))
            {
                writer.WritePropertyName(entry.Name);
                entry.Value.WriteTo(writer);
            }
        }
    }

    /// <summary>Whether those who hold the host's keys may change the component; what is no domain is not a question of that.</summary>
    private bool IsTheHosts(string name) =>
        !JidEnforcement.TryPrepareDomainpart(name, out var domain) || domain == host || ComponentsKey.IsBelow(domain, host);

    private static string Prepared(string name) => JidEnforcement.TryPrepareDomainpart(name, out var domain) ? domain : name;

    private static bool IsSame(JsonElement sent, JsonElement stored, HostSettingKey key, object defaults)
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
