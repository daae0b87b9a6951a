using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Krewe.Contracts.Hosts;

/// <summary>A key of a type of component at the top of a host's document, or of the provider's defaults: components that do not set it themselves inherit it.</summary>
internal sealed class ComponentDefaultKey : HostSettingKey
{
    private readonly ComponentType _type;
    private readonly HostSettingKey _key;

    private ComponentDefaultKey(ComponentType type, HostSettingKey key)
        : base(key.Name, $"For the host's components of type {type.Name} that do not set it: {char.ToLowerInvariant(key.Description[0])}{key.Description[1..]}")
    {
        (_type, _key) = (type, key);
        (IsProviderOnly, IsSecret, GoesWith, Rival) = (key.IsProviderOnly, key.IsSecret, key.GoesWith, key.Rival);
    }

    public override SettingType Type => _key.Type;

    public static IEnumerable<HostSettingKey> Of(ImmutableArray<ComponentType> types) =>
        types.SelectMany(type => type.Keys.Where(key => key.IsInheritable).Select(key => new ComponentDefaultKey(type, key)));

    /// <summary>Checks it; what components make of it, they read themselves.</summary>
    internal override void Read(JsonElement value, string path, DocumentProblems problems, object draft) => _key.Read(value, path, problems, _type.NewDraft(HostSchema.ExampleDomain));

    /// <summary>It is in force in the components, not here.</summary>
    internal override JsonNode? Show(object settings) => null;

    internal override JsonNode? ShowDefault(object settings) => _key.Show(_type.Default(HostSchema.ExampleDomain));
}
