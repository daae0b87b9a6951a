using System.Net;
using System.Net.WebSockets;
using System.Text.Json.Nodes;
using System.Xml.Linq;
using Krewe.Tests.Support;

namespace Krewe.Tests.Http;

/// <summary>The HTTP side of WebSocket: what is upgraded, and where clients learn of it (XEP-0156).</summary>
public sealed class WebSocketEndpointTests
{
    private const string Host = "verona.example";

    [Theory]
    [InlineData("xmpp")]
    [InlineData("xmpp", "foo")]
    [InlineData("foo", "xmpp")]
    public async Task Upgrade_WithTheSubprotocolAmongOthers_EchoesIt(params string[] offered)
    {
        await using var server = await StartAsync();
        using var socket = new ClientWebSocket();
        Array.ForEach(offered, socket.Options.AddSubProtocol);

        await socket.ConnectAsync(server.WebSocket, CancellationToken.None);

        Assert.Equal("xmpp", socket.SubProtocol);
    }

    [Fact]
    public async Task Upgrade_WithoutTheSubprotocol_IsRefused()
    {
        await using var server = await StartAsync();
        foreach (var offered in (string[][])[[], ["foo"], ["XMPP"]])
        {
            using var socket = new ClientWebSocket();
            socket.Options.CollectHttpResponseDetails = true;
            Array.ForEach(offered, socket.Options.AddSubProtocol);
            await Assert.ThrowsAsync<WebSocketException>(() => socket.ConnectAsync(server.WebSocket, CancellationToken.None));
            Assert.Equal(HttpStatusCode.BadRequest, socket.HttpStatusCode);
        }
    }

    [Fact]
    public async Task Upgrade_OverHttp2_IsTheSame()
    {
        await using var server = await StartAsync();
        using var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol("xmpp");
        (socket.Options.HttpVersion, socket.Options.HttpVersionPolicy) = (HttpVersion.Version20, HttpVersionPolicy.RequestVersionExact);
        using var http = new HttpClient(new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = static (_, _, _, _) => true } });

        await socket.ConnectAsync(server.SecureWebSocket, http, CancellationToken.None).WaitAsync(Timeouts.Test);

        Assert.Equal("xmpp", socket.SubProtocol);
        await socket.SendAsync("<message xmlns='jabber:client'/>"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
        var buffer = new byte[4096];
        var first = await socket.ReceiveAsync(buffer, CancellationToken.None).WaitAsync(Timeouts.Test);
        Assert.Equal(WebSocketClient.Framing + "open", XElement.Parse(System.Text.Encoding.UTF8.GetString(buffer, 0, first.Count)).Name);
    }

    [Fact]
    public async Task Get_WithoutUpgrade_SaysWhatIsMissing()
    {
        await using var server = await StartAsync();
        using var answer = await server.Http.GetAsync("xmpp-websocket");
        Assert.Equal((HttpStatusCode.UpgradeRequired, "websocket"), (answer.StatusCode, answer.Headers.Upgrade.Single().Name));
    }

    [Theory]
    [InlineData(null, "", "wss://verona.example:{https}/xmpp-websocket")]
    [InlineData("https://chat.example/krewe/", "", "wss://chat.example/krewe/xmpp-websocket")]
    [InlineData("HTTPS://%host:8443", "", "wss://verona.example:8443/xmpp-websocket")]
    [InlineData("http://%host", "", "ws://verona.example/xmpp-websocket")]
    [InlineData(null, "https", "wss://verona.example/xmpp-websocket")]
    [InlineData(null, "http", "wss://verona.example:{https}/xmpp-websocket")]
    public async Task HostMeta_NamesTheAddressFromOutside(string? externalUrl, string forwarded, string expected)
    {
        await using var server = await StartAsync(externalUrl);
        expected = expected.Replace("{https}", $"{server.SecureWebSocket.Port}", StringComparison.Ordinal);

        using var xrd = await GetAsync(server, "host-meta", Host, forwarded);
        using var jrd = await GetAsync(server, "host-meta.json", Host, forwarded);

        Assert.All([xrd, jrd], answer => Assert.Equal((HttpStatusCode.OK, "*"), (answer.StatusCode, answer.Headers.GetValues("Access-Control-Allow-Origin").Single())));
        Assert.Equal(("application/xrd+xml", "application/json"), (xrd.Content.Headers.ContentType?.MediaType, jrd.Content.Headers.ContentType?.MediaType));
        var link = XElement.Parse(await xrd.Content.ReadAsStringAsync()).Elements(XName.Get("Link", "http://docs.oasis-open.org/ns/xri/xrd-1.0")).Single();
        Assert.Equal(("urn:xmpp:alt-connections:websocket", expected), (link.Attribute("rel")?.Value, link.Attribute("href")?.Value));
        var json = JsonNode.Parse(await jrd.Content.ReadAsStringAsync())!["links"]!.AsArray().Single()!;
        Assert.Equal(("urn:xmpp:alt-connections:websocket", expected), ((string?)json["rel"], (string?)json["href"]));
    }

    [Fact]
    public async Task HostMeta_WithoutATlsListener_NamesTheOnlyOne()
    {
        await using var server = await KreweServer.StartAsync(configure: options => options with { ListenHttps = [] });
        await server.PutHostAsync(Host, []);

        using var answer = await GetAsync(server, "host-meta.json", $"{Host}:1234", "");

        Assert.Equal("ws://verona.example:1234/xmpp-websocket", (string?)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["links"]![0]!["href"]);
    }

    [Theory]
    [InlineData("nowhere.example")]
    [InlineData("disabled.example")]
    [InlineData("127.0.0.1")]
    public async Task HostMeta_OfWhatIsNoHost_IsNotFound(string host)
    {
        await using var server = await StartAsync();
        await server.PutHostAsync("disabled.example", new JsonObject { ["enabled"] = false });
        using var answer = await GetAsync(server, "host-meta", host, "");
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    private static async Task<KreweServer> StartAsync(string? externalUrl = null)
    {
        var server = await KreweServer.StartAsync(configure: options => options with { ExternalUrl = externalUrl, TrustedProxies = [IPNetwork.Parse("127.0.0.0/8")] });
        await server.PutHostAsync(Host, []);
        return server;
    }

    private static Task<HttpResponseMessage> GetAsync(KreweServer server, string document, string host, string forwarded)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, $".well-known/{document}");
        request.Headers.Host = host;
        if (forwarded.Length > 0)
        {
            request.Headers.Add("X-Forwarded-Proto", forwarded);
        }

        return server.Http.SendAsync(request).WaitAsync(Timeouts.Test);
    }
}
