using System.Net;
using System.Text.Json.Nodes;
using Krewe.Contracts.Addressing;
using Krewe.Frontend.Sasl;
using Krewe.Tests.Support;
using Krewe.Tests.Transcripts;
using Microsoft.Extensions.DependencyInjection;

namespace Krewe.Tests.Streams;

/// <summary>RFC 6120 §13.11: an address from which very much failed is refused with <c>policy-violation</c> by every way in, for the one host, and not when it is a proxy's.</summary>
public sealed class RefusedAddressTests : IAsyncLifetime
{
    private const string Guessed = "verona.example";
    private const string Other = "mantua.example";

    private KreweServer _server = null!;

    public async Task InitializeAsync()
    {
        _server = await KreweServer.StartAsync();
        foreach (var domain in new[] { Guessed, Other })
        {
            await _server.PutHostAsync(domain, new JsonObject { ["c2s_require_encryption"] = false, ["allow_unencrypted_plain_auth"] = true });
            await _server.PutAccountAsync(domain, "romeo");
        }

        var throttle = _server.Services.GetRequiredService<SaslServices>().Throttle;
        var origin = new LoginOrigin(IPAddress.Loopback, false);
        var attempts = await Task.WhenAll(Enumerable.Range(0, LoginThrottle.RefusedAt + 30).Select(
            i => throttle.BeginAsync(Guessed, Jid.Parse($"user{i}@{Guessed}"), origin, CancellationToken.None).AsTask()));
        foreach (var attempt in attempts)
        {
            attempt!.Judge(new SaslStep.Failure(SaslCondition.NotAuthorized));
            attempt.Dispose();
        }
    }

    public Task DisposeAsync() => _server.DisposeAsync().AsTask();

    [Fact]
    public async Task Stream_OverTcp_IsRefusedBehindItsHeader_AndCounted()
    {
        await using (var actor = new XmppActor(isByteByByte: false))
        {
            await actor.ConnectAsync(_server.C2S);
            await actor.SendAsync($"<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='{Guessed}' version='1.0'>");
            var text = await actor.ReceiveTextAsync();
            Assert.Contains($"from='{Guessed}'", text, StringComparison.Ordinal);
            Assert.Contains("<policy-violation ", text, StringComparison.Ordinal);
            Assert.DoesNotContain("<mechanism", text, StringComparison.Ordinal);
        }

        await using var elsewhere = new XmppActor(isByteByByte: false);
        await elsewhere.LogInAsync(_server.C2S, "romeo", Other, "orchard", Other);
        var (_, metrics) = await _server.SendAsync(HttpMethod.Get, "metrics", null);
        Assert.Contains(metrics.Split('\n'), line => line.StartsWith("krewe_logins_total", StringComparison.Ordinal) && line.Contains("outcome=\"refused\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Stream_OverWebSocket_IsRefused_ButNotThroughAProxyThatHidesItsClients()
    {
        await using var direct = await WebSocketClient.ConnectAsync(_server.WebSocket);
        await direct.SendAsync(WebSocketClient.Open(Guessed));
        await direct.ExpectAsync(WebSocketClient.Framing + "open");
        Assert.Equal("policy-violation", await direct.ExpectErrorAsync());

        await using var proxied = await WebSocketClient.ConnectAsync(_server.WebSocket, ("X-Forwarded-For", "192.0.2.7"));
        await proxied.LogInAsync("romeo", Guessed, "orchard");
    }
}
