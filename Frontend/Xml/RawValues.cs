using System.Diagnostics.CodeAnalysis;
using Krewe.Contracts.Addressing;

namespace Krewe.Frontend.Xml;

/// <summary>Raw attribute values, as the framer leaves them, as what they mean.</summary>
internal static class RawValues
{
    /// <summary>The stanza's <c>id</c>; null without one.</summary>
    public static string? IdText(this in ElementHead head, ReadOnlySpan<byte> element) => head.HasId ? XmlText.DecodeValue(head.Id(element)) : null;

    /// <summary>An address; in most cases without a reference to decode.</summary>
    public static bool TryParseJid(ReadOnlySpan<byte> raw, [NotNullWhen(true)] out Jid? jid) =>
        raw.Contains((byte)'&') ? Jid.TryParse(XmlText.DecodeValue(raw), out jid) : Jid.TryParse(raw, out jid);
}
