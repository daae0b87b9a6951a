using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Muc;
using Krewe.Frontend.Muc;

namespace Krewe.Frontend.Http;

/// <summary>The settings of a room (<see cref="MucConfigFields"/>) as typed JSON.</summary>
internal static class RoomFieldJson
{
    /// <summary>A configuration with the value; null when the value is not what the field expects.</summary>
    public static MucRoomConfig? Set(MucRoomConfig config, MucConfigField field, JsonElement value) =>
        Read(field, value) is { } values && field.Change(new MucConfigChange(), values) is { } change ? MucConfiguration.Apply(config, change) : null;

    /// <summary>The value to show; null for nothing.</summary>
    public static JsonNode? Show(MucRoomConfig config, MucConfigField field)
    {
        var values = field.Read(config);
        return field.Type switch
        {
            MucConfigFieldType.Choices => new JsonArray([.. values.Select(value => (JsonNode)value)]),
            _ when values.IsEmpty => null,
            MucConfigFieldType.Boolean => values[0] == "1",
            MucConfigFieldType.Number => int.Parse(values[0], CultureInfo.InvariantCulture),
            MucConfigFieldType.Secret => HostSecrets.Marker(),
            _ => values[0],
        };
    }

    public static string Must(MucConfigField field) => field.Type == MucConfigFieldType.Boolean ? "must be true or false" : $"must be {field.Expected}";

    private static ImmutableArray<string>? Read(MucConfigField field, JsonElement value) => (field.Type, value.ValueKind) switch
    {
        (MucConfigFieldType.Boolean, JsonValueKind.True) => ["1"],
        (MucConfigFieldType.Boolean, JsonValueKind.False) => ["0"],
        (MucConfigFieldType.Number, JsonValueKind.Number) => value.TryGetInt32(out var number) ? [number.ToString(CultureInfo.InvariantCulture)] : null,
        (MucConfigFieldType.Choices, JsonValueKind.Array) => ReadChoices(value),
        (MucConfigFieldType.Text or MucConfigFieldType.Secret or MucConfigFieldType.Choice, JsonValueKind.String) => XmlText.IsText(value.GetString()!) ? [value.GetString()!] : null,
        _ => null,
    };

    private static ImmutableArray<string>? ReadChoices(JsonElement value)
    {
        var choices = value.EnumerateArray().Select(item => item.ValueKind == JsonValueKind.String ? item.GetString()! : "").ToImmutableArray();
        return choices.Distinct().Count() == choices.Length ? choices : null;
    }
}
