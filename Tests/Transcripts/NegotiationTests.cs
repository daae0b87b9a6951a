using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using System.Xml.Linq;
using Krewe.Tests.Support;

namespace Krewe.Tests.Transcripts;

/// <summary>What a transcript cannot say, because it hangs on how bytes fall into segments or on a computation.</summary>
public sealed class NegotiationTests(LocalPathServer server) : IClassFixture<LocalPathServer>
{
    private const string Header =
        "<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='{0}' version='1.0'>";

    private static readonly XNamespace Tls = "urn:ietf:params:xml:ns:xmpp-tls";

    [Fact]
    public async Task BytesBehindStartTls_InOneSegment_AreNeverTakenForXmpp()
    {
        await using var actor = await OpenAsync("pipelined.example");
        await actor.SendAsync(
            "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/><auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AGp1bGlldABzZWNyZXQ=</auth>");

        // RFC 6120 §5.3.3: the one or the other, but no answer to what came in the clear.
        Assert.Equal(Tls + "proceed", (await actor.ReceiveAsync())?.Name);
        Assert.Equal(XmppStreamReader.Streams + "error", (await actor.ReceiveAsync())?.Name);
        Assert.Equal(XmppStreamReader.End, (await actor.ReceiveAsync())?.Name);
        Assert.Null(await actor.ReceiveAsync());
    }

    /// <summary>COMPAT: go-xmpp. What follows goes to TLS: an alert or nothing, but no stream error in the clear.</summary>
    [Fact]
    public async Task LineFeedBehindStartTls_IsNothing()
    {
        await using var actor = await OpenAsync("linefeed.example");
        await actor.SendAsync("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>\n");
        Assert.Equal(Tls + "proceed", (await actor.ReceiveAsync())?.Name);
        await actor.SendAsync(Encoding.UTF8.GetBytes("no handshake"));
        Assert.DoesNotContain("<", await actor.ReceiveTextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task HeaderBehindStartTls_BeforeTheHandshake_IsNoHeaderOfTheEncryptedStream()
    {
        await using var actor = await OpenAsync("cleartext.example");
        await actor.SendAsync("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
        Assert.Equal(Tls + "proceed", (await actor.ReceiveAsync())?.Name);
        await actor.SendAsync(Encoding.UTF8.GetBytes(Header.Replace("{0}", "cleartext.example", StringComparison.Ordinal)));

        // What comes now is a TLS alert or nothing, and the end.
        Assert.DoesNotContain("<", await actor.ReceiveTextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Negotiation_SentAtOnce_IsWorkedOffInItsOrder()
    {
        await server.Krewe.PutHostAsync("eager.example", new JsonObject { ["c2s_require_encryption"] = false, ["allow_unencrypted_plain_auth"] = true });
        await server.Krewe.PutAccountAsync("eager.example", "juliet");
        await using var actor = new XmppActor(isByteByByte: false);
        await actor.ConnectAsync(server.Krewe.C2S);
        var header = Header.Replace("{0}", "eager.example", StringComparison.Ordinal);
        await actor.SendAsync(Encoding.UTF8.GetBytes(
            $"{header}<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AGp1bGlldABzZWNyZXQ=</auth>"
            + $"{header}<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>r</resource></bind></iq><message id='m'/>"
            + "<iq type='get' id='p'><ping xmlns='urn:xmpp:ping'/></iq></stream:stream>"));

        var all = await actor.ReceiveTextAsync();

        Assert.Contains("<jid>juliet@eager.example/r</jid>", all, StringComparison.Ordinal);
        Assert.Contains("id='p'", all, StringComparison.Ordinal);
        Assert.EndsWith("</stream:stream>", all, StringComparison.Ordinal);
    }

    /// <summary>XEP-0115 §5.1, computed from what disco#info says.</summary>
    [Fact]
    public async Task Capabilities_InTheFeatures_AreTheHashOfDiscoInfo()
    {
        const string Host = "caps.example";
        await server.Krewe.PutHostAsync(Host, new JsonObject { ["c2s_require_encryption"] = false, ["allow_unencrypted_plain_auth"] = true });
        await server.Krewe.PutAccountAsync(Host, "juliet");
        await using var actor = new XmppActor(isByteByByte: false);
        await actor.LogInAsync(server.Krewe.C2S, "juliet", Host, "r", Host);
        var caps = actor.Features!.Element(XName.Get("c", "http://jabber.org/protocol/caps"))!;
        var node = $"{caps.Attribute("node")!.Value}#{caps.Attribute("ver")!.Value}";

        await actor.SendAsync($"<iq type='get' id='d' to='{Host}'><query xmlns='http://jabber.org/protocol/disco#info' node='{node}'/></iq>");
        var query = (await actor.ReceiveAsync())!.Elements().Single();

        Assert.Equal(node, query.Attribute("node")?.Value);
        var identities = query.Elements(query.Name.Namespace + "identity").Select(identity =>
            $"{identity.Attribute("category")!.Value}/{identity.Attribute("type")!.Value}/{identity.Attribute(XNamespace.Xml + "lang")?.Value}/{identity.Attribute("name")?.Value}<");
        var features = query.Elements(query.Name.Namespace + "feature").Select(feature => $"{feature.Attribute("var")!.Value}<");
        var verified = string.Concat([.. identities.Order(StringComparer.Ordinal), .. features.Order(StringComparer.Ordinal)]);
#pragma warning disable CA5350 // XEP-0115 names SHA-1
        Assert.Equal(Convert.ToBase64String(SHA1.HashData(Encoding.UTF8.GetBytes(verified))), caps.Attribute("ver")!.Value);
#pragma warning restore CA5350
        Assert.Equal("sha-1", caps.Attribute("hash")?.Value);
    }

    private async Task<XmppActor> OpenAsync(string host)
    {
        await server.Krewe.PutHostAsync(host, []);
        var actor = new XmppActor(isByteByByte: false);
        await actor.ConnectAsync(server.Krewe.C2S);
        await actor.SendAsync(Header.Replace("{0}", host, StringComparison.Ordinal));
        Assert.Equal("stream", (await actor.ReceiveAsync())?.Name.LocalName);
        Assert.Equal("features", (await actor.ReceiveAsync())?.Name.LocalName);
        return actor;
    }
}
