using System.Net;
using System.Text.Json.Nodes;
using Krewe.Tests.Support;

namespace Krewe.Tests.Streams;

/// <summary>WebSockets through a proxy that is trusted, and what becomes of them when the process stops.</summary>
public sealed class WebSocketProxyTests
{
    [Theory]
    [InlineData("https", true)]
    [InlineData("wss", true)]
    [InlineData("http, https", true)]
    [InlineData("https, http", false)]
    [InlineData("", false)]
    public async Task Login_ThroughATrustedProxy_IsAsEncryptedAsItSays(string scheme, bool isEncrypted)
    {
        await using var server = await KreweServer.StartAsync(configure: options => options with { TrustedProxies = [IPNetwork.Parse("127.0.0.0/8")] });
        await server.PutHostAsync("proxied.example", new JsonObject());
        await server.PutAccountAsync("proxied.example", "juliet");
        await using var client = await WebSocketClient.ConnectAsync(server.WebSocket, ("X-Forwarded-For", "198.51.100.1, 192.0.2.7"), ("X-Forwarded-Proto", scheme));

        if (!isEncrypted)
        {
            await client.SendAsync(WebSocketClient.Open("proxied.example"));
            await client.ExpectAsync(WebSocketClient.Framing + "open");
            Assert.Equal("policy-violation", await client.ExpectErrorAsync());
            return;
        }

        await client.LogInAsync("juliet", "proxied.example", "balcony");
        var (_, sessions) = await server.SendAsync(HttpMethod.Get, "api/v1/hosts/proxied.example/sessions", null);
        Assert.Equal("192.0.2.7", (string?)JsonNode.Parse(sessions)!["items"]![0]!["address"]);
    }

    [Fact]
    public async Task Stop_EndsEveryStream_AndIsNotHeldUpByOne()
    {
        var server = await KreweServer.StartAsync();
        await server.PutHostAsync("stopping.example", new JsonObject());
        await server.PutAccountAsync("stopping.example", "juliet");
        await using var client = await WebSocketClient.ConnectAsync(server.WebSocket);
        await client.LogInAsync("juliet", "stopping.example", "balcony");

        // One that does not even answer the close.
        await using var silent = await WebSocketClient.ConnectAsync(server.WebSocket);
        await silent.OpenAsync("stopping.example");

        var stopping = server.StopAsync();
        Assert.Equal("system-shutdown", await client.ExpectErrorAsync());
        await stopping.WaitAsync(Timeouts.Test);
        Assert.Empty(server.Errors.Take());
        await server.DisposeAsync();
    }
}
