using System.Net;
using Krewe.Contracts.Hosting;
using Microsoft.AspNetCore.Connections;

namespace Krewe.Frontend.Streams;

/// <summary>RFC 6120 §5: clients that begin in the clear and are asked to use STARTTLS.</summary>
internal sealed class C2SConnectionHandler(C2SServices services, KreweOptions options) : ConnectionHandler
{
    public override Task OnConnectedAsync(ConnectionContext connection) => RunAsync(services, options, connection, StreamTransport.Tcp);

    /// <summary>A proxy of the provider's own says nothing of its clients on this level.</summary>
    internal static Task RunAsync(C2SServices services, KreweOptions options, ConnectionContext connection, StreamTransport transport)
    {
        var address = (connection.RemoteEndPoint as IPEndPoint)?.Address;
        address = address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address;
        var isShared = address is not null && options.TrustedProxies.Any(network => network.Contains(address));
        return new C2SStream(services, connection, transport) { IsAddressShared = isShared }.RunAsync();
    }
}

/// <summary>XEP-0368: clients that begin with TLS.</summary>
internal sealed class DirectTlsConnectionHandler(C2SServices services, KreweOptions options) : ConnectionHandler
{
    public override Task OnConnectedAsync(ConnectionContext connection) => C2SConnectionHandler.RunAsync(services, options, connection, StreamTransport.DirectTls);
}
