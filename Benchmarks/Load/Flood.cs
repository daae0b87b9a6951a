using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Krewe.Benchmarks.Load;

/// <summary>
/// Users who send all that the server takes, and read all that it gives, so that nothing but its limits holds them back. So much is on its way at most that it is over soon after it was
/// turned off: what lies in the sockets' buffers would else go on for minutes.
/// </summary>
internal sealed class Flood : IAsyncDisposable
{
    /// <summary>Blocks of stanzas that may be on their way: two seconds of what a user may send. Of those that count for much a single one.</summary>
    private const int WindowBlocks = 20;
    private const int CostlyKinds = 2;

    /// <summary>What users differ in.</summary>
    private const int Kinds = 5;

    /// <summary>The id of the request at a block's end.</summary>
    private const string Mark = "block-over";

    private static readonly TimeSpan SilentWithin = TimeSpan.FromSeconds(10);

    private const string Host = "noisy.bench.localhost";
    private const int Users = 50;

    private readonly CancellationTokenSource _over = new();
    private readonly List<Socket> _sockets = [];
    private readonly List<Task> _work = [];
    private readonly List<SemaphoreSlim> _windows = [];
    private volatile bool _isOn;
    private long _stanzas;

    /// <summary>
    /// <c>flood &lt;url&gt; &lt;token&gt; &lt;address&gt; &lt;port&gt;</c>, a process of its own, so that those who are measured do not share its memory and threads. Each line of its input,
    /// <c>on</c>, <c>off</c> or <c>count</c>, is answered by the stanzas sent so far; <c>off</c> when it is silent.
    /// </summary>
    public static async Task<int> RunAsync(string[] args)
    {
        await using var app = await NoisyTenantApp.StartAsync(Host, Users);
        using var http = new HttpClient { BaseAddress = new Uri(args[0]), DefaultRequestHeaders = { Authorization = new("Bearer", args[1]) } };
        await Tenants.MakeAsync(http, Host, Users, new JsonObject
        {
            ["http_roster_url"] = $"{app.Url}/roster/%s",
            ["components"] = new JsonObject { [$"rooms.{Host}"] = new JsonObject { ["type"] = "muc", ["muc_room_locking"] = false, ["muc_http_auth_url"] = $"{app.Url}/hang" } },
        });
        await using var flood = await LogInAsync(args[2], int.Parse(args[3], CultureInfo.InvariantCulture), Host, Users, http);
        Console.WriteLine(0);
        while (await Console.In.ReadLineAsync() is { } command)
        {
            flood._isOn = command == "on" || (command == "count" && flood._isOn);
            await (command == "off" ? flood.WhenSilentAsync() : Task.CompletedTask);
            Console.WriteLine(Volatile.Read(ref flood._stanzas));
        }

        return 0;
    }

    private static async Task<Flood> LogInAsync(string address, int port, string host, int users, HttpClient http)
    {
        var flood = new Flood();
        for (var i = 0; i < users; i++)
        {
            var socket = await RawLogin.LogInAsync(address, port, host, string.Create(CultureInfo.InvariantCulture, $"u{i}"));
            flood._sockets.Add(socket);
            var window = new SemaphoreSlim(WindowOf(i));
            flood._windows.Add(window);
            var stanzasOfBlock = StanzasOf(i);
            flood._work.Add(Task.Run(() => flood.ReadAsync(socket, window, stanzasOfBlock)));
            await socket.SendAsync("<iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq><presence/>"u8.ToArray());
            var stanzas = Encoding.UTF8.GetBytes(Stanzas(host, i, users));
            flood._work.Add(Task.Run(() => flood.WriteAsync(socket, stanzas, window)));
        }

        flood._work.Add(Task.Run(() => flood.RefreshAsync(http, host, users)));
        return flood;
    }

    /// <summary>Done when everything that it sent is answered, or will not be: a stream that the server has ended answers nothing any more.</summary>
    private async Task WhenSilentAsync()
    {
        var since = Stopwatch.GetTimestamp();
        while (_windows.Where((window, i) => window.CurrentCount < WindowOf(i)).Any() && Stopwatch.GetElapsedTime(since) < SilentWithin)
        {
            await Task.Delay(10);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        _sockets.ForEach(socket => socket.Dispose());
        await Task.WhenAll(_work);
        _windows.ForEach(window => window.Dispose());
        _over.Dispose();
    }

    private static int WindowOf(int user) => user % Kinds < CostlyKinds ? 1 : WindowBlocks;

    private static int StanzasOf(int user) => user % Kinds < CostlyKinds ? 2 : 10;

    /// <summary>Some of them, of another kind for each user: messages, presence to everybody, requests with large answers, a room whose hook hangs.</summary>
    private static string Stanzas(string host, int user, int users)
    {
        var xml = new StringBuilder();
        for (var i = 1; i < StanzasOf(user); i++)
        {
            xml.Append((user % Kinds) switch
            {
                0 => "<presence><show>dnd</show></presence>",
                1 => "<iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq>",
                2 => string.Create(CultureInfo.InvariantCulture, $"<presence to='r{user}@rooms.{host}/n{i}'><x xmlns='http://jabber.org/protocol/muc'/></presence>"),
                _ => string.Create(CultureInfo.InvariantCulture, $"<message to='u{(user + (i * Kinds)) % users}@{host}/load' type='chat' id='f'><body>Out of my way!</body></message>"),
            });
        }

        return xml.Append(CultureInfo.InvariantCulture, $"<iq type='get' id='{Mark}' to='{host}'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>").ToString();
    }

    private async Task WriteAsync(Socket socket, byte[] stanzas, SemaphoreSlim window)
    {
        try
        {
            while (!_over.IsCancellationRequested)
            {
                if (!_isOn)
                {
                    await Task.Delay(10, _over.Token);
                    continue;
                }

                await window.WaitAsync(_over.Token);
                await socket.SendAsync(stanzas, _over.Token);
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            Report(e);
        }
    }

    private async Task ReadAsync(Socket socket, SemaphoreSlim window, int stanzas)
    {
        var (buffer, kept) = (new byte[256 * 1024], 0);
        try
        {
            while (await socket.ReceiveAsync(buffer.AsMemory(kept), _over.Token) is > 0 and var read)
            {
                var seen = buffer.AsSpan(0, kept + read);
                if (seen.Count(Encoding.ASCII.GetBytes(Mark)) is > 0 and var over)
                {
                    Interlocked.Add(ref _stanzas, stanzas * over);
                    window.Release(over);
                }

                // Shorter than the mark, so that none is counted twice.
                kept = Math.Min(Mark.Length - 1, seen.Length);
                if (seen.IndexOf("<stream:error"u8) is >= 0 and var error)
                {
                    Console.Error.WriteLine($"flood: {Encoding.UTF8.GetString(seen[error..])}");
                }

                seen[^kept..].CopyTo(buffer);
            }

            if (!_over.IsCancellationRequested)
            {
                Console.Error.WriteLine("flood: the server closed a stream");
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            Report(e);
        }
    }

    /// <summary>The tenant's application has nothing better to do either.</summary>
    private async Task RefreshAsync(HttpClient http, string host, int users)
    {
        var names = Enumerable.Range(0, users).Select(static i => string.Create(CultureInfo.InvariantCulture, $"u{i}")).ToArray();
        while (!_over.IsCancellationRequested)
        {
            try
            {
                if (_isOn)
                {
                    using var answer = await http.PostAsJsonAsync($"/api/v1/hosts/{host}/rosters/refresh", names, _over.Token);
                }
                else
                {
                    await Task.Delay(10, _over.Token);
                }
            }
            catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
            {
                Report(e);
            }
        }
    }

    private void Report(Exception e)
    {
        if (!_over.IsCancellationRequested)
        {
            Console.Error.WriteLine($"flood: {e.Message}");
        }
    }
}
