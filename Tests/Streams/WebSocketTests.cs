using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using System.Xml.Linq;
using Krewe.Tests.Support;
using Krewe.Tests.Transcripts;

namespace Krewe.Tests.Streams;

/// <summary>RFC 7395 on the wire, beside what every transcript shows.</summary>
public sealed class WebSocketTests(LocalPathServer server) : IClassFixture<LocalPathServer>
{
    private static int s_hosts;

    private readonly string _host = $"w{Interlocked.Increment(ref s_hosts)}.example";

    [Fact]
    public async Task Login_FromThisMachine_CountsAsEncrypted_AndHasNoTlsOfItsOwn()
    {
        await using var client = await ConnectAsync(new JsonObject());

        var features = await client.OpenAsync(_host);

        XNamespace sasl = "urn:ietf:params:xml:ns:xmpp-sasl";
        Assert.Equal(["SCRAM-SHA-512", "SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN"], features.Descendants(sasl + "mechanism").Select(mechanism => mechanism.Value));
        Assert.DoesNotContain(features.Elements(), feature => feature.Name.LocalName is "starttls" or "sasl-channel-binding");

        await client.SendAsync("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
        Assert.Equal("unsupported-stanza-type", await client.ExpectErrorAsync());
    }

    [Fact]
    public async Task Login_OverHttps_HasNoChannelBinding()
    {
        await PutAsync(new JsonObject(), "juliet");
        await using var client = await WebSocketClient.ConnectAsync(server.Krewe.SecureWebSocket, ("X-Forwarded-For", "192.0.2.1"));

        var features = await client.OpenAsync(_host);

        Assert.DoesNotContain(features.Descendants(), element => element.Name.LocalName == "sasl-channel-binding" || element.Value.EndsWith("-PLUS", StringComparison.Ordinal));
        Assert.Contains(features.Descendants(), element => element.Value == "PLAIN");
    }

    [Theory]
    [InlineData("X-Forwarded-For", "127.0.0.1")]
    [InlineData("X-Forwarded-Proto", "https")]
    [InlineData("Forwarded", "proto=https")]
    public async Task Login_ThroughAProxyThatIsNotTrusted_IsInTheClear(string name, string value)
    {
        await PutAsync(new JsonObject());
        await using var client = await WebSocketClient.ConnectAsync(server.Krewe.WebSocket, (name, value));

        await client.SendAsync(WebSocketClient.Open(_host));

        await client.ExpectAsync(WebSocketClient.Framing + "open");
        Assert.Equal("policy-violation", await client.ExpectErrorAsync());

        // A host that does not ask for encryption may be used, but not with a password in the clear.
        await PutAsync(new JsonObject { ["c2s_require_encryption"] = false });
        await using var other = await WebSocketClient.ConnectAsync(server.Krewe.WebSocket, (name, value));
        var mechanisms = (await other.OpenAsync(_host)).Descendants(XName.Get("mechanism", "urn:ietf:params:xml:ns:xmpp-sasl")).Select(mechanism => mechanism.Value);
        Assert.Equal(["SCRAM-SHA-512", "SCRAM-SHA-256", "SCRAM-SHA-1"], mechanisms);
    }

    [Fact]
    public async Task Messages_BetweenTcpAndWebSocket_GoBothWays()
    {
        await using var romeo = await OnlineAsync("romeo");
        await using var juliet = new XmppActor(isByteByByte: false);
        await server.Krewe.PutAccountAsync(_host, "juliet");
        await juliet.LogInAsync(server.Krewe.C2S, "juliet", _host, "balcony", _host);

        await juliet.SendAsync($"<message to='{romeo.FullJid}' id='1'><body>Wherefore?</body></message>");
        var message = await romeo.ExpectAsync(WebSocketClient.Client + "message");
        Assert.Equal((juliet.Jid, "Wherefore?"), (message.Attribute("from")?.Value, message.Element(WebSocketClient.Client + "body")?.Value));

        await romeo.SendAsync($"<message xmlns='jabber:client' to='{juliet.Jid}' id='2'><body>It is the east</body></message>");
        Assert.Equal((romeo.FullJid, "It is the east"), await juliet.ReceiveAsync() is { } reply ? (reply.Attribute("from")?.Value, reply.Value) : default);

        await romeo.SendAsync("<iq xmlns='jabber:client' type='get' id='3'><ping xmlns='urn:xmpp:ping'/></iq>");
        Assert.Equal(("result", "3"), await romeo.ExpectAsync(WebSocketClient.Client + "iq") is var pong ? (pong.Attribute("type")?.Value, pong.Attribute("id")?.Value) : default);
    }

    [Fact]
    public async Task Session_IsListedWithItsTransport()
    {
        await using var romeo = await OnlineAsync("romeo");

        var (_, body) = await server.Krewe.SendAsync(HttpMethod.Get, $"api/v1/hosts/{_host}/sessions", null);

        var session = JsonNode.Parse(body)!["items"]!.AsArray().Single()!;
        Assert.Equal((romeo.FullJid, "websocket", "127.0.0.1"), ((string?)session["jid"], (string?)session["transport"], (string?)session["address"]));
    }

    [Fact]
    public async Task Close_IsAnsweredWithClose_AndThenTheSocketIsClosed()
    {
        await using var romeo = await OnlineAsync("romeo");

        await romeo.SendAsync("<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>");

        await romeo.ExpectEndAsync();
        Assert.Equal(WebSocketCloseStatus.NormalClosure, romeo.CloseStatus);
        await NoSessionAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task SocketThatEnds_EndsTheStream(bool isClosed)
    {
        await using var romeo = await OnlineAsync("romeo");
        if (isClosed)
        {
            await romeo.CloseSocketAsync();
            Assert.Null(await romeo.ReceiveAsync());
        }
        else
        {
            romeo.Break();
        }

        await NoSessionAsync();
    }

    [Theory]
    [InlineData("<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='nowhere.example' version='1.0'/>", "host-unknown")]
    [InlineData("<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' version='1.0'/>", "improper-addressing")]
    [InlineData("<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='{0}'/>", "unsupported-version")]
    [InlineData("<open xmlns='jabber:client' to='{0}' version='1.0'/>", "invalid-namespace")]
    [InlineData("<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='{0}' version='1.0'>", "not-well-formed")]
    [InlineData("<message xmlns='jabber:client'/>", "invalid-namespace")]
    [InlineData(" <open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='{0}' version='1.0'/>", "bad-format")]
    [InlineData("", "bad-format")]
    public async Task Opening_ThatFails_IsOpenThenErrorThenClose(string message, string condition)
    {
        await using var client = await ConnectAsync(new JsonObject());

        await client.SendAsync(message.Replace("{0}", _host, StringComparison.Ordinal));

        Assert.Equal("1.0", (await client.ExpectAsync(WebSocketClient.Framing + "open")).Attribute("version")?.Value);
        Assert.Equal(condition, await client.ExpectErrorAsync());
    }

    [Theory]
    [InlineData("<message xmlns='jabber:client'/><message xmlns='jabber:client'/>", "not-well-formed")]
    [InlineData("<message xmlns='jabber:client'>", "not-well-formed")]
    [InlineData("\n", "bad-format")]
    [InlineData("<message to='a@b'/>", "invalid-namespace")]
    [InlineData("<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='{0}' version='1.0'/>", "bad-format")]
    [InlineData("<other xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>", "unsupported-stanza-type")]
    public async Task Message_ThatIsWrong_EndsABoundStream(string message, string condition)
    {
        await using var romeo = await OnlineAsync("romeo");
        await romeo.SendAsync(message.Replace("{0}", _host, StringComparison.Ordinal));
        Assert.Equal(condition, await romeo.ExpectErrorAsync());
        await NoSessionAsync();
    }

    [Fact]
    public async Task BinaryMessage_IsRefused()
    {
        await using var romeo = await OnlineAsync("romeo");
        await romeo.SendAsync(Encoding.UTF8.GetBytes("<message xmlns='jabber:client'/>"), WebSocketMessageType.Binary, isEnd: true);
        Assert.Equal("bad-format", await romeo.ExpectErrorAsync());
        Assert.Equal(WebSocketCloseStatus.InvalidMessageType, romeo.CloseStatus);
    }

    [Fact]
    public async Task BytesThatAreNoUtf8_EndTheConnection()
    {
        await using var romeo = await OnlineAsync("romeo");
        await romeo.SendAsync("<message xmlns='jabber:client' id='\xFF'/>"u8.ToArray(), WebSocketMessageType.Text, isEnd: true);
        await romeo.SendAsync(new byte[] { (byte)'<', 0xFF, 0xFF }, WebSocketMessageType.Text, isEnd: true);
        Assert.Null(await romeo.ReceiveAsync());
        Assert.Equal(WebSocketCloseStatus.InvalidPayloadData, romeo.CloseStatus);
        await NoSessionAsync();
    }

    [Fact]
    public async Task MessageThatNeverEnds_MeetsTheLimit()
    {
        await using var stranger = await ConnectAsync(new JsonObject { ["c2s_stanza_size_limit"] = 20_000 }, "romeo");
        await stranger.SendFragmentsAsync($"<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='{new string('a', 40_000)}", Enumerable.Repeat(1000, 39).Append(999));
        await stranger.ExpectAsync(WebSocketClient.Framing + "open");
        Assert.Equal("policy-violation", await stranger.ExpectErrorAsync());

        await using var romeo = await WebSocketClient.ConnectAsync(server.Krewe.WebSocket);
        await romeo.LogInAsync("romeo", _host, "orchard");
        await romeo.SendFragmentsAsync($"<message xmlns='jabber:client' id='1' to='{romeo.FullJid}'><body>{new string('a', 19_000)}</body></message>", Enumerable.Repeat(700, 100));
        Assert.Equal(19_000, (await romeo.ExpectAsync(WebSocketClient.Client + "message")).Value.Length);
        await romeo.SendFragmentsAsync($"<message xmlns='jabber:client'><body>{new string('a', 40_000)}", Enumerable.Repeat(1000, 39).Append(999));
        Assert.Equal("policy-violation", await romeo.ExpectErrorAsync());
    }

    /// <summary>Fragments of any lengths, empty ones too: what counts is the message.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public async Task Fragments_OfAnyLengths_AreOneMessage(int seed)
    {
        await using var romeo = await OnlineAsync("romeo");
        var random = new Random(seed);
        for (var i = 0; i < 20; i++)
        {
            var body = new string('ж', random.Next(1, seed == 1 ? 60 : 9000));
            var longest = random.Next(2, seed == 1 ? 3 : 3000);
            await romeo.SendFragmentsAsync(
                $"<message xmlns='jabber:client' to='{romeo.FullJid}' id='{i}'><body>{body}</body></message>", Enumerable.Range(0, int.MaxValue).Select(_ => random.Next(longest)));
            Assert.Equal(body, (await romeo.ExpectAsync(WebSocketClient.Client + "message")).Value);
        }
    }

    [Fact]
    public async Task ReaderThatIsTooSlow_LosesItsStream()
    {
        await using var slow = await OnlineAsync("slow");
        await using var fast = await OnlineAsync("fast");
        var message = $"<message xmlns='jabber:client' to='{slow.FullJid}' type='headline'><body>{new string('a', 200_000)}</body></message>";

        for (var sent = 0; await IsListedAsync(slow.FullJid); sent++)
        {
            Assert.True(sent < 500, "nothing bounds what waits for a reader");
            await fast.SendAsync(message);
        }

        await fast.SendAsync("<iq xmlns='jabber:client' type='get' id='p'><ping xmlns='urn:xmpp:ping'/></iq>");
        Assert.Equal("p", (await fast.ExpectAsync(WebSocketClient.Client + "iq")).Attribute("id")?.Value);
    }

    private async Task<WebSocketClient> OnlineAsync(string localpart)
    {
        await PutAsync(
            new JsonObject
            {
                ["c2s_require_encryption"] = false,
                ["allow_unencrypted_plain_auth"] = true,
                ["limits"] = new JsonObject { ["bytes_per_second"] = 0, ["stanzas_per_second"] = 0 },
            },
            localpart);
        var client = await WebSocketClient.ConnectAsync(server.Krewe.WebSocket);
        await client.LogInAsync(localpart, _host, "orchard");
        return client;
    }

    private async Task<WebSocketClient> ConnectAsync(JsonObject settings, params string[] accounts)
    {
        await PutAsync(settings, accounts);
        return await WebSocketClient.ConnectAsync(server.Krewe.WebSocket);
    }

    private async Task PutAsync(JsonObject settings, params string[] accounts)
    {
        await server.Krewe.PutHostAsync(_host, settings);
        foreach (var account in accounts)
        {
            await server.Krewe.PutAccountAsync(_host, account);
        }
    }

    private async Task<bool> IsListedAsync(string jid) =>
        (await server.Krewe.SendAsync(HttpMethod.Get, $"api/v1/hosts/{_host}/sessions", null)).Body.Contains(jid, StringComparison.Ordinal);

    private async Task NoSessionAsync()
    {
        using var patience = new CancellationTokenSource(Timeouts.Test);
        while (await IsListedAsync($"@{_host}/"))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), patience.Token);
        }
    }
}
