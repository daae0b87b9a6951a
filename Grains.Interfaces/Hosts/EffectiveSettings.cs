using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Krewe.Contracts.Addressing;

namespace Krewe.Contracts.Hosts;

/// <summary>One setting of a host, or of a component of it, as it is in force.</summary>
/// <param name="Path">Where it would stand in the host's document.</param>
/// <param name="Value">As it may be read; null for none.</param>
public sealed record ExplainedSetting(string Path, JsonNode? Value, SettingOrigin From);

/// <summary>What is in force of a host's document and the provider's defaults together, and where each value comes from.</summary>
public static class EffectiveSettings
{
    /// <summary>The document with everything that is in force without being written.</summary>
    public static JsonObject Document(string domain, string json, HostDefaults defaults)
    {
        var document = HostSecrets.Redact(domain, json);
        using var stored = JsonDocument.Parse(json, HostDocumentReader.JsonOptions);
        if (HostDocumentReader.Read(domain, 0, json, defaults).Settings is { } settings)
        {
            var host = new Level(HostSettingKeys.All, defaults.Under(stored.RootElement), settings);
            Add(document, host);
            foreach (var (name, entry) in document[HostSettingKeys.Components]?.AsObject() ?? [])
            {
                Add(entry!.AsObject(), host.Component(name));
            }
        }

        return document;
    }

    /// <summary>Every setting that there is, in the order of the tables; a component's behind its host's.</summary>
    public static ImmutableArray<ExplainedSetting> Explain(string domain, string json, HostDefaults defaults)
    {
        using var stored = JsonDocument.Parse(json, HostDocumentReader.JsonOptions);
        if (HostDocumentReader.Read(domain, 0, json, defaults).Settings is not { } settings)
        {
            return [];
        }

        var explained = ImmutableArray.CreateBuilder<ExplainedSetting>();
        var host = new Level(HostSettingKeys.All, defaults.Under(stored.RootElement), settings);
        Explain(host, JsonPaths.Root, explained);
        if (SettingInheritance.TryGet(stored.RootElement, HostSettingKeys.Components, out var components))
        {
            foreach (var entry in components.EnumerateObject())
            {
                Explain(host.Component(entry.Name), JsonPaths.Member(JsonPaths.Member(JsonPaths.Root, HostSettingKeys.Components), entry.Name), explained);
            }
        }

        return explained.DrainToImmutable();
    }

    private static void Add(JsonObject document, Level level)
    {
        foreach (var key in level.Keys)
        {
            if (document[key.Name] is JsonObject group && !key.Members.IsEmpty)
            {
                Add(group, level.Group(key));
            }
            else if (key is not (ComponentsKey or ComponentDefaultKey) && (key.HasDefaultsWithin || !document.ContainsKey(key.Name)) && level.Value(key).Value is { } value)
            {
                document[key.Name] = value;
            }
        }
    }

    private static void Explain(Level level, string path, ImmutableArray<ExplainedSetting>.Builder explained)
    {
        foreach (var key in level.Keys)
        {
            var keyPath = JsonPaths.Member(path, key.Name);
            if (!key.Members.IsEmpty)
            {
                Explain(level.Group(key), keyPath, explained);
            }
            else if (level.Value(key) is var (origin, value) && key is not ComponentsKey && (key is not ComponentDefaultKey || origin != SettingOrigin.Default))
            {
                // What components could inherit is of interest only where somebody has set it; they have all of it themselves.
                explained.Add(new ExplainedSetting(keyPath, value, origin));
            }
        }
    }

    /// <summary>An object whose keys are in one table, what it inherits from, and the settings that this comes to.</summary>
    private sealed record Level(ImmutableArray<HostSettingKey> Keys, ImmutableArray<SettingLayer> Layers, object Settings)
    {
        public Level Group(HostSettingKey key) => new(key.Members, SettingInheritance.Within(Layers, key), Settings);

        public Level Component(string name)
        {
            var host = (HostSettings)Settings;
            JidEnforcement.TryPrepareDomainpart(name, out var domain);
            var component = host.Components[domain!];
            var entry = Layers[0].Values.GetProperty(HostSettingKeys.Components).GetProperty(name);
            return new(
                ComponentTypes.Of(component).Keys, [new(SettingOrigin.Component, entry), .. HostDefaults.Above(domain!, host.Domain, Layers)], component);
        }

        public (SettingOrigin Origin, JsonNode? Value) Value(HostSettingKey key)
        {
            var (origin, value) = SettingInheritance.Find(Keys, key, Layers);
            return (origin, origin == SettingOrigin.Default || key.HasDefaultsWithin ? key.Show(Settings) : Readable(key, value));
        }

        private static JsonNode? Readable(HostSettingKey key, JsonElement value)
        {
            var document = new JsonObject { [key.Name] = JsonNode.Parse(value.GetRawText()) };
            HostSecrets.Redact(document, [key]);
            return document[key.Name]!.DeepClone();
        }
    }
}
