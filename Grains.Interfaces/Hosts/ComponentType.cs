using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Krewe.Contracts.Hosts;

/// <summary>One type of component: the table of its keys, and what they are read into.</summary>
internal abstract class ComponentType(string name, ImmutableArray<HostSettingKey> keys)
{
    /// <summary>What its entries have as <c>type</c>.</summary>
    public string Name { get; } = name;

    public ImmutableArray<HostSettingKey> Keys { get; } = keys;

    /// <summary>What a component has whose entry has only a type, and that inherits nothing.</summary>
    public ComponentSettings Default(string domain) => Finish(NewDraft(domain));

    /// <summary>Reads an entry, or adds what is wrong with it.</summary>
    /// <param name="above">What it inherits from, the nearest first.</param>
    public ComponentSettings Read(string domain, JsonElement entry, string path, DocumentProblems problems, ImmutableArray<SettingLayer> above)
    {
        var draft = NewDraft(domain);
        SettingInheritance.Read(Keys, [new(SettingOrigin.Component, entry), .. above], draft);
        HostDocumentReader.ReadObject(entry, path, Keys, problems, draft);
        return Finish(draft);
    }

    /// <summary>What the keys' values are read into.</summary>
    public abstract object NewDraft(string domain);

    public JsonObject Schema() => HostSchema.ObjectSchema(Keys, Default(HostSchema.ExampleDomain));

    protected abstract ComponentSettings Finish(object draft);
}

/// <summary>The types of components. Adding one is an entry here, beside its settings.</summary>
internal static class ComponentTypes
{
    public const string Discriminator = "type";

    public static ImmutableArray<ComponentType> All { get; } = [new MucServiceType(), new ExternalComponentType()];

    /// <summary>The type that an entry says it is of; null when it says none that there is.</summary>
    public static ComponentType? Of(JsonElement entry) =>
        entry.ValueKind == JsonValueKind.Object && entry.TryGetProperty(Discriminator, out var type) && type.ValueKind == JsonValueKind.String
            ? Find(type.GetString()!) : null;

    public static ComponentType? Find(string name) => All.FirstOrDefault(type => type.Name == name);

    /// <summary>The type that settings belong to.</summary>
    public static ComponentType Of(ComponentSettings component) => component switch
    {
        MucServiceSettings => Find(MucServiceType.TypeName)!,
        ExternalComponentSettings => Find(ExternalComponentType.TypeName)!,
        _ => throw new ArgumentOutOfRangeException(nameof(component)),
    };
}
