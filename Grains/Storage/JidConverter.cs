using System.Text.Json;
using System.Text.Json.Serialization;
using Krewe.Contracts.Addressing;

namespace Krewe.Grains.Storage;

/// <summary>An address as its string, also as the name of a member.</summary>
internal sealed class JidConverter : JsonConverter<Jid>
{
    public override Jid Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Jid.TryParse(reader.GetString(), out var jid) ? jid : throw new JsonException();

    public override void Write(Utf8JsonWriter writer, Jid value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());

    public override Jid ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Read(ref reader, typeToConvert, options);

    public override void WriteAsPropertyName(Utf8JsonWriter writer, Jid value, JsonSerializerOptions options) =>
        writer.WritePropertyName(value.ToString());
}
