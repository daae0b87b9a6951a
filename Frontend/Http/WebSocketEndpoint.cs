using System.Net.WebSockets;
using Krewe.Contracts.Hosting;
using Krewe.Frontend.Streams;
using Krewe.Frontend.Transports;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Krewe.Frontend.Http;

/// <summary>
/// <c>/xmpp-websocket</c>: XMPP over WebSocket (RFC 7395). Pages of any origin may connect: nothing that a browser adds by itself, such as a cookie, counts here;
/// whoever connects has to log in.
/// </summary>
internal sealed class WebSocketEndpoint(KreweOptions options, C2SServices services)
{
    public const string Path = "/xmpp-websocket";

    /// <summary>RFC 7395 §3.1.</summary>
    private const string Subprotocol = "xmpp";

    /// <summary>Proxies take a connection for dead after a minute without a byte; a pong that nobody asked for (RFC 6455 §5.5.3) is one. Dead peers are found as over TCP.</summary>
    private static readonly TimeSpan KeepAliveEvery = TimeSpan.FromSeconds(30);

    public static void Map(WebApplication app)
    {
        app.UseWhen(http => http.Request.Path.StartsWithSegments(Path), branch =>
        {
            branch.UseWebSockets();

            // RFC 8441: what is a GET in HTTP/1.1 is a CONNECT in HTTP/2.
            branch.Use((http, next) => HttpMethods.IsConnect(http.Request.Method)
                ? http.RequestServices.GetRequiredService<WebSocketEndpoint>().ServeAsync(http)
                : next(http));
        });
        app.MapGet(Path, (HttpContext http, WebSocketEndpoint self) => self.ServeAsync(http)).WithTags("streams")
            .WithSummary("XMPP over WebSocket (RFC 7395), subprotocol xmpp.").Produces(StatusCodes.Status101SwitchingProtocols)
            .WithProblems(StatusCodes.Status400BadRequest, StatusCodes.Status426UpgradeRequired).WithoutToken();
    }

    private async Task ServeAsync(HttpContext http)
    {
        if (!http.WebSockets.IsWebSocketRequest)
        {
            // RFC 9110 §15.5.22, RFC 6455 §4.4.
            http.Response.Headers.Upgrade = "websocket";
            http.Response.Headers.SecWebSocketVersion = "13";
            await ApiResults.Problem(StatusCodes.Status426UpgradeRequired, "This is for WebSocket (RFC 6455, version 13).").ExecuteAsync(http);
            return;
        }

        if (!http.WebSockets.WebSocketRequestedProtocols.Contains(Subprotocol))
        {
            await ApiResults.Problem(StatusCodes.Status400BadRequest, "The subprotocol xmpp is needed (RFC 7395 §3.1).").ExecuteAsync(http);
            return;
        }

        var peer = HttpPeer.Of(http, options.TrustedProxies);
        using var socket = await http.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext
        {
            SubProtocol = Subprotocol,
            KeepAliveInterval = KeepAliveEvery,
            KeepAliveTimeout = Timeout.InfiniteTimeSpan,
        });
        var transport = peer.IsEncrypted ? StreamTransport.SecureWebSocket : StreamTransport.WebSocket;
        await new WebSocketConnection(http, socket, peer.Client ?? http.Connection.RemoteIpAddress, services.Time)
            .RunAsync(connection => new C2SStream(services, connection, transport) { IsAddressShared = peer.Client is null }.RunAsync());
    }
}
