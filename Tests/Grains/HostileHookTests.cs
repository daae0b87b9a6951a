using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Krewe.Contracts.Hosting;
using Krewe.Grains.Outbound;
using Krewe.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Krewe.Tests.Grains;

/// <summary>Servers that want to hurt: whatever they send, and however slowly, a call ends by its deadline, with a value, and within bounds.</summary>
public sealed class HostileHookTests : IAsyncLifetime
{
    private const string Head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";

    private static readonly TimeSpan Deadline = TimeSpan.FromMilliseconds(500);

    private readonly OutboundHttp _http = new(
        new EgressPolicy(new KreweOptions { Data = "/nonexistent", AdminToken = "", EgressAllow = [new(IPNetwork.Parse("127.0.0.0/8"), null)] }),
        TimeProvider.System, NullLogger<OutboundHttp>.Instance);

    private readonly RawServer _server = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        _http.Dispose();
    }

    [Fact]
    public async Task Header_ThatDrips_EndsAtTheDeadline()
    {
        _server.Answer = async (stream, stop) =>
        {
            for (var i = 0; ; i++)
            {
                await stream.WriteAsync(Encoding.ASCII.GetBytes(i == 0 ? Head : "X"), stop);
                await Task.Delay(10, stop);
            }
        };

        await AssertAsync(HookOutcome.Timeout);
    }

    [Fact]
    public async Task Header_WithoutAnEnd_IsTooLarge()
    {
        _server.Answer = (stream, stop) => RepeatAsync(stream, Head, "X-Filler: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n", stop);

        await AssertAsync(HookOutcome.TooLarge);
    }

    [Fact]
    public async Task InterimResponses_WithoutAnEnd_AreTooLarge_AndNotAskedForTwice()
    {
        _server.Answer = (stream, stop) => RepeatAsync(stream, "", "HTTP/1.1 102 Processing\r\n\r\n", stop);

        await AssertAsync(HookOutcome.TooLarge, TimeSpan.FromSeconds(20));
        Assert.True(_server.Sent < 2 * AnswerStream.BytesMax);
        Assert.Equal(1, _server.Connections);
    }

    [Fact]
    public async Task InterimResponses_ThatDrip_EndAtTheDeadline()
    {
        _server.Answer = async (stream, stop) =>
        {
            while (true)
            {
                await stream.WriteAsync("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"u8.ToArray(), stop);
                await Task.Delay(10, stop);
            }
        };

        await AssertAsync(HookOutcome.Timeout);
    }

    [Fact]
    public async Task Body_ThatIsDeclaredAndDrips_EndsAtTheDeadline()
    {
        _server.Answer = async (stream, stop) =>
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes(Head + "Content-Length: 900\r\n\r\n"), stop);
            while (true)
            {
                await stream.WriteAsync(" "u8.ToArray(), stop);
                await Task.Delay(10, stop);
            }
        };

        await AssertAsync(HookOutcome.Timeout);
    }

    [Fact]
    public async Task Body_WithoutAnEnd_IsTooLarge()
    {
        _server.Answer = (stream, stop) => RepeatAsync(stream, Head + "Transfer-Encoding: chunked\r\n\r\n", "400\r\n" + new string('x', 1024) + "\r\n", stop);

        await AssertAsync(HookOutcome.TooLarge);
    }

    [Fact]
    public async Task ChunkExtensions_WithoutAnEnd_AreBounded()
    {
        // Not a byte of the body comes: only its framing grows.
        _server.Answer = (stream, stop) => RepeatAsync(stream, Head + "Transfer-Encoding: chunked\r\n\r\n", "1;" + new string('e', 8000) + "\r\nx\r\n", stop);

        var response = await CallAsync(TimeSpan.FromSeconds(20), bodyBytesMax: 4 * 1024 * 1024);

        Assert.Contains(response.Outcome, new[] { HookOutcome.TooLarge, HookOutcome.Truncated, HookOutcome.Malformed });
        Assert.True(_server.Sent < 2 * AnswerStream.BytesMax);
    }

    [Fact]
    public async Task Body_OfAnotherStatus_IsNotWaitedFor()
    {
        _server.Answer = (stream, stop) => RepeatAsync(stream, "HTTP/1.1 500 No\r\nTransfer-Encoding: chunked\r\n\r\n", "400\r\n" + new string('x', 1024) + "\r\n", stop);

        await AssertAsync(HookOutcome.Status);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("br")]
    [InlineData("identity, gzip")]
    [InlineData("nonsense")]
    public async Task Body_WithAnEncoding_IsRefusedUnread(string encoding)
    {
        // A megabyte of nothing in a kilobyte.
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            gzip.Write(new byte[1024 * 1024]);
        }

        _server.Answer = async (stream, stop) =>
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"{Head}Content-Encoding: {encoding}\r\nContent-Length: {packed.Length}\r\n\r\n"), stop);
            await stream.WriteAsync(packed.ToArray(), stop);
        };

        await AssertAsync(HookOutcome.Encoded);
    }

    [Fact]
    public async Task Body_WhoseEncodingIsNone_IsRead()
    {
        _server.Answer = async (stream, stop) => await stream.WriteAsync(Encoding.ASCII.GetBytes(Head + "Content-Encoding: identity\r\nContent-Length: 2\r\n\r\n{}"), stop);

        await AssertAsync(HookOutcome.Ok);
    }

    [Fact]
    public async Task Redirect_IsAStatus_WhereverItLeads()
    {
        _server.Answer = async (stream, stop) =>
            await stream.WriteAsync("HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/latest/meta-data\r\nContent-Length: 0\r\n\r\n"u8.ToArray(), stop);

        var response = await CallAsync(Deadline);

        Assert.Equal((HookOutcome.Status, 302), (response.Outcome, response.Status));
        Assert.Equal("status 302", response.Describe());
    }

    [Fact]
    public async Task Connection_ThatIsAcceptedAndForgotten_EndsAtTheDeadline()
    {
        _server.Answer = (_, stop) => Task.Delay(Timeout.Infinite, stop);

        await AssertAsync(HookOutcome.Timeout);
    }

    [Fact]
    public async Task Calls_OfAllHooksOfAHost_AreBoundedTogether()
    {
        const int Concurrency = 2, Hooks = 10;
        var (underWay, most) = (0, 0);
        var isFull = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _server.Answer = async (stream, stop) =>
        {
            var now = Interlocked.Increment(ref underWay);
            lock (isFull)
            {
                most = Math.Max(most, now);
            }

            if (now == HookHost.HooksMax * Concurrency)
            {
                isFull.TrySetResult();
            }

            await isFull.Task;
            Interlocked.Decrement(ref underWay);
            await stream.WriteAsync(Encoding.ASCII.GetBytes(Head + "Connection: close\r\nContent-Length: 2\r\n\r\n{}"), stop);
        };

        // Each hook for itself may have two under way; all ten together may have eight.
        var calls = Enumerable.Range(0, Hooks * Concurrency)
            .Select(i => _http.CallAsync(new("a.example", "test", Timeouts.Test, 1000, Concurrency, 0) { Part = $"{i % Hooks}" }, new(_server.Url)).AsTask()).ToArray();
        await isFull.Task.WaitAsync(Timeouts.Test);
        Assert.All(await Task.WhenAll(calls).WaitAsync(Timeouts.Test), response => Assert.Equal(HookOutcome.Ok, response.Outcome));

        Assert.Equal((HookHost.HooksMax * Concurrency, Hooks * Concurrency), (most, _server.Connections));
    }

    [Fact]
    public async Task Rate_OfAllHooksOfAHost_IsBoundedTogether()
    {
        _server.Answer = async (stream, stop) => await stream.WriteAsync(Encoding.ASCII.GetBytes(Head + "Content-Length: 2\r\n\r\n{}"), stop);
        var outcomes = new List<HookOutcome>();
        for (var i = 0; i < 30; i++)
        {
            var endpoint = new HookEndpoint("a.example", "test", TimeSpan.FromMilliseconds(50), 1000, 0, CallsPerSecond: 1) { Part = $"{i}" };
            outcomes.Add((await _http.CallAsync(endpoint, new(_server.Url))).Outcome);
        }

        // Each is the first of its hook; a second's worth of four hooks, and what came due meanwhile, pass.
        Assert.InRange(outcomes.Count(outcome => outcome == HookOutcome.Overloaded), 15, 25);
    }

    private async Task AssertAsync(HookOutcome outcome, TimeSpan? deadline = null) => Assert.Equal(outcome, (await CallAsync(deadline ?? Deadline)).Outcome);

    private Task<HookResponse> CallAsync(TimeSpan deadline, int bodyBytesMax = 1000) =>
        _http.CallAsync(new("a.example", "test", deadline, bodyBytesMax, 0, 0), new(_server.Url)).AsTask().WaitAsync(Timeouts.Test);

    private static async Task RepeatAsync(Stream stream, string first, string then, CancellationToken stop)
    {
        await stream.WriteAsync(Encoding.ASCII.GetBytes(first), stop);
        var many = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(then, 1 + (16 * 1024 / then.Length))));
        while (true)
        {
            await stream.WriteAsync(many, stop);
        }
    }

    /// <summary>Reads a request's first bytes and then does what it is told with the connection.</summary>
    private sealed class RawServer : IAsyncDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly CancellationTokenSource _stopping = new();
        private readonly Task _accepting;
        private long _sent;
        private int _connections;

        public RawServer()
        {
            _listener.Start();
            _accepting = AcceptAsync();
        }

        public Func<Stream, CancellationToken, Task> Answer { get; set; } = (_, _) => Task.CompletedTask;

        public Uri Url => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/x");

        public long Sent => Volatile.Read(ref _sent);

        public int Connections => Volatile.Read(ref _connections);

        public async ValueTask DisposeAsync()
        {
            await _stopping.CancelAsync();
            _listener.Stop();
            await _accepting;
        }

        private async Task AcceptAsync()
        {
            try
            {
                while (true)
                {
                    _ = ServeAsync(await _listener.AcceptSocketAsync(_stopping.Token));
                }
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                // It is over.
                _listener.Stop();
            }
        }

        private async Task ServeAsync(Socket socket)
        {
            Interlocked.Increment(ref _connections);
            using var stream = new CountingStream(this, socket);
            try
            {
                await stream.ReadExactlyAsync(new byte[1], _stopping.Token);
                await Answer(stream, _stopping.Token);
            }
            catch (Exception e) when (e is IOException or OperationCanceledException)
            {
                // Who called has had enough.
                socket.Close();
            }
        }

        private sealed class CountingStream(RawServer server, Socket socket) : NetworkStream(socket, ownsSocket: true)
        {
            public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
            {
                await base.WriteAsync(buffer, cancellationToken);
                Interlocked.Add(ref server._sent, buffer.Length);
            }
        }
    }
}
