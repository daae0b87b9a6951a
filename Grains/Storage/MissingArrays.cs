using System.Text.Json.Serialization.Metadata;

namespace Krewe.Grains.Storage;

/// <summary>
/// Makes an <see cref="System.Collections.Immutable.ImmutableArray{T}"/> that was never set, or was not in the JSON, empty: its default value throws on
/// the first touch, and states that were written before a member was added lack it.
/// </summary>
internal static class MissingArrays
{
    public static void AreEmpty(JsonTypeInfo type)
    {
        if (type.Kind != JsonTypeInfoKind.Object)
        {
            return;
        }

        var fill = type.Properties.Select(FillOf).OfType<Action<object>>().ToArray();
        if (fill.Length > 0)
        {
            type.OnDeserialized = state => Array.ForEach(fill, action => action(state));
        }
    }

    /// <summary>Reads the property as empty where it is not set; returns what sets it so in a state that was read.</summary>
    private static Action<object>? FillOf(JsonPropertyInfo property)
    {
        if (!property.PropertyType.IsConstructedGenericType
            || property.PropertyType.GetGenericTypeDefinition() != typeof(System.Collections.Immutable.ImmutableArray<>)
            || property is not { Get: { } get, Set: { } set })
        {
            return null;
        }

        // Two arrays are equal when they are the same one; all that were never set are.
        var unset = Activator.CreateInstance(property.PropertyType);
        var empty = property.PropertyType.GetField("Empty")!.GetValue(null);
        property.Get = state => get(state) is { } array && !array.Equals(unset) ? array : empty;
        return state =>
        {
            if (Equals(get(state), unset))
            {
                set(state, empty);
            }
        };
    }
}
