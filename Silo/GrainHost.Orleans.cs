using System.Net;
using System.Net.Sockets;
using Orleans.Configuration;

namespace Krewe.Silo;

/// <summary>The grain host of this build: Orleans, one silo in this process.</summary>
internal static class GrainHost
{
    public const string Name = "Orleans";

    /// <summary>Below the range that the kernel hands out by itself.</summary>
    private const int PortMin = 20_000;
    private const int PortMax = 32_000;

    public static void AddGrainHost(this WebApplicationBuilder builder) => builder.UseOrleans(silo =>
    {
        // Nobody else joins: the ports are for Orleans' own sake, on loopback, wherever two are free.
        silo.UseLocalhostClustering(FreePort(), FreePort(), serviceId: "krewe", clusterId: Guid.NewGuid().ToString("N"));
        silo.AddMemoryGrainStorage("memory");
        silo.Configure<SiloMessagingOptions>(messaging => messaging.ResponseTimeout = TimeSpan.FromSeconds(30));
    });

    private static int FreePort()
    {
        while (true)
        {
            var port = Random.Shared.Next(PortMin, PortMax);
            try
            {
                using var probe = new TcpListener(IPAddress.Loopback, port);
                probe.Start();
                return port;
            }
            catch (SocketException)
            {
                // Taken: another.
                continue;
            }
        }
    }
}
