using System.Net.WebSockets;
using System.Text;
using System.Xml.Linq;

namespace Krewe.Tests.Support;

/// <summary>A client over WebSocket (RFC 7395), as bare as a test needs it. Each message is parsed by itself.</summary>
internal sealed class WebSocketClient : IAsyncDisposable
{
    public static readonly XNamespace Framing = "urn:ietf:params:xml:ns:xmpp-framing";
    public static readonly XNamespace Client = "jabber:client";
    public static readonly XNamespace Streams = "http://etherx.jabber.org/streams";

    private readonly ClientWebSocket _socket = new();

    private WebSocketClient()
    {
        _socket.Options.AddSubProtocol("xmpp");
        _socket.Options.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
    }

    public string FullJid { get; private set; } = "";

    /// <summary>What the server closed with, once it has.</summary>
    public WebSocketCloseStatus? CloseStatus => _socket.CloseStatus;

    public static async Task<WebSocketClient> ConnectAsync(Uri uri, params (string Name, string Value)[] headers)
    {
        var client = new WebSocketClient();
        foreach (var (name, value) in headers)
        {
            client._socket.Options.SetRequestHeader(name, value);
        }

        await client._socket.ConnectAsync(uri, CancellationToken.None).WaitAsync(Timeouts.Test);
        Assert.Equal("xmpp", client._socket.SubProtocol);
        return client;
    }

    public static string Open(string domain) => $"<open xmlns='{Framing}' to='{domain}' version='1.0'/>";

    public Task SendAsync(string message) => SendAsync(Encoding.UTF8.GetBytes(message), WebSocketMessageType.Text, isEnd: true);

    public Task SendAsync(ReadOnlyMemory<byte> part, WebSocketMessageType type, bool isEnd) =>
        _socket.SendAsync(part, type, isEnd, CancellationToken.None).AsTask().WaitAsync(Timeouts.Test);

    /// <summary>A message in fragments of these many bytes, over and over.</summary>
    public async Task SendFragmentsAsync(string message, IEnumerable<int> lengths)
    {
        ReadOnlyMemory<byte> rest = Encoding.UTF8.GetBytes(message);
        foreach (var length in lengths)
        {
            var part = rest[..Math.Min(length, rest.Length)];
            rest = rest[part.Length..];
            await SendAsync(part, WebSocketMessageType.Text, rest.IsEmpty);
            if (rest.IsEmpty)
            {
                return;
            }
        }
    }

    /// <summary>The next message; null when the server closes.</summary>
    public async Task<XElement?> ReceiveAsync()
    {
        using var message = new MemoryStream();
        var buffer = new byte[4096];
        while (true)
        {
            var result = await _socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None).AsTask().WaitAsync(Timeouts.Test);
            if (result.MessageType == WebSocketMessageType.Close)
            {
                if (_socket.State == WebSocketState.CloseReceived)
                {
                    await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
                }

                return null;
            }

            Assert.Equal(WebSocketMessageType.Text, result.MessageType);
            message.Write(buffer, 0, result.Count);
            if (result.EndOfMessage)
            {
                return XElement.Parse(Encoding.UTF8.GetString(message.ToArray()));
            }
        }
    }

    public async Task<XElement> ExpectAsync(XName name)
    {
        var element = await ReceiveAsync();
        Assert.True(element?.Name == name, $"expected {name}, came {element?.ToString() ?? "the end"}");
        return element!;
    }

    /// <summary>The stream error, <c>&lt;close/&gt;</c>, and the end of the connection.</summary>
    public async Task<string> ExpectErrorAsync()
    {
        var error = await ExpectAsync(Streams + "error");
        await ExpectEndAsync();
        return error.Elements().First().Name.LocalName;
    }

    public async Task ExpectEndAsync()
    {
        await ExpectAsync(Framing + "close");
        Assert.Null(await ReceiveAsync());
    }

    /// <summary>Sends a header and takes the server's; the result is the features behind it.</summary>
    public async Task<XElement> OpenAsync(string domain)
    {
        await SendAsync(Open(domain));
        var open = await ExpectAsync(Framing + "open");
        Assert.Equal(domain, open.Attribute("from")?.Value);
        return await ExpectAsync(Streams + "features");
    }

    public async Task LogInAsync(string localpart, string domain, string resource)
    {
        await OpenAsync(domain);
        await SendAsync(
            $"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{Convert.ToBase64String(Encoding.UTF8.GetBytes($"\0{localpart}\0{KreweServer.Password}"))}</auth>");
        await ExpectAsync(XName.Get("success", "urn:ietf:params:xml:ns:xmpp-sasl"));
        await OpenAsync(domain);
        await SendAsync($"<iq xmlns='jabber:client' type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>{resource}</resource></bind></iq>");
        FullJid = (await ExpectAsync(Client + "iq")).Value;
        Assert.Equal($"{localpart}@{domain}/{resource}", FullJid);
    }

    /// <summary>The client's half of the closing handshake, or all of it.</summary>
    public Task CloseSocketAsync() => _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None).WaitAsync(Timeouts.Test);

    public void Break() => _socket.Abort();

    public ValueTask DisposeAsync()
    {
        _socket.Dispose();
        return default;
    }
}
