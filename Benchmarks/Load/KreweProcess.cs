using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Krewe.Benchmarks.Load;

/// <summary>A Krewe of the measurement's own, started from its executable, with nothing but its HTTP listener.</summary>
internal sealed class KreweProcess : IDisposable
{
    private const string Ready = "krewe ready";

    private readonly Process _process;
    private readonly HttpClient _http;

    private KreweProcess(Process process, int port, string token, TimeSpan startedIn)
    {
        (_process, StartedIn) = (process, startedIn);
        _http = new HttpClient(new SocketsHttpHandler { UseProxy = false })
        {
            BaseAddress = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}/")), DefaultRequestHeaders = { Authorization = new("Bearer", token) },
        };
    }

    /// <summary>From its execution to the line that says that it is ready.</summary>
    public TimeSpan StartedIn { get; }

    public static async Task<KreweProcess> StartAsync(string silo, string data, string token)
    {
        var port = FreePort();
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, UseShellExecute = false };
        string[] arguments =
        [
            silo, "--Krewe:Listen:C2S=", "--Krewe:Listen:C2STls=", "--Krewe:Listen:Component=", "--Krewe:Listen:Https=", $"--Krewe:Data={data}", $"--Krewe:Admin:Token={token}",
            string.Create(CultureInfo.InvariantCulture, $"--Krewe:Listen:Http=127.0.0.1:{port}"), "--Logging:LogLevel:Default=Warning",
        ];
        Array.ForEach(arguments, start.ArgumentList.Add);
        var since = Stopwatch.GetTimestamp();
        var process = Process.Start(start) ?? throw new InvalidOperationException("The server did not start.");
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line == Ready)
            {
                var started = new KreweProcess(process, port, token, Stopwatch.GetElapsedTime(since));
                _ = process.StandardOutput.ReadToEndAsync();
                return started;
            }
        }

        throw new InvalidOperationException("The server ended before it was ready.");
    }

    /// <summary>Makes hosts <c>h0.name.example</c> and so on; the milliseconds that each took.</summary>
    public async Task<List<double>> PutAsync(int first, int count, string name, int connections)
    {
        var latencies = new ConcurrentBag<double>();
        await Parallel.ForAsync(first, first + count, new ParallelOptions { MaxDegreeOfParallelism = connections }, async (i, _) =>
        {
            var domain = string.Create(CultureInfo.InvariantCulture, $"h{i}.{name}.example");
            var since = Stopwatch.GetTimestamp();
            await PutAsync(domain, $$"""
                { "tenant": "{{name}}", "http_roster_url": "http://127.0.0.1:5290/contacts/%s", "http_roster_authorization_header": "Bearer {{domain}}",
                  "components": { "rooms.{{domain}}": { "type": "muc", "muc_http_auth_url": "http://127.0.0.1:5290/can-join" } } }
                """);
            latencies.Add(Stopwatch.GetElapsedTime(since).TotalMilliseconds);
        });
        return [.. latencies];
    }

    /// <summary>Has this process load each host, as its first login does.</summary>
    public Task UseAsync(int count, string name, int connections) =>
        Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = connections }, async (i, cancellationToken) =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, ".well-known/host-meta.json");
            request.Headers.Host = string.Create(CultureInfo.InvariantCulture, $"h{i}.{name}.example");
            using var answer = await _http.SendAsync(request, cancellationToken);
            answer.EnsureSuccessStatusCode();
        });

    public Task PutAsync(string domain, string document) => SendAsync($"api/v1/hosts/{domain}", document);

    public Task PutDefaultsAsync(string document) => SendAsync("api/v1/defaults", document);

    public static Task RestAsync(int seconds) => Task.Delay(TimeSpan.FromSeconds(seconds));

    public long ResidentBytes()
    {
        _process.Refresh();
        return _process.WorkingSet64;
    }

    public TimeSpan Cpu()
    {
        _process.Refresh();
        return _process.TotalProcessorTime;
    }

    public async Task StopAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await _process.WaitForExitAsync();
    }

    public void Dispose()
    {
        _http.Dispose();
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    private async Task SendAsync(string path, string document)
    {
        using var answer = await _http.PutAsync(path, new StringContent(document, Encoding.UTF8, "application/json"));
        answer.EnsureSuccessStatusCode();
    }

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
