using System.Collections.Immutable;
using System.Text.Json;

namespace Krewe.Contracts.Hosts;

/// <summary>Where the value of a setting comes from, the nearest last.</summary>
public enum SettingOrigin : byte
{
    /// <summary>Nobody has set it.</summary>
    Default = 0,

    /// <summary>The provider's defaults for all hosts.</summary>
    Provider = 1,
    Host = 2,

    /// <summary>The component's own entry.</summary>
    Component = 3,
}

/// <summary>One of the objects in which a setting may stand.</summary>
internal readonly record struct SettingLayer(SettingOrigin Origin, JsonElement Values);

/// <summary>
/// Which of several objects, the nearest first, has the value of a setting: the provider's defaults hold for hosts, and both for components, as Prosody's global
/// options do. What belongs together is inherited together or not at all.
/// </summary>
internal static class SettingInheritance
{
    /// <summary>The value in force; the default and undefined when nobody has set it.</summary>
    /// <param name="keys">The table that the key is in.</param>
    /// <param name="layers">The object itself, then those that it inherits from.</param>
    public static (SettingOrigin Origin, JsonElement Value) Find(ImmutableArray<HostSettingKey> keys, HostSettingKey key, ImmutableArray<SettingLayer> layers) =>
        TryGet(layers[0].Values, key.Name, out var value) ? (layers[0].Origin, value) : FindInherited(keys, key, layers);

    /// <summary>The value that holds where the first of the objects has none.</summary>
    public static (SettingOrigin Origin, JsonElement Value) FindInherited(
        ImmutableArray<HostSettingKey> keys, HostSettingKey key, ImmutableArray<SettingLayer> layers)
    {
        for (var i = 1; i < layers.Length && key.IsInheritable && !IsReplaced(key, layers[i - 1].Values); i++)
        {
            var (origin, values) = layers[i];
            if (TryGet(values, key.Name, out var value))
            {
                return origin == SettingOrigin.Provider && key.GoesWith is { } other && !IsTheProviders(keys, other, layers, values) ? default : (origin, value);
            }
        }

        return default;
    }

    /// <summary>Reads into a draft what an object inherits, before it is read itself.</summary>
    public static void Read(ImmutableArray<HostSettingKey> keys, ImmutableArray<SettingLayer> layers, object draft)
    {
        if (layers.Skip(1).All(layer => IsEmpty(layer.Values)))
        {
            return;
        }

        // Bad values are told where they stand.
        var problems = new DocumentProblems();
        foreach (var key in keys)
        {
            if (!key.Members.IsEmpty)
            {
                // Of a group, members are inherited one by one: what the object has itself is read over them.
                Read(key.Members, Within(layers, key), draft);
            }
            else if (FindInherited(keys, key, layers) is { Origin: not SettingOrigin.Default, Value: var value } && !TryGet(layers[0].Values, key.Name, out _))
            {
                key.Read(value, JsonPaths.Root, problems, draft);
            }
        }
    }

    /// <summary>The same group in each of the objects.</summary>
    public static ImmutableArray<SettingLayer> Within(ImmutableArray<SettingLayer> layers, HostSettingKey group) =>
        [.. layers.Select(layer => layer with { Values = TryGet(layer.Values, group.Name, out var members) ? members : default })];

    public static bool TryGet(JsonElement values, string name, out JsonElement value)
    {
        value = default;
        return values.ValueKind == JsonValueKind.Object && values.TryGetProperty(name, out value);
    }

    /// <summary>Whether an object that has not got the key says something in its place.</summary>
    private static bool IsReplaced(HostSettingKey key, JsonElement values) =>
        (key.Rival is { } rival && TryGet(values, rival, out _)) || (values.ValueKind == JsonValueKind.Object && key.IsContradictedBy?.Invoke(values) == true);

    /// <summary>
    /// Whether what goes with a key of the provider's meets the provider's own value there: a secret of the provider's is not for a server of a tenant's choice.
    /// </summary>
    private static bool IsTheProviders(ImmutableArray<HostSettingKey> keys, string other, ImmutableArray<SettingLayer> layers, JsonElement provider) =>
        TryGet(provider, other, out var theirs) && Find(keys, keys.Find(other)!, layers) is { Origin: not SettingOrigin.Default, Value: var inForce }
        && JsonElement.DeepEquals(theirs, inForce);

    private static bool IsEmpty(JsonElement values) => values.ValueKind != JsonValueKind.Object || values.GetPropertyCount() == 0;
}
