using System.Net.Security;
using Krewe.Contracts.Hosting;
using Krewe.Frontend.Components;
using Krewe.Frontend.Listeners;
using Krewe.Frontend.Streams;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Krewe.Silo;

/// <summary>Kestrel's endpoints: XMPP and HTTP on one server, with its sockets on our terms.</summary>
internal static class KreweListeners
{
    /// <summary>Connections that the kernel holds until they are accepted; the usual net.core.somaxconn.</summary>
    private const int Backlog = 4096;

    public static void ListenForKrewe(this IWebHostBuilder web, KreweOptions options)
    {
        web.UseSockets(sockets =>
        {
            sockets.UnsafePreferInlineScheduling = true;
            sockets.Backlog = Backlog;
            sockets.NoDelay = true;
        });
        web.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            foreach (var endpoint in options.ListenC2S)
            {
                kestrel.Listen(endpoint, listen => listen.UseConnectionHandler<C2SConnectionHandler>());
            }

            foreach (var endpoint in options.ListenC2STls)
            {
                kestrel.Listen(endpoint, listen => listen.UseConnectionHandler<DirectTlsConnectionHandler>());
            }

            foreach (var endpoint in options.ListenComponent)
            {
                kestrel.Listen(endpoint, listen => listen.UseConnectionHandler<ComponentConnectionHandler>());
            }

            foreach (var endpoint in options.ListenHttp)
            {
                kestrel.Listen(endpoint);
            }

            foreach (var endpoint in options.ListenHttps)
            {
                kestrel.Listen(endpoint, listen => listen.UseHttps(new TlsHandshakeCallbackOptions
                {
                    OnConnection = async context => new SslServerAuthenticationOptions
                    {
                        ServerCertificateContext = (await kestrel.ApplicationServices.GetRequiredService<TlsCertificates>()
                            .SelectAsync(context.ClientHelloInfo.ServerName, null)).Context,
                    },
                }));
            }
        });
    }
}
