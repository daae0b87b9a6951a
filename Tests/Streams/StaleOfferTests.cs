using System.Net.Http;
using System.Text.Json.Nodes;
using Krewe.Tests.Support;
using Krewe.Tests.Transcripts;

namespace Krewe.Tests.Streams;

/// <summary>RFC 6120 §6.3: who may come in is what the host says now, not what it said when the stream was opened.</summary>
public sealed class StaleOfferTests(LocalPathServer server) : IClassFixture<LocalPathServer>
{
    private const string Host = "stale.example";
    private const string Header = $"<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='{Host}' version='1.0'>";

    [Fact]
    public async Task Login_ByWhatTheHostDoesNotTakeAnyMore_Fails()
    {
        await PutAsync("anonymous");
        await using var stranger = await OpenAsync();

        await PutAsync("internal_hashed");
        await stranger.SendAsync("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='ANONYMOUS'>=</auth>");

        Assert.Equal("temporary-auth-failure", await FailureAsync(stranger));
        await stranger.SendAsync("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='ANONYMOUS'>=</auth>");
        Assert.Equal("invalid-mechanism", await FailureAsync(stranger));
    }

    [Fact]
    public async Task Login_AfterAChangeThatSaysTheSame_SucceedsAtTheSecondTry()
    {
        await PutAsync("anonymous");
        await using var stranger = await OpenAsync();

        await PutAsync("anonymous", isIsolated: true);
        await stranger.SendAsync("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='ANONYMOUS'>=</auth>");

        Assert.Equal("temporary-auth-failure", await FailureAsync(stranger));
        await stranger.SendAsync("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='ANONYMOUS'>=</auth>");
        Assert.Equal("success", (await stranger.ReceiveAsync())!.Name.LocalName);
    }

    private static async Task<string?> FailureAsync(XmppActor actor)
    {
        var failure = (await actor.ReceiveAsync())!;
        Assert.Equal("failure", failure.Name.LocalName);
        return failure.Elements().First().Name.LocalName;
    }

    private async Task PutAsync(string authentication, bool isIsolated = false)
    {
        var document = new JsonObject { ["c2s_require_encryption"] = false, ["authentication"] = authentication, ["isolate"] = isIsolated };
        var (status, body) = await server.Krewe.SendAsync(HttpMethod.Put, $"api/v1/hosts/{Host}", document.ToJsonString());
        Assert.True(status is 200 or 201, body);
    }

    private async Task<XmppActor> OpenAsync()
    {
        var client = new XmppActor(isByteByByte: false);
        await client.ConnectAsync(server.Krewe.C2S);
        await client.SendAsync(Header);
        Assert.Equal("stream", (await client.ReceiveAsync())!.Name.LocalName);
        Assert.Equal("features", (await client.ReceiveAsync())!.Name.LocalName);
        return client;
    }
}
