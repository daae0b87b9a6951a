using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Krewe.Grains.Storage;

/// <summary>
/// Grain state as UTF-8 JSON. Members that are unknown are ignored and members that are missing have their default, so that a state of another
/// version can be read; an array that is missing is empty. Bytes are base64, addresses strings.
/// </summary>
internal static class GrainStateSerializer
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JidConverter() },
        TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { MissingArrays.AreEmpty } },
    };

    public static byte[] Serialize<T>(T state) => JsonSerializer.SerializeToUtf8Bytes(state, Options);

    public static T Deserialize<T>(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(json, Options) ?? throw new StorageException($"The stored {typeof(T).Name} is null.");
        }
        catch (JsonException failure)
        {
            throw new StorageException($"The stored {typeof(T).Name} cannot be read at {failure.Path}.");
        }
    }
}
