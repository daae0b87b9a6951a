namespace Krewe.Frontend.Xml;

/// <summary>The words of the wire as UTF-8, in one place: RFC 6120's, unless a comment names another paper.</summary>
internal static class Tokens
{
    /// <summary>RFC 6120 §11.5: sent in front of each header of ours.</summary>
    public static ReadOnlySpan<byte> XmlDeclaration => "<?xml version='1.0'?>"u8;

    /// <summary>RFC 6120 §4.4: the closing tag of a stream.</summary>
    public static ReadOnlySpan<byte> StreamClose => "</stream:stream>"u8;

    /// <summary>RFC 7395 §3.6: the end of a stream over WebSocket.</summary>
    public static ReadOnlySpan<byte> FramedClose => "<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>"u8;

    /// <summary>The end of a WebSocket message within a pipe: a byte that UTF-8 never has.</summary>
    public static ReadOnlySpan<byte> MessageEnd => [0xFF];

    /// <summary>RFC 7395 §3.3.2.</summary>
    public static ReadOnlySpan<byte> FramingNamespace => "urn:ietf:params:xml:ns:xmpp-framing"u8;
    public static ReadOnlySpan<byte> StreamsNamespace => "http://etherx.jabber.org/streams"u8;
    public static ReadOnlySpan<byte> ClientNamespace => "jabber:client"u8;
    public static ReadOnlySpan<byte> TlsNamespace => "urn:ietf:params:xml:ns:xmpp-tls"u8;
    public static ReadOnlySpan<byte> SaslNamespace => "urn:ietf:params:xml:ns:xmpp-sasl"u8;

    /// <summary>XEP-0114 §3.</summary>
    public static ReadOnlySpan<byte> ComponentNamespace => "jabber:component:accept"u8;

    /// <summary>XEP-0198.</summary>
    public static ReadOnlySpan<byte> StreamManagementNamespace => "urn:xmpp:sm:3"u8;

    /// <summary>XEP-0352.</summary>
    public static ReadOnlySpan<byte> ClientStateNamespace => "urn:xmpp:csi:0"u8;

    /// <summary>Namespaces in XML 1.0 §3: what the prefixes <c>xml</c> and <c>xmlns</c> are bound to without a declaration.</summary>
    public static ReadOnlySpan<byte> XmlNamespace => "http://www.w3.org/XML/1998/namespace"u8;
    public static ReadOnlySpan<byte> XmlnsNamespace => "http://www.w3.org/2000/xmlns/"u8;
}
