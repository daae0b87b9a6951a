namespace Krewe.Frontend.Muc;

/// <summary>The namespaces of XEP-0045 and of its neighbours, as UTF-8.</summary>
internal static class MucNamespaces
{
    /// <summary>XEP-0045 §7.2: of those who enter.</summary>
    public static ReadOnlySpan<byte> Muc => "http://jabber.org/protocol/muc"u8;

    /// <summary>XEP-0045: what a room tells its occupants.</summary>
    public static ReadOnlySpan<byte> User => "http://jabber.org/protocol/muc#user"u8;

    /// <summary>XEP-0421.</summary>
    public static ReadOnlySpan<byte> OccupantId => "urn:xmpp:occupant-id:0"u8;

    /// <summary>XEP-0203.</summary>
    public static ReadOnlySpan<byte> Delay => "urn:xmpp:delay"u8;

    /// <summary>XEP-0004.</summary>
    public static ReadOnlySpan<byte> DataForm => "jabber:x:data"u8;

    /// <summary>XEP-0199.</summary>
    public static ReadOnlySpan<byte> Ping => "urn:xmpp:ping"u8;

    /// <summary>RFC 6120 §8.3.3.</summary>
    public static ReadOnlySpan<byte> StanzaErrors => "urn:ietf:params:xml:ns:xmpp-stanzas"u8;
}
