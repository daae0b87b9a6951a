using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Krewe.Contracts.Hosts;

/// <summary>The provider's defaults as documents are read with them: what holds for each host that does not set it itself.</summary>
public sealed class HostDefaults
{
    public static readonly HostDefaults None = new(HostDefaultsDocument.Unset);

    public HostDefaults(HostDefaultsDocument document)
    {
        using var json = JsonDocument.Parse(document.Json, HostDocumentReader.JsonOptions);
        (Version, Values) = (document.Version, json.RootElement.Clone());
    }

    public long Version { get; }

    /// <summary>The keys of defaults: those of host documents, of which some are refused with the reason.</summary>
    internal static ImmutableArray<HostSettingKey> Keys { get; } =
        [.. HostSettingKeys.All.Select(key => key.IsInheritable ? key : new RefusedKey(key.Name, key.WhyNotInherited ?? HostSettingKey.SecretOfEach))];

    internal JsonElement Values { get; }

    /// <summary>A stored document of defaults as it may be read.</summary>
    public static JsonObject Redact(string json)
    {
        var document = JsonNode.Parse(json)!.AsObject();
        HostSecrets.Redact(document, Keys);
        return document;
    }

    /// <summary>The layers that a host's document is read by.</summary>
    internal ImmutableArray<SettingLayer> Under(JsonElement document) => [new(SettingOrigin.Host, document), new(SettingOrigin.Provider, Values)];

    /// <summary>
    /// What a component of the host inherits from. What is not below the host's domain is the provider's to set (contract §3, <c>components</c>), so nothing that the
    /// host's own key holders set may change it.
    /// </summary>
    internal static ImmutableArray<SettingLayer> Above(string component, string host, ImmutableArray<SettingLayer> layers) =>
        ComponentsKey.IsBelow(component, host) ? layers : [.. layers.Where(layer => layer.Origin != SettingOrigin.Host)];

    /// <summary>A key that is not for all hosts.</summary>
    private sealed class RefusedKey(string name, string reason) : HostSettingKey(name, reason)
    {
        public override SettingType Type => throw new NotSupportedException("It has no values.");

        internal override void Read(JsonElement value, string path, DocumentProblems problems, object draft) => problems.Add(path, $"is not for all hosts: {Description}");

        internal override JsonNode? Show(object settings) => null;
    }
}
