using Krewe.Contracts.Stanzas;

namespace Krewe.Frontend.Xml;

/// <summary>Reads the name and the <c>type</c> of a stanza (RFC 6120 §8.2.3, RFC 6121 §4.7.1 and §5.2.2).</summary>
internal static class StanzaTypes
{
    public static bool TryParseKind(ReadOnlySpan<byte> name, out StanzaKind kind)
    {
        kind = name.Length switch { 2 => StanzaKind.Iq, 8 => StanzaKind.Presence, _ => StanzaKind.Message };
        return name.SequenceEqual(kind switch { StanzaKind.Iq => "iq"u8, StanzaKind.Presence => "presence"u8, _ => "message"u8 });
    }

    public static StanzaType Parse(StanzaKind kind, bool hasType, ReadOnlySpan<byte> raw)
    {
        if (XmlText.NeedsDecoding(raw))
        {
            raw = System.Text.Encoding.UTF8.GetBytes(XmlText.DecodeValue(raw));
        }

        return kind switch
        {
            StanzaKind.Message => ParseMessage(raw),
            StanzaKind.Presence => hasType ? ParsePresence(raw) : StanzaType.Available,
            _ => ParseIq(raw),
        };
    }

    private static StanzaType ParseMessage(ReadOnlySpan<byte> type)
        => type.SequenceEqual("chat"u8) ? StanzaType.Chat
            : type.SequenceEqual("groupchat"u8) ? StanzaType.Groupchat
            : type.SequenceEqual("error"u8) ? StanzaType.Error
            : type.SequenceEqual("headline"u8) ? StanzaType.Headline
            : StanzaType.Normal;

    private static StanzaType ParsePresence(ReadOnlySpan<byte> type)
        => type.SequenceEqual("unavailable"u8) ? StanzaType.Unavailable
            : type.SequenceEqual("error"u8) ? StanzaType.Error
            : type.SequenceEqual("subscribe"u8) ? StanzaType.Subscribe
            : type.SequenceEqual("subscribed"u8) ? StanzaType.Subscribed
            : type.SequenceEqual("unsubscribe"u8) ? StanzaType.Unsubscribe
            : type.SequenceEqual("unsubscribed"u8) ? StanzaType.Unsubscribed
            : type.SequenceEqual("probe"u8) ? StanzaType.Probe
            : StanzaType.Invalid;

    private static StanzaType ParseIq(ReadOnlySpan<byte> type)
        => type.SequenceEqual("get"u8) ? StanzaType.Get
            : type.SequenceEqual("set"u8) ? StanzaType.Set
            : type.SequenceEqual("result"u8) ? StanzaType.Result
            : type.SequenceEqual("error"u8) ? StanzaType.Error
            : StanzaType.Invalid;
}
