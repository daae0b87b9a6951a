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

    private ImmutableArray<SettingLayer> _layers = [];

    /// <param name="stored">The document as it is stored, undefined when there is none.</param>
    /// <param name="layers">The document that was sent and what it inherits from.</param>
    public void Write(JsonElement sent, JsonElement stored, ImmutableArray<HostSettingKey> keys, ImmutableArray<SettingLayer> layers)
    {
        _layers = layers;
        WriteObject(sent, stored, new Table(keys, layers, HostSettings.Default(host)), JsonPaths.Root, isProviderOnly: false);
    }

    /// <param name="stored">The same object as it is stored, undefined when there is none.</param>
    /// <param name="isProviderOnly">Whether all of it is the provider's.</param>
    private void WriteObject(JsonElement sent, JsonElement stored, Table table, string path, bool isProviderOnly)
    {
        writer.WriteStartObject();
        foreach (var member in sent.EnumerateObject())
        {
            var key = table.Keys.Find(member.Name);
            var before = Member(stored, member.Name);
            if (key is null || !IsLeftToInherit(sent, member, before, key, table, isProviderOnly))
            {
                writer.WritePropertyName(member.Name);
                WriteMember(member, before, key, table, JsonPaths.Member(path, member.Name), isProviderOnly);
            }
        }

        if (!isProvider)
        {
            foreach (var key in table.Keys)
            {
                if (!sent.TryGetProperty(key.Name, out _) && Member(stored, key.Name) is { ValueKind: not JsonValueKind.Undefined } left)
                {
                    WriteLeftOut(key, left, isProviderOnly);
                }
            }
        }

        writer.WriteEndObject();
    }

    /// <summary>
    /// Whether what was sent only says what holds without it, and is not the sender's to lay down: a provider's key, which must go on following the defaults, or the
    /// marker of a secret that is inherited.
    /// </summary>
    private bool IsLeftToInherit(JsonElement sent, JsonProperty member, JsonElement stored, HostSettingKey key, Table table, bool isProviderOnly)
    {
        if (stored.ValueKind != JsonValueKind.Undefined || !key.Members.IsEmpty || key is ComponentsKey || sent.EnumerateObject().Count(other => other.NameEquals(key.Name)) > 1)
        {
            return false;
        }

        return key.IsSecret && HostSecrets.IsMarker(member.Value)
            ? SettingInheritance.FindInherited(table.Keys, key, table.Layers).Origin != SettingOrigin.Default
            : !isProvider && (isProviderOnly || key.IsProviderOnly) && IsSame(member.Value, stored, key, table);
    }

    private void WriteMember(JsonProperty member, JsonElement stored, HostSettingKey? key, Table table, string path, bool isProviderOnly)
    {
        isProviderOnly |= key?.IsProviderOnly ?? false;
        if (key is { Members.IsEmpty: false } && member.Value.ValueKind == JsonValueKind.Object)
        {
            WriteObject(member.Value, stored, table with { Keys = key.Members, Layers = SettingInheritance.Within(table.Layers, key) }, path, isProviderOnly);
            return;
        }

        if (key is ComponentsKey && member.Value.ValueKind == JsonValueKind.Object)
        {
            WriteComponents(member.Value, stored, path);
            return;
        }

        if (isProviderOnly && !isProvider && key is not null && !IsSame(member.Value, stored, key, table))
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
        var domain = Prepared(entry.Name);
        var table = new Table(type.Keys, [new(SettingOrigin.Component, entry.Value), .. HostDefaults.Above(domain, host, _layers)], type.Default(domain));
        WriteObject(entry.Value, isOther ? default : stored, table, path, isProviderOnly: isProviderOnly && !isOther);
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

    private static bool IsSame(JsonElement sent, JsonElement stored, HostSettingKey key, Table table)
    {
        if (stored.ValueKind != JsonValueKind.Undefined)
        {
            return JsonElement.DeepEquals(sent, stored) || (key.IsSecret && HostSecrets.IsMarker(sent));
        }

        if (SettingInheritance.FindInherited(table.Keys, key, table.Layers) is { Origin: not SettingOrigin.Default, Value: var inherited })
        {
            return JsonElement.DeepEquals(sent, inherited);
        }

        // A default may be written out; an empty list is the default of every list.
        return key.ShowDefault(table.Defaults) is { } value
            ? JsonNode.DeepEquals(JsonNode.Parse(sent.GetRawText()), value)
            : sent.ValueKind == JsonValueKind.Array && sent.GetArrayLength() == 0;
    }

    private static JsonElement Member(JsonElement value, string name) =>
        value.ValueKind == JsonValueKind.Object && value.TryGetProperty(name, out var member) ? member : default;

    /// <summary>What an object is written by.</summary>
    /// <param name="Layers">The object and what it inherits from.</param>
    /// <param name="Defaults">The settings where nobody has set anything.</param>
    private sealed record Table(ImmutableArray<HostSettingKey> Keys, ImmutableArray<SettingLayer> Layers, object Defaults);
}
