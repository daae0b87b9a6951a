using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Krewe.Contracts.Hosting;
using Krewe.Silo;
using Krewe.Tests.Support;

namespace Krewe.Tests.Unit.Configuration;

/// <summary>An address that cannot be listened at stops the start with one message that names its key.</summary>
public sealed class ListenerCheckTests : IDisposable
{
    private readonly TcpListener _other = new(IPAddress.Loopback, 0);
    private readonly string _data = Directory.CreateTempSubdirectory("krewe-listen-").FullName;

    public ListenerCheckTests() => _other.Start();

    private IPEndPoint Taken => (IPEndPoint)_other.LocalEndpoint;

    public void Dispose()
    {
        _other.Dispose();
        Directory.Delete(_data, recursive: true);
    }

    [Fact]
    public void Problems_NameTheKeysOfPortsThatAreTakenAndOfForeignAddresses()
    {
        var foreign = new IPEndPoint(IPAddress.Parse("192.0.2.1"), 5223);
        var problems = ListenerCheck.Problems(new KreweOptions
        {
            Data = "", AdminToken = "", ListenC2S = [new IPEndPoint(IPAddress.Loopback, 0), Taken], ListenC2STls = [foreign], ListenHttp = [new IPEndPoint(IPAddress.Any, 0)],
            ListenComponent = [Taken], ListenHttps = [Taken],
        });

        Assert.Equal(
            [$"Krewe:Listen:C2S {Taken}", $"Krewe:Listen:C2STls {foreign}", $"Krewe:Listen:Component {Taken}", $"Krewe:Listen:Https {Taken}"],
            problems.Select(problem => problem[..problem.IndexOf(": ", StringComparison.Ordinal)]));
    }

    [Fact]
    public async Task Start_AtATakenPort_IsOneMessageAndExitsWithOne()
    {
        var start = new ProcessStartInfo("dotnet",
            [
                Path.Combine(AppContext.BaseDirectory, "Krewe.Demo.dll"), "--no-demo", $"--Krewe:Data={_data}", $"--Krewe:Listen:C2S={Taken}", "--Krewe:Listen:C2STls=",
                "--Krewe:Listen:Component=192.0.2.1:5347", "--Krewe:Listen:Http=192.0.2.1:5280", "--Krewe:Listen:Https=",
            ])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync().WaitAsync(Timeouts.Test);

        var text = await errors;
        Assert.Equal(1, process.ExitCode);
        Assert.Contains($"Krewe:Listen:C2S {Taken}", text, StringComparison.Ordinal);
        Assert.Contains("Krewe:Listen:Component 192.0.2.1:5347", text, StringComparison.Ordinal);
        Assert.Contains("Krewe:Listen:Http 192.0.2.1:5280", text, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", text + await output, StringComparison.Ordinal);
    }
}
