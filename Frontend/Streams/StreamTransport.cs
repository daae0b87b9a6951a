namespace Krewe.Frontend.Streams;

/// <summary>What a client's stream runs over.</summary>
internal enum StreamTransport : byte
{
    /// <summary>RFC 6120 §5: begins in the clear and is asked to use STARTTLS.</summary>
    Tcp,

    /// <summary>XEP-0368: begins with TLS.</summary>
    DirectTls,

    /// <summary>RFC 7395, in the clear: there is no STARTTLS to be had (§3.9).</summary>
    WebSocket,

    /// <summary>RFC 7395, where TLS is somebody else's: the web server's here, a proxy's, or that of nobody on the machine itself.</summary>
    SecureWebSocket,
}
