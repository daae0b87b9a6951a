using System.Text;

namespace Krewe.Frontend.Xml;

/// <summary>Which namespace the raw value of a declaration names.</summary>
internal static class ElementNamespaces
{
    public static ElementNamespace Parse(ReadOnlySpan<byte> raw)
        => XmlText.NeedsDecoding(raw) ? ParseDecoded(Encoding.UTF8.GetBytes(XmlText.DecodeValue(raw))) : ParseDecoded(raw);

    private static ElementNamespace ParseDecoded(ReadOnlySpan<byte> value)
        => value.IsEmpty ? ElementNamespace.None
            : value.SequenceEqual(Tokens.ClientNamespace) ? ElementNamespace.Client
            : value.SequenceEqual(Tokens.SaslNamespace) ? ElementNamespace.Sasl
            : value.SequenceEqual(Tokens.StreamManagementNamespace) ? ElementNamespace.StreamManagement
            : value.SequenceEqual(Tokens.ComponentNamespace) ? ElementNamespace.Component
            : value.SequenceEqual(Tokens.StreamsNamespace) ? ElementNamespace.Streams
            : value.SequenceEqual(Tokens.TlsNamespace) ? ElementNamespace.Tls
            : value.SequenceEqual(Tokens.ClientStateNamespace) ? ElementNamespace.ClientState
            : value.SequenceEqual(Tokens.FramingNamespace) ? ElementNamespace.Framing
            : ElementNamespace.Other;
}
