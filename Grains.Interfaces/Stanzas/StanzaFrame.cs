using Krewe.Contracts.Addressing;

namespace Krewe.Contracts.Stanzas;

/// <summary>The three stanzas of RFC 6120 §8.</summary>
public enum StanzaKind : byte
{
    Message = 0,
    Presence = 1,
    Iq = 2,
}

/// <summary>The value of a stanza's <c>type</c>, over all three kinds (RFC 6120 §8.2.3, RFC 6121 §4.7.1 and §5.2.2).</summary>
public enum StanzaType : byte
{
    /// <summary>A message without a type or with one that is unknown (RFC 6121 §5.2.2).</summary>
    Normal = 0,
    Chat = 1,
    Groupchat = 2,
    Headline = 3,

    /// <summary>Presence without a type.</summary>
    Available = 4,
    Unavailable = 5,
    Subscribe = 6,
    Subscribed = 7,
    Unsubscribe = 8,
    Unsubscribed = 9,
    Probe = 10,

    Get = 11,
    Set = 12,
    Result = 13,

    /// <summary><c>error</c> of any kind.</summary>
    Error = 14,

    /// <summary>A value that the kind does not have: refused for presence and IQ (RFC 6121 §4.7.1, RFC 6120 §8.2.3).</summary>
    Invalid = 15,
}

/// <summary>
/// A stanza as it crosses processes: its parsed addresses and its bytes, which nobody between the two streams reads again.
/// The bytes are one self-contained UTF-8 element in no declared namespace (the stream's content namespace applies),
/// with <c>to</c>, when there is one, as the first attribute, so that it can be restamped by cutting at <see cref="ToEnd"/>.
/// </summary>
/// <param name="Kind">Which stanza it is.</param>
/// <param name="Type">Its <c>type</c>.</param>
/// <param name="From">The sender as stamped by the server (RFC 6120 §8.1.2.1).</param>
/// <param name="To">The addressee, null when the sender named none.</param>
/// <param name="Id">The <c>id</c>, null when there is none.</param>
/// <param name="Xml">The element; empty for presence without payload that the server makes itself, which the frontend writes.</param>
/// <param name="ToEnd">Where the bytes go on behind the element's name and its <c>to</c>.</param>
[GenerateSerializer, Immutable, Alias("stanza-frame")]
public sealed record StanzaFrame(
    [property: Id(0)] StanzaKind Kind,
    [property: Id(1)] StanzaType Type,
    [property: Id(2)] Jid From,
    [property: Id(3)] Jid? To,
    [property: Id(4)] string? Id,
    [property: Id(5)] ReadOnlyMemory<byte> Xml,
    [property: Id(6)] int ToEnd);

/// <summary>The spelling of the types.</summary>
public static class StanzaTypes
{
    /// <summary>The value of <c>type</c>; null where the absence of the attribute says it.</summary>
    public static string? WireName(StanzaType type) => type switch
    {
        StanzaType.Chat => "chat",
        StanzaType.Groupchat => "groupchat",
        StanzaType.Headline => "headline",
        StanzaType.Unavailable => "unavailable",
        StanzaType.Subscribe => "subscribe",
        StanzaType.Subscribed => "subscribed",
        StanzaType.Unsubscribe => "unsubscribe",
        StanzaType.Unsubscribed => "unsubscribed",
        StanzaType.Probe => "probe",
        StanzaType.Get => "get",
        StanzaType.Set => "set",
        StanzaType.Result => "result",
        StanzaType.Error => "error",
        _ => null,
    };
}
