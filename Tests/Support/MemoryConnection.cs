using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Krewe.Frontend.Components;
using Krewe.Frontend.Streams;
using Microsoft.AspNetCore.Connections;

namespace Krewe.Tests.Support;

/// <summary>
/// A client's connection in memory. Whoever sends runs the server's read loop, and what it routes, on his own thread, as sockets do in this server: so what a stanza
/// costs can be measured to the byte.
/// </summary>
internal sealed class MemoryConnection : IAsyncDisposable
{
    /// <summary>Larger than anything that a test leaves unread, so that no flush waits.</summary>
    private const int BytesMax = 64 * 1024 * 1024;

    private readonly Pipe _toServer = new(Options(PipeScheduler.Inline));

    /// <summary>Whoever reads must not go on from within the server's write.</summary>
    private readonly Pipe _toClient;
    private readonly DefaultConnectionContext _context;
    private Task _run = Task.CompletedTask;

    /// <param name="bytesMax">What the server may write before it has to wait for the client to read.</param>
    public MemoryConnection(int bytesMax = BytesMax)
    {
        _toClient = new Pipe(Options(PipeScheduler.ThreadPool, bytesMax));
        _context = new DefaultConnectionContext($"memory-{Guid.NewGuid():N}", new Duplex(_toServer.Reader, _toClient.Writer), new Duplex(_toClient.Reader, _toServer.Writer));

        // As a socket's does, a read ends when the connection is aborted.
        _context.ConnectionClosed.Register(_toServer.Reader.CancelPendingRead);
    }

    public string FullJid { get; private set; } = "";

    /// <summary>Done when the server has closed the connection.</summary>
    public Task WhenClosedAsync() => _run.WaitAsync(Timeouts.Test);

    public void Accept(ComponentServices services) => _run = Task.Run(() => new ComponentStream(services, _context).RunAsync());

    public void Accept(C2SServices services) => _run = Task.Run(() => new C2SStream(services, _context, StreamTransport.Tcp).RunAsync());

    /// <summary>SASL PLAIN without TLS, and a resource.</summary>
    public async Task LogInAsync(string localpart, string domain, string resource)
    {
        var header = $"<?xml version='1.0'?><stream:stream to='{domain}' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>";
        Send(header);
        await UntilAsync("</stream:features>");
        Send($"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{Convert.ToBase64String(Encoding.UTF8.GetBytes($"\0{localpart}\0{KreweServer.Password}"))}</auth>");
        await UntilAsync("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
        Send(header);
        await UntilAsync("</stream:features>");
        Send($"<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>{resource}</resource></bind></iq>");
        await UntilAsync("</iq>");
        FullJid = $"{localpart}@{domain}/{resource}";
    }

    /// <summary>Done when all that initial presence asks of the grains is: a roster get waits behind it.</summary>
    public async Task BecomeAvailableAsync()
    {
        Send("<iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq><presence id='p'/><iq type='get' id='s'><query xmlns='jabber:iq:roster'/></iq>");
        await UntilAsync("id='s'");
    }

    public void Send(string xml) => Send(Encoding.UTF8.GetBytes(xml));

    /// <summary>Returns when the server has done with it what it can do at once.</summary>
    public void Send(ReadOnlySpan<byte> xml)
    {
        _toServer.Writer.Write(xml);
        var flushed = _toServer.Writer.FlushAsync();
        if (flushed.IsCompletedSuccessfully)
        {
            Assert.False(flushed.Result.IsCompleted, "the server has closed");
        }
        else
        {
            Assert.Fail("the server does not read");
        }
    }

    /// <summary>
    /// Waits until the read loop has nothing to do but to wait for bytes: then a ping is answered before the call that sent it returns. What comes meanwhile is thrown away.
    /// </summary>
    public async Task SettleAsync()
    {
        var domain = FullJid[(FullJid.IndexOf('@') + 1)..FullJid.IndexOf('/')];
        while (true)
        {
            Discard();
            Send($"<iq type='get' id='settled' to='{domain}'><ping xmlns='urn:xmpp:ping'/></iq>");
            if (Discard() > 0)
            {
                return;
            }

            await UntilAsync("id='settled'");
        }
    }

    /// <summary>Throws away what has come, and says how much it was.</summary>
    public long Discard()
    {
        if (!_toClient.Reader.TryRead(out var result))
        {
            return 0;
        }

        var length = result.Buffer.Length;
        _toClient.Reader.AdvanceTo(result.Buffer.End);
        return length;
    }

    /// <summary>Reads until all of these texts came, in their order, and throws away all that has come by then.</summary>
    public async Task<string> UntilAsync(params string[] texts)
    {
        while (true)
        {
            var result = await _toClient.Reader.ReadAsync().AsTask().WaitAsync(Timeouts.Test);
            var came = Encoding.UTF8.GetString(result.Buffer);
            var at = 0;
            foreach (var text in texts)
            {
                at = at < 0 ? at : came.IndexOf(text, at, StringComparison.Ordinal);
            }

            if (at >= 0)
            {
                _toClient.Reader.AdvanceTo(result.Buffer.End);
                return came;
            }

            Assert.False(result.IsCompleted, $"the server closed the stream: {came}");
            _toClient.Reader.AdvanceTo(result.Buffer.Start, result.Buffer.End);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _toServer.Writer.CompleteAsync();
        await _toClient.Reader.CompleteAsync();
        await _run.WaitAsync(Timeouts.Test);
    }

    private static PipeOptions Options(PipeScheduler reader, int bytesMax = BytesMax) => new(
        readerScheduler: reader, writerScheduler: PipeScheduler.Inline, pauseWriterThreshold: bytesMax, resumeWriterThreshold: bytesMax / 2, useSynchronizationContext: false);

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
