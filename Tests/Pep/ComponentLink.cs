using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Threading.Channels;
using System.Xml;
using System.Xml.Linq;
using Krewe.Tests.Support;

namespace Krewe.Tests.Pep;

/// <summary>An external component's connection (XEP-0114), written after the specification alone: with none of the server's code.</summary>
internal sealed class ComponentLink : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource<XElement>> _asked = new(StringComparer.Ordinal);
    private readonly Channel<string> _outgoing = Channel.CreateUnbounded<string>();
    private readonly Socket _socket;
    private readonly NetworkStream _stream;
    private readonly XmlReader _reader;
    private int _ids;

    private ComponentLink(Socket socket, string domain)
    {
        (_socket, Domain) = (socket, domain);
        _stream = new NetworkStream(socket, ownsSocket: true);
        _reader = XmlReader.Create(_stream, new XmlReaderSettings { Async = true, CloseInput = false });
        _ = WriteAsync();
    }

    public string Domain { get; }

    /// <summary>Done with its end.</summary>
    public Task Ended { get; private set; } = Task.CompletedTask;

    /// <summary>Connects, and proves to know the secret.</summary>
    public static async Task<ComponentLink> ConnectAsync(IPEndPoint server, string domain)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(server);
        var link = new ComponentLink(socket, domain);
        await link.ProveAsync().WaitAsync(Timeouts.Test);
        return link;
    }

    /// <summary>From here on, what comes and answers nothing is given to <paramref name="handle"/>, one after the other.</summary>
    public void Begin(Action<XElement> handle) => Ended = ReadAsync(handle);

    public void Send(XElement stanza) => _outgoing.Writer.TryWrite(stanza.ToString(SaveOptions.DisableFormatting));

    /// <summary>A request of the component's own; the answer, whether a result or an error.</summary>
    public async Task<XElement> AskAsync(string type, string to, XElement payload, string? innerId = null)
    {
        var id = innerId ?? NewId();
        var answer = new TaskCompletionSource<XElement>(TaskCreationOptions.RunContinuationsAsynchronously);
        _asked[id] = answer;
        Send(new XElement(
            PepNames.Accept + "iq", new XAttribute("type", type), new XAttribute("id", id), new XAttribute("from", Domain), new XAttribute("to", to), payload));
        return await answer.Task.WaitAsync(Timeouts.Test);
    }

    public string NewId() => $"c{Interlocked.Increment(ref _ids)}";

    /// <summary>As a process dies: no end of the stream, a reset of the connection.</summary>
    public void Kill()
    {
        _socket.LingerState = new LingerOption(true, 0);
        _socket.Close();
    }

    public async ValueTask DisposeAsync()
    {
        _socket.Close();
        _outgoing.Writer.TryComplete();
        await Ended;
        _reader.Dispose();
    }

    private async Task ProveAsync()
    {
        _outgoing.Writer.TryWrite($"<stream:stream xmlns='{PepNames.Accept}' xmlns:stream='http://etherx.jabber.org/streams' to='{Domain}'>");
        while (await _reader.ReadAsync() && _reader.NodeType != XmlNodeType.Element)
        {
        }

        var id = _reader.GetAttribute("id");
#pragma warning disable CA5350 // XEP-0114 names SHA-1
        _outgoing.Writer.TryWrite($"<handshake>{Convert.ToHexStringLower(SHA1.HashData(Encoding.UTF8.GetBytes(id + PepNames.Secret)))}</handshake>");
#pragma warning restore CA5350
        Assert.Equal("handshake", (await ReadElementAsync())?.Name.LocalName);
    }

    private async Task<XElement?> ReadElementAsync()
    {
        while (await _reader.ReadAsync() && _reader.Depth > 0)
        {
            if (_reader.NodeType == XmlNodeType.Element)
            {
                using var element = _reader.ReadSubtree();
                return await XElement.LoadAsync(element, LoadOptions.None, CancellationToken.None);
            }
        }

        return null;
    }

    private async Task ReadAsync(Action<XElement> handle)
    {
        try
        {
            while (await ReadElementAsync() is { } stanza)
            {
                var isAnswer = stanza.Name.LocalName == "iq" && (string?)stanza.Attribute("type") is "result" or "error";
                if (!isAnswer)
                {
                    handle(stanza);
                }
                else if (_asked.TryRemove((string)stanza.Attribute("id")!, out var answer))
                {
                    answer.SetResult(stanza);
                }
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or XmlException)
        {
            // Killed, from this side or the other.
        }

        foreach (var (_, answer) in _asked)
        {
            answer.TrySetCanceled();
        }
    }

    private async Task WriteAsync()
    {
        try
        {
            await foreach (var text in _outgoing.Reader.ReadAllAsync())
            {
                await _stream.WriteAsync(Encoding.UTF8.GetBytes(text));
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The reader knows it too.
        }
    }
}
