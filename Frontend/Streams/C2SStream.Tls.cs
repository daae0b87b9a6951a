using System.IO.Pipelines;
using System.Net.Security;
using System.Security.Authentication;
using Krewe.Frontend.Listeners;
using Krewe.Frontend.Sasl;
using Krewe.Frontend.Transports;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Streams;

/// <summary>TLS under a stream (RFC 6120 §5, RFC 7590, XEP-0368): the certificate by SNI, else by the stream's <c>to</c>.</summary>
internal sealed partial class C2SStream
{
    private static readonly TimeSpan HandshakeWithin = TimeSpan.FromSeconds(15);

    /// <summary>XEP-0368 §5.</summary>
    private static readonly SslApplicationProtocol Alpn = new("xmpp-client");

    private bool _isTlsNext;

    /// <summary>While it is, nobody but TLS may write.</summary>
    private volatile bool _isInHandshake;
    private SslStream? _tls;
    private string? _sni;
    private ServerCertificate? _certificate;

    public bool IsEncrypted => _tls is not null || _transport == StreamTransport.SecureWebSocket;

    /// <summary>RFC 7395 §3.9: over WebSocket TLS is never begun within the stream.</summary>
    private bool CanStartTls => !IsEncrypted && !IsFramed;

    private async Task UpgradeToTlsAsync()
    {
        _isTlsNext = false;

        var tls = new SslStream(new DuplexPipeStream(_connection.Transport), leaveInnerStreamOpen: true);
        _isInHandshake = true;
        try
        {
            using var patience = new CancellationTokenSource(HandshakeWithin, _services.Time);
            await tls.AuthenticateAsServerAsync(ChooseOptionsAsync, this, patience.Token);
        }
        catch
        {
            await tls.DisposeAsync();
            throw;
        }
        finally
        {
            _isInHandshake = false;
        }

        _tls = tls;

        // Zero-byte reads: a silent stream holds no buffer.
        _input = PipeReader.Create(tls, new StreamPipeReaderOptions(useZeroByteReads: true, leaveOpen: true));
        Queue.Output = PipeWriter.Create(tls, new StreamPipeWriterOptions(leaveOpen: true));
        _framer.Restart();
        Advance(StreamState.AwaitHeader);
        _isHeaderSent = false;
    }

    private static async ValueTask<SslServerAuthenticationOptions> ChooseOptionsAsync(
        SslStream tls, SslClientHelloInfo hello, object? state, CancellationToken cancellationToken)
    {
        // A handshake is a millisecond of arithmetic: not on the thread that serves everybody's sockets.
        await Task.Yield();
        var self = (C2SStream)state!;
        self._sni = string.IsNullOrEmpty(hello.ServerName) ? null : hello.ServerName;
        self._certificate = await self._services.Certificates.SelectAsync(self._sni, self._domain.Length == 0 ? null : self._domain);
        return new SslServerAuthenticationOptions
        {
            ServerCertificateContext = self._certificate.Context,
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            ApplicationProtocols = [Alpn],
            AllowRenegotiation = false,
            ClientCertificateRequired = false,
        };
    }

    private ChannelBinding? Binding => _certificate is { EndPointHash.IsEmpty: false } certificate ? new ChannelBinding(certificate.EndPointHash) : null;
}
