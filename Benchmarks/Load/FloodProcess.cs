using System.Diagnostics;
using System.Globalization;

namespace Krewe.Benchmarks.Load;

/// <summary><see cref="Flood"/> in a process of its own.</summary>
internal sealed class FloodProcess : IAsyncDisposable
{
    private readonly Process _process;

    private FloodProcess(Process process) => _process = process;

    public static async Task<FloodProcess> StartAsync(string[] args)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(FloodProcess).Assembly.Location, "flood", .. args]) { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false };
        var flood = new FloodProcess(Process.Start(start) ?? throw new InvalidOperationException("The flood did not start."));
        await flood.ReadAsync();
        return flood;
    }

    /// <summary>Lets it flow, or waits until it is silent; how many stanzas it got rid of until then.</summary>
    public Task<long> TurnAsync(bool isOn) => AskAsync(isOn ? "on" : "off");

    public Task<long> StanzasAsync() => AskAsync("count");

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        try
        {
            await _process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    private async Task<long> AskAsync(string command)
    {
        await _process.StandardInput.WriteLineAsync(command);
        return await ReadAsync();
    }

    private async Task<long> ReadAsync() =>
        long.Parse(await _process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The flood ended."), CultureInfo.InvariantCulture);
}
