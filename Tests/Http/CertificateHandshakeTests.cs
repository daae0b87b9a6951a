using System.Net;
using System.Net.Http.Json;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Krewe.Tests.Support;
using Krewe.Tests.Unit.Observability;
using Krewe.Tests.Unit.Sasl;

namespace Krewe.Tests.Http;

/// <summary>Contract §4: a certificate that was put is what the very next handshake shows, on each kind of listener, with its chain; and it is there after a restart.</summary>
public sealed class CertificateHandshakeTests : IAsyncLifetime, IDisposable
{
    private const string Domain = "verona.example";
    private const string Path = $"api/v1/hosts/{Domain}/certificate";

    private readonly TestAuthority _authority = new();
    private KreweServer _krewe = null!;

    public async Task InitializeAsync()
    {
        _krewe = await KreweServer.StartAsync();
        await _krewe.PutHostAsync(Domain, new JsonObject());
        await _krewe.PutHostAsync("mantua.example", new JsonObject());
    }

    public async Task DisposeAsync() => await _krewe.DisposeAsync();

    public void Dispose() => _authority.Dispose();

    public static TheoryData<string> Listeners => ["direct TLS", "STARTTLS by SNI", "STARTTLS by to", "HTTPS"];

    [Theory]
    [MemberData(nameof(Listeners))]
    public async Task NextHandshake_ShowsWhatWasPut_WithItsChain(string listener)
    {
        var own = await ShowAsync(listener);
        for (var i = 0; i < 3; i++)
        {
            // Renewed again and again, at once after the one before was shown: nothing is remembered in its place.
            var put = _authority.Issue([Domain, $"{i}.{Domain}"]);
            await PutAsync(put);
            var (leaf, chain) = await ShowAsync(listener);
            Assert.Equal(put.Leaf.RawData, leaf);
            Assert.Contains(_authority.Intermediate.RawData, chain);
        }

        using var taken = await _krewe.Http.DeleteAsync(Path);
        Assert.Equal(HttpStatusCode.NoContent, taken.StatusCode);
        Assert.Equal(own.Leaf, (await ShowAsync(listener)).Leaf);
    }

    [Fact]
    public async Task OtherHosts_ShowTheirOwn()
    {
        await PutAsync(_authority.Issue([Domain]));
        var other = await HandshakeAsync(await ConnectAsync(_krewe.C2STls), "mantua.example");
        Assert.NotEqual((await ShowAsync("direct TLS")).Leaf, other.Leaf);
    }

    [Fact]
    public async Task Login_BindsToTheCertificateInUse()
    {
        await _krewe.PutAccountAsync(Domain, "juliet");
        await PutAsync(_authority.Issue([Domain]));
        Assert.Equal("success", await LogInWithBindingAsync());

        await PutAsync(_authority.Issue([Domain], RSA.Create(2048)));
        Assert.Equal("success", await LogInWithBindingAsync());
    }

    [Fact]
    public async Task Metrics_TellWhenItEnds()
    {
        await PutAsync(_authority.Issue([Domain], until: DateTimeOffset.UtcNow.AddDays(30)));
        await ShowAsync("direct TLS");
        var metrics = OpenMetricsText.Parse(await _krewe.Http.GetStringAsync("metrics"));
        var left = Assert.Single(metrics.Samples, sample => sample.Key.StartsWith("krewe_certificate_expiry_seconds{", StringComparison.Ordinal) && sample.Key.Contains("source=\"api\"", StringComparison.Ordinal));
        Assert.InRange(left.Value, TimeSpan.FromDays(29.9).TotalSeconds, TimeSpan.FromDays(30).TotalSeconds);
    }

    private async Task PutAsync(TestCertificate certificate)
    {
        using var answer = await _krewe.Http.PutAsync(Path, new StringContent(certificate.Body, Encoding.UTF8, "application/json"));
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    private async Task<(byte[] Leaf, byte[][] Chain)> ShowAsync(string listener)
    {
        switch (listener)
        {
            case "direct TLS":
                return await HandshakeAsync(await ConnectAsync(_krewe.C2STls), Domain);
            case "HTTPS":
                return await HandshakeAsync(await ConnectAsync(new IPEndPoint(IPAddress.Loopback, _krewe.SecureWebSocket.Port)), Domain);
            default:
                var stream = await ConnectAsync(_krewe.C2S);
                await SayAsync(stream, $"<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='{Domain}' version='1.0'>", "</stream:features>");
                await SayAsync(stream, "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", "<proceed");
                return await HandshakeAsync(stream, listener == "STARTTLS by SNI" ? Domain : "");
        }
    }

    private async Task<string> LogInWithBindingAsync()
    {
        using var tls = new SslStream(await ConnectAsync(_krewe.C2STls));
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = Domain, RemoteCertificateValidationCallback = (_, _, _, _) => true });
        await SayAsync(tls, $"<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='{Domain}' version='1.0'>", "</stream:features>");

        // RFC 5929 §4.1, RFC 5802 §6: over the certificate that this very handshake showed.
        var client = new ScramClient("SCRAM-SHA-256-PLUS", "juliet", KreweServer.Password) { BindingData = SHA256.HashData(tls.RemoteCertificate!.GetRawCertData()) };
        var challenge = await SayAsync(tls, $"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='SCRAM-SHA-256-PLUS'>{Encode(client.First())}</auth>", "</challenge>");
        var final = client.Final(Encoding.UTF8.GetString(Convert.FromBase64String(challenge.Split('>')[^2].Split('<')[0])));
        var answer = await SayAsync(tls, $"<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>{Encode(final)}</response>", ">");
        return answer.Split('<')[1].Split(' ')[0];
    }

    private static string Encode(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private static async Task<NetworkStream> ConnectAsync(IPEndPoint endpoint)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(endpoint);
        return new NetworkStream(socket, ownsSocket: true);
    }

    private static async Task<string> SayAsync(Stream stream, string text, string until)
    {
        await stream.WriteAsync(Encoding.UTF8.GetBytes(text));
        var heard = new StringBuilder();
        var buffer = new byte[4096];
        while (!heard.ToString().Contains(until, StringComparison.Ordinal))
        {
            var read = await stream.ReadAsync(buffer).AsTask().WaitAsync(Timeouts.Test);
            Assert.True(read > 0, $"the connection ended behind {heard}");
            heard.Append(Encoding.UTF8.GetString(buffer, 0, read));
        }

        return heard.ToString();
    }

    /// <summary>The certificates that the server sends, whoever trusts them.</summary>
    private static async Task<(byte[] Leaf, byte[][] Chain)> HandshakeAsync(Stream stream, string serverName)
    {
        byte[][] sent = [];
        await using var tls = new SslStream(stream);
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = serverName,
            RemoteCertificateValidationCallback = (_, _, chain, _) =>
            {
                sent = [.. chain!.ChainPolicy.ExtraStore.Select(one => one.RawData)];
                return true;
            },
        }).WaitAsync(Timeouts.Test);
        return (tls.RemoteCertificate!.GetRawCertData(), sent);
    }
}
