using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace Krewe.Benchmarks.Load;

/// <summary>What one run came to; times in milliseconds.</summary>
internal sealed record OpenLoopRun(long Sent, long Lost, long Refused, double P50, double P99, double Max);

/// <summary>Pairs of users of whom one writes to the other at a fixed rate, whether or not the server keeps up: what is late is late from when it was due.</summary>
internal sealed class OpenLoop : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly List<Socket> _senders = [];
    private readonly List<Socket> _receivers = [];
    private readonly ConcurrentQueue<double> _latencies = new();
    private readonly string _host;
    private long _refused;
    private int _run;

    private OpenLoop(string host) => _host = host;

    public static async Task<OpenLoop> LogInAsync(string address, int port, string host, int pairs)
    {
        var loop = new OpenLoop(host);
        for (var i = 0; i < pairs * 2; i++)
        {
            var socket = await RawLogin.LogInAsync(address, port, host, string.Create(CultureInfo.InvariantCulture, $"u{i}"));
            (i % 2 == 0 ? loop._senders : loop._receivers).Add(socket);
            await socket.SendAsync("<presence/>"u8.ToArray());
            _ = loop.ReadAsync(socket);
        }

        return loop;
    }

    public async Task<OpenLoopRun> RunAsync(int rate, TimeSpan length)
    {
        _run++;
        _latencies.Clear();
        var (sent, refused, began) = (0L, Volatile.Read(ref _refused), Stopwatch.GetTimestamp());
        var total = (long)(rate * length.TotalSeconds);
        await Task.Factory.StartNew(
            () =>
            {
                for (; sent < total; sent++)
                {
                    // On a thread of its own, and asleep until then: a timer would be late by itself, and who spins takes a core from those who are measured.
                    var due = began + (long)(sent * (double)Stopwatch.Frequency / rate);
                    while (due - Stopwatch.GetTimestamp() is > 0 and var rest)
                    {
                        Sleep(rest);
                    }

                    var pair = (int)(sent % _senders.Count);
                    var message = string.Create(CultureInfo.InvariantCulture, $"<message to='u{(pair * 2) + 1}@{_host}/load' type='chat' id='t{_run}.{due}t'><body>How do you do?</body></message>");
                    _senders[pair].Send(Encoding.ASCII.GetBytes(message));
                }
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        for (var since = Stopwatch.GetTimestamp(); _latencies.Count < sent && Stopwatch.GetElapsedTime(since) < Patience;)
        {
            await Task.Delay(10);
        }

        var sorted = _latencies.Order().ToArray();
        return new OpenLoopRun(sent, sent - sorted.Length, Volatile.Read(ref _refused) - refused, At(sorted, 0.5), At(sorted, 0.99), At(sorted, 1));
    }

    public ValueTask DisposeAsync()
    {
        foreach (var socket in _senders.Concat(_receivers))
        {
            socket.Dispose();
        }

        return default;
    }

    private static double At(double[] sorted, double percentile) =>
        sorted.Length == 0 ? double.NaN : sorted[Math.Min(sorted.Length - 1, (int)(percentile * sorted.Length))];

    private static void Sleep(long ticks)
    {
        var nanoseconds = (long)(ticks * (1e9 / Stopwatch.Frequency));
        var time = new Timespec { Seconds = nanoseconds / 1_000_000_000, Nanoseconds = nanoseconds % 1_000_000_000 };
        _ = NanoSleep(in time, IntPtr.Zero);
    }

    /// <summary>The framework's own sleeps have a millisecond's grain.</summary>
    [DllImport("libc", EntryPoint = "nanosleep")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int NanoSleep(in Timespec time, IntPtr rest);

    private async Task ReadAsync(Socket socket)
    {
        var buffer = new byte[64 * 1024];
        var kept = 0;
        try
        {
            while (await socket.ReceiveAsync(buffer.AsMemory(kept)) is > 0 and var read)
            {
                var now = Stopwatch.GetTimestamp();
                kept = Take(buffer, kept + read, now);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The measurement is over.
            kept = 0;
        }
    }

    /// <summary>Notes each message that is complete; how much is left of the last.</summary>
    private int Take(byte[] buffer, int length, long now)
    {
        var rest = buffer.AsSpan(0, length);
        while (rest.IndexOf("id='t"u8) is >= 0 and var start && rest[(start + 5)..].IndexOf("t'"u8) is >= 0 and var end)
        {
            var stamp = Encoding.ASCII.GetString(rest.Slice(start + 5, end)).Split('.');
            var isError = rest[..start].LastIndexOf("type='error'"u8) > rest[..start].LastIndexOf((byte)'<');
            rest = rest[(start + 5 + end)..];
            if (isError)
            {
                Interlocked.Increment(ref _refused);
            }
            else if (stamp[0] == _run.ToString(CultureInfo.InvariantCulture))
            {
                _latencies.Enqueue((now - long.Parse(stamp[1], CultureInfo.InvariantCulture)) * 1000.0 / Stopwatch.Frequency);
            }
        }

        var tail = rest[Math.Max(0, rest.Length - 512)..].ToArray();
        tail.CopyTo(buffer, 0);
        return tail.Length;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Timespec
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
