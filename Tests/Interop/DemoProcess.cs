using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Krewe.Tests.Interop;

/// <summary>What <c>./run</c> starts, as a process of its own on free ports and with data of its own: Krewe, the demo tenants, their application.</summary>
public sealed class DemoProcess : IAsyncLifetime
{
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(60);

    /// <summary>How long a drain may take.</summary>
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(10);

    private readonly string _data = Directory.CreateTempSubdirectory("krewe-run-").FullName;
    private readonly StringBuilder _output = new();
    private Process? _process;

    public int C2SPort { get; } = FreePort();

    public int ComponentPort { get; } = FreePort();

    public Uri Contacts { get; } = new($"http://127.0.0.1:{FreePort()}/");

    public Uri Http { get; } = new($"http://127.0.0.1:{FreePort()}/");

    /// <summary>The provider's, made at the first start.</summary>
    public string AdminToken => File.ReadAllText(Path.Combine(_data, "admin-token")).Trim();

    /// <summary>Starts it; also again, on what it left behind.</summary>
    public async Task InitializeAsync()
    {
        var start = new ProcessStartInfo(
            "dotnet",
            [
                Path.Combine(AppContext.BaseDirectory, "Krewe.Demo.dll"),
                $"--Krewe:Data={_data}",
                $"--Krewe:Listen:C2S=127.0.0.1:{C2SPort}",
                $"--Krewe:Listen:C2STls=",
                $"--Krewe:Listen:Component=127.0.0.1:{ComponentPort}",
                $"--Krewe:Listen:Http={Http.Authority}",
                $"--Krewe:Listen:Https=",
                $"--Demo:Listen={Contacts.Authority}",
            ])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var ready = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        _process = new Process { StartInfo = start, EnableRaisingEvents = true };
        _process.OutputDataReceived += (_, line) => Take(line.Data, ready);
        _process.ErrorDataReceived += (_, line) => Take(line.Data, ready);
        _process.Exited += (_, _) => ready.TrySetResult(false);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        if (!await ready.Task.WaitAsync(StartPatience))
        {
            await _process.WaitForExitAsync();
            throw new InvalidOperationException($"krewe did not start:\n{Output()}");
        }
    }

    /// <summary>Stops it as an operator would; the exit code, null when it did not stop in time.</summary>
    public async Task<int?> StopAsync()
    {
        var process = _process!;
        if (!process.HasExited)
        {
            using var kill = Process.Start("kill", ["-TERM", process.Id.ToString()]);
            using var patience = new CancellationTokenSource(StopPatience);
            try
            {
                await process.WaitForExitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                return null;
            }
        }

        return process.ExitCode;
    }

    /// <summary>SIGKILL: it gets to do nothing any more.</summary>
    public async Task KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    public async Task DisposeAsync()
    {
        if (await StopAsync() is null)
        {
            _process!.Kill(entireProcessTree: true);
        }

        _process!.Dispose();
        Directory.Delete(_data, recursive: true);
    }

    private void Take(string? line, TaskCompletionSource<bool> ready)
    {
        lock (_output)
        {
            _output.AppendLine(line);
        }

        if (line == "krewe ready")
        {
            ready.TrySetResult(true);
        }
    }

    private string Output()
    {
        lock (_output)
        {
            return _output.ToString();
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
