using Microsoft.AspNetCore.Connections;

namespace Krewe.Frontend.Streams;

/// <summary>RFC 6120 §5: clients that begin in the clear and are asked to use STARTTLS.</summary>
internal sealed class C2SConnectionHandler(C2SServices services) : ConnectionHandler
{
    public override Task OnConnectedAsync(ConnectionContext connection) => services.Accept(connection, StreamTransport.Tcp);
}

/// <summary>XEP-0368: clients that begin with TLS.</summary>
internal sealed class DirectTlsConnectionHandler(C2SServices services) : ConnectionHandler
{
    public override Task OnConnectedAsync(ConnectionContext connection) => services.Accept(connection, StreamTransport.DirectTls);
}
