using System.Net.Sockets;
using System.Text;

namespace Krewe.Benchmarks.Load;

/// <summary>Logs in without TLS, as resource <c>load</c>, and leaves the socket to whoever asked for it.</summary>
internal static class RawLogin
{
    public static async Task<Socket> LogInAsync(string address, int port, string host, string user)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(address, port);
        var header = $"<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='{host}' version='1.0'>";
        var response = Convert.ToBase64String(Encoding.UTF8.GetBytes($"\0{user}\0pw"));
        await AskAsync(socket, header, "</stream:features>");
        await AskAsync(socket, $"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{response}</auth>", "<success");
        await AskAsync(socket, header, "</stream:features>");
        await AskAsync(socket, "<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>load</resource></bind></iq>", "</iq>");
        return socket;
    }

    private static async Task AskAsync(Socket socket, string xml, string answer)
    {
        await socket.SendAsync(Encoding.UTF8.GetBytes(xml));
        var buffer = new byte[16 * 1024];
        for (var length = 0; !Encoding.UTF8.GetString(buffer, 0, length).Contains(answer, StringComparison.Ordinal);)
        {
            length += await socket.ReceiveAsync(buffer.AsMemory(length)) is > 0 and var read ? read : throw new IOException($"the server closed a stream: {Encoding.UTF8.GetString(buffer, 0, length)}");
        }
    }
}
