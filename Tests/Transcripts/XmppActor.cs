using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Xml;
using System.Xml.Linq;
using Krewe.Tests.Support;

namespace Krewe.Tests.Transcripts;

/// <summary>One client of a transcript over a real socket, which sends whole or byte by byte.</summary>
/// <param name="webSocket">Where it connects instead, to say and hear the same over WebSocket.</param>
internal sealed class XmppActor(bool isByteByByte, Uri? webSocket = null) : IAsyncDisposable
{
    private static int s_fences;

    private readonly Queue<XElement> _inbox = new();
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private Stream _stream = Stream.Null;
    private XmppStreamReader? _reader;

    /// <summary>The full JID once a resource is bound by <see cref="LogInAsync"/>.</summary>
    public string? Jid { get; private set; }

    /// <summary>What its stanzas are in.</summary>
    public string ContentNamespace { get; init; } = "jabber:client";

    /// <summary>That of the last header that came.</summary>
    public string StreamId { get; private set; } = "";

    /// <summary>Whether it can still be talked to.</summary>
    public bool IsOpen { get; private set; }

    public async Task ConnectAsync(IPEndPoint endpoint)
    {
        if (webSocket is null)
        {
            await _socket.ConnectAsync(endpoint);
            _stream = new NetworkStream(_socket, ownsSocket: false);
        }
        else
        {
            _stream = await WebSocketStream.ConnectAsync(webSocket);
        }

        IsOpen = true;
    }

    public async Task StartTlsAsync(string serverName, string? alpn)
    {
        var tls = new SslStream(_stream, leaveInnerStreamOpen: true);
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = serverName,
            ApplicationProtocols = alpn is null ? null : [new SslApplicationProtocol(alpn)],
            RemoteCertificateValidationCallback = static (_, _, _, _) => true,
        }).WaitAsync(Timeouts.Test);
        _stream = tls;
        _reader = null;
    }

    /// <summary>tls-server-end-point (RFC 5929 §4.1) of the connection, for a certificate signed with SHA-256.</summary>
    public byte[] ServerEndPoint() => SHA256.HashData(((SslStream)_stream).RemoteCertificate!.Export(X509ContentType.Cert));

    /// <summary>A stream header begins a new document in both directions.</summary>
    public Task SendAsync(string text)
    {
        if (text.Contains("<stream:stream", StringComparison.Ordinal))
        {
            _reader = null;
        }

        return SendAsync(Encoding.UTF8.GetBytes(text));
    }

    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            if (!isByteByByte)
            {
                await _stream.WriteAsync(bytes);
                return;
            }

            for (var i = 0; i < bytes.Length; i++)
            {
                await _stream.WriteAsync(bytes.Slice(i, 1));
            }
        }
        catch (IOException)
        {
            // The server closed before everything was sent; what it said is read next.
        }
    }

    /// <summary>What comes next; null for the end of the connection.</summary>
    public async Task<XElement?> ReceiveAsync() => _inbox.TryDequeue(out var waiting) ? waiting : await ReadAsync();

    /// <summary>XEP-0114 §3, up to the empty handshake.</summary>
    public async Task ShakeHandsAsync(string domain, string secret)
    {
        await SendAsync($"<?xml version='1.0'?><stream:stream xmlns='{ContentNamespace}' xmlns:stream='{XmppStreamReader.Streams}' to='{domain}'>");
        await ExpectAsync("stream");
        await SendAsync($"<handshake>{Digest(StreamId, secret)}</handshake>");
        await ExpectAsync("handshake");
        Jid = domain;
    }

    /// <summary>XEP-0114 §3.</summary>
    public static string Digest(string streamId, string secret)
    {
#pragma warning disable CA5350 // XEP-0114 names SHA-1
        return Convert.ToHexStringLower(SHA1.HashData(Encoding.UTF8.GetBytes(streamId + secret)));
#pragma warning restore CA5350
    }

    /// <summary>
    /// Proof by a stanza to itself: it comes behind everything that this actor sent before, and behind everything that is on its way to this actor. What
    /// comes with it waits to be received.
    /// </summary>
    public async Task FenceAsync()
    {
        if (ContentNamespace != "jabber:client")
        {
            // What its host answers, and whether it does, is all the same.
            var host = Jid![(Jid!.IndexOf('.') + 1)..];
            await FenceAsync("iq", $"<iq type='get' from='{Jid}' to='{host}' id='{{0}}'><ping xmlns='urn:xmpp:ping'/></iq>", isAnyType: true);
            return;
        }

        await FenceAsync("message", $"<message to='{Jid}' id='{{0}}'/>");

        // Messages do not wait for a roster that is being fetched; what is wrong with this request is told behind it.
        await FenceAsync("iq", "<iq type='get' id='{0}'><query xmlns='jabber:iq:roster'><item jid='fence.example'/></query></iq>", "error");
    }

    /// <summary>Proof by a ping, which the server answers without waiting for what this actor sent before.</summary>
    public Task PingAsync() => FenceAsync("iq", "<iq type='get' id='{0}'><ping xmlns='urn:xmpp:ping'/></iq>");

    /// <summary>What came and was not received.</summary>
    public IReadOnlyCollection<XElement> Unread => _inbox;

    public void Forget() => _inbox.Clear();

    /// <summary>The features behind the login.</summary>
    public XElement? Features { get; private set; }

    /// <summary>All bytes up to the end of the connection, for what is no XMPP or more than one document.</summary>
    public async Task<string> ReceiveTextAsync()
    {
        using var bytes = new MemoryStream();
        try
        {
            await _stream.CopyToAsync(bytes).WaitAsync(Timeouts.Test);
        }
        catch (IOException)
        {
            // A reset is an end as well.
        }

        return Encoding.UTF8.GetString(bytes.ToArray());
    }

    public async Task LogInAsync(IPEndPoint endpoint, string user, string domain, string resource, string realDomain)
    {
        await ConnectAsync(endpoint);
        var header = $"<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='{realDomain}' version='1.0'>";
        await SendAsync(header);
        await ExpectAsync("stream", "features");
        var plain = Convert.ToBase64String(Encoding.UTF8.GetBytes($"\0{user}\0{KreweServer.Password}"));
        await SendAsync($"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{plain}</auth>");
        await ExpectAsync("success");
        await SendAsync(header);
        Features = await ExpectAsync("stream", "features");
        await SendAsync($"<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>{resource}</resource></bind></iq>");
        var bound = await ExpectAsync("iq");
        Jid = bound.Value;
        Assert.Equal($"{user}@{realDomain}/{resource}", Jid);
    }

    /// <summary>Goes without a word, as when the network fails.</summary>
    public void Break()
    {
        IsOpen = false;
        (_stream as WebSocketStream)?.Abort();
        _socket.LingerState = new LingerOption(true, 0);
        _socket.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        IsOpen = false;

        // The reader holds nothing but the stream, and would not be disposed of while a read is under way that somebody has given up.
        await _stream.DisposeAsync();
        _socket.Dispose();
    }

    private async Task FenceAsync(string name, string format, string? type = null, bool isAnyType = false)
    {
        var id = $"fence-{Interlocked.Increment(ref s_fences)}";
        await SendAsync(format.Replace("{0}", id, StringComparison.Ordinal));
        while (true)
        {
            var element = await ReadAsync() ?? throw new InvalidOperationException($"the connection of {Jid} ended");
            if (element.Name.LocalName == name && element.Attribute("id")?.Value == id)
            {
                Assert.True(isAnyType || (type == "error") == (element.Attribute("type")?.Value == "error"), $"came {element}");
                return;
            }

            _inbox.Enqueue(element);
            if (element.Name == XmppStreamReader.End)
            {
                throw new InvalidOperationException($"the stream of {Jid} ended: {string.Join(' ', _inbox)}");
            }
        }
    }

    private async Task<XElement> ExpectAsync(params string[] names)
    {
        XElement? last = null;
        foreach (var name in names)
        {
            last = await ReadAsync();
            Assert.True(last?.Name.LocalName == name, $"expected {name} while logging in, came {last?.ToString() ?? "the end"}");
        }

        return last!;
    }

    private async Task<XElement?> ReadAsync()
    {
        _reader ??= new XmppStreamReader(_stream);
        try
        {
            var element = await _reader.ReadAsync().WaitAsync(Timeouts.Test);
            if (element?.Name == XmppStreamReader.Streams + "stream")
            {
                StreamId = element.Attribute("id")?.Value ?? "";
            }

            return element;
        }
        catch (IOException)
        {
            return null;
        }
        catch (XmlException e)
        {
            throw new InvalidOperationException($"the server sent what is no XMPP: {e.Message}", e);
        }
    }
}
