using System.Net.Sockets;
using System.Text;

namespace Krewe.Benchmarks.Load;

/// <summary>A client that logs in without TLS and from then on only counts what it is sent, so that it takes little from the server that is measured.</summary>
internal sealed class LoadClient : IAsyncDisposable
{
    private const int BufferBytes = 256 * 1024;

    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _buffer = new byte[BufferBytes];
    private int _kept;
    private long _presences;

    public long Presences => Volatile.Read(ref _presences);

    public async Task LogInAsync(string address, int port, string host, string user)
    {
        await _socket.ConnectAsync(address, port);
        var header = $"<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='{host}' version='1.0'>";
        await AskAsync(header, "</stream:features>");
        var response = Convert.ToBase64String(Encoding.UTF8.GetBytes($"\0{user}\0pw"));
        await AskAsync($"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{response}</auth>", "<success");
        await AskAsync(header, "</stream:features>");
        await AskAsync("<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>storm</resource></bind></iq>", "</iq>");
    }

    public async Task SendAsync(string xml) => await _socket.SendAsync(Encoding.UTF8.GetBytes(xml));

    /// <summary>Sends, and reads until a text has come.</summary>
    public async Task AskAsync(string xml, string answer)
    {
        await SendAsync(xml);
        await ReadUntilAsync(answer);
    }

    /// <summary>Reads and counts until a text has come.</summary>
    public async Task ReadUntilAsync(string text)
    {
        var sought = Encoding.UTF8.GetBytes(text);
        while ((await ReadAsync()).Span.IndexOf(sought) < 0)
        {
        }
    }

    /// <summary>Reads and counts until so many presences have come in all.</summary>
    public async Task ReadPresencesAsync(long count)
    {
        while (Presences < count)
        {
            await ReadAsync();
        }
    }

    public ValueTask DisposeAsync()
    {
        _socket.Dispose();
        return default;
    }

    /// <summary>What is there, from the last tag that had begun before.</summary>
    private async Task<ReadOnlyMemory<byte>> ReadAsync()
    {
        var read = await _socket.ReceiveAsync(_buffer.AsMemory(_kept));
        if (read == 0)
        {
            throw new IOException("the server closed a stream");
        }

        var length = _kept + read;
        var end = _buffer.AsSpan(0, length).LastIndexOf((byte)'<');
        end = end < 0 || length - end > BufferBytes / 2 ? length : end;
        Volatile.Write(ref _presences, _presences + _buffer.AsSpan(0, end).Count("<presence"u8));

        // Looked at as a whole, kept from the last '<' on: nothing is counted twice, and nothing sought is cut.
        var seen = _buffer.AsMemory(0, length).ToArray();
        _buffer.AsSpan(end, length - end).CopyTo(_buffer);
        _kept = length - end;
        return seen;
    }
}
