using System.Net;
using System.Net.Sockets;

namespace Krewe.Tests.Grains;

public abstract partial class HookSilo
{
    static partial void Cluster(ISiloBuilder silo) => silo.UseLocalhostClustering(FreePort(), FreePort());

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
