namespace Krewe.Frontend.Sasl;

/// <summary>What binds a connection to an authentication (RFC 5056). Of the types, tls-server-end-point (RFC 5929 §4), the one XEP-0440 §4 demands.</summary>
/// <param name="TlsServerEndPoint">The hash of the certificate that was sent on this very connection; empty where it is not defined.</param>
// DEVIATION: RFC 9266 §3: tls-exporter is not offered, because SslStream does not export keying material.
internal sealed record ChannelBinding(ReadOnlyMemory<byte> TlsServerEndPoint)
{
    internal const string TlsServerEndPointName = "tls-server-end-point";
}
