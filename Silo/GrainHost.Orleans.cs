using System.Net;
using System.Net.Sockets;
using Krewe.Contracts.Hosting;
using Orleans.Configuration;

namespace Krewe.Silo;

/// <summary>The grain host of this build: Orleans, one silo in this process.</summary>
internal static class GrainHost
{
    public const string Name = "Orleans";

    /// <summary>Below the range that the kernel hands out by itself.</summary>
    private const int PortMin = 20_000;
    private const int PortMax = 32_000;

    /// <summary>Nobody else joins: the ports are for Orleans' own sake, on loopback, wherever two are free. The silo's first, then the gateway's.</summary>
    public static KreweOptions ChooseListeners(KreweOptions options)
    {
        var silo = FreePort();
        int gateway;
        do
        {
            gateway = FreePort();
        }
        while (gateway == silo);

        return options with { ListenCluster = [new IPEndPoint(IPAddress.Loopback, silo), new IPEndPoint(IPAddress.Loopback, gateway)] };
    }

    public static void AddGrainHost(this WebApplicationBuilder builder, KreweOptions options) => builder.UseOrleans(silo =>
    {
        var ports = options.ListenCluster.Select(endpoint => endpoint.Port).ToArray();
        silo.UseLocalhostClustering(ports[0], ports[1], serviceId: "krewe", clusterId: Guid.NewGuid().ToString("N"));
        silo.AddMemoryGrainStorage("memory");

        // Of one silo every grain is here. The cache remembers where a million others were: two and a half kilobytes of each host that somebody touched once.
        silo.Configure<GrainDirectoryOptions>(directory => directory.CachingStrategy = GrainDirectoryOptions.CachingStrategyType.None);
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
