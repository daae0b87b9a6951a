using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Krewe.Frontend.Components;

/// <summary>XEP-0114: what connects to the components' listener.</summary>
internal sealed class ComponentConnectionHandler(ComponentServices services) : ConnectionHandler
{
    /// <summary>Idle time before the kernel probes, the time between two probes, and how many may stay unanswered (specs C-015).</summary>
    private const int KeepAliveSeconds = 60;
    private const int KeepAliveIntervalSeconds = 10;
    private const int KeepAliveProbes = 3;

    public override Task OnConnectedAsync(ConnectionContext connection)
    {
        if (connection.Features.Get<IConnectionSocketFeature>()?.Socket is { } socket)
        {
            KeepAlive(socket);
        }

        return new ComponentStream(services, connection).RunAsync();
    }

    private static void KeepAlive(Socket socket)
    {
        try
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, KeepAliveSeconds);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, KeepAliveIntervalSeconds);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, KeepAliveProbes);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Closed by the peer already, which the read loop is told in a moment.
        }
    }
}
