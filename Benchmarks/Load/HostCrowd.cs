using System.Diagnostics;
using System.Globalization;

namespace Krewe.Benchmarks.Load;

/// <summary>
/// Very many hosts: <c>hosts &lt;Krewe.Silo.dll&gt; &lt;hosts&gt; [&lt;seconds of rest&gt;]</c>. Starts a Krewe of its own with an empty data folder, makes the hosts through the API,
/// lets them rest, and starts it again with all of them stored; told are the rate, what one host at rest costs, and the times of the starts.
/// </summary>
internal static class HostCrowd
{
    private const int Connections = 8;
    private const string Token = "for-measurements-only";

    private const int WarmUp = 3000;

    /// <summary>Changes of one host while all the others are there.</summary>
    private const int Changes = 200;

    public static async Task<int> RunAsync(string silo, int hosts, int rest)
    {
        var data = Directory.CreateTempSubdirectory("krewe-hosts-").FullName;
        try
        {
            using (var server = await KreweProcess.StartAsync(silo, data, Token))
            {
                Console.WriteLine(Told($"hosts: start with none {server.StartedIn.TotalSeconds:F2} s"));

                // What the first requests bring along, code above all, is no host's; as many as it takes to have the heap compacted, as it is afterwards.
                await server.PutAsync(0, WarmUp, "warm", Connections);
                await KreweProcess.RestAsync(rest);
                var before = server.ResidentBytes();
                var (cpu, since) = (server.Cpu(), Stopwatch.GetTimestamp());
                var latencies = await server.PutAsync(0, hosts, "crowd", Connections);
                var took = Stopwatch.GetElapsedTime(since);
                latencies.Sort();
                Console.WriteLine(Told(
                    $"hosts: {hosts} made in {took.TotalSeconds:F1} s, {hosts / took.TotalSeconds:F0}/s over {Connections} connections, p50 {latencies[hosts / 2]:F1} ms, p99 {latencies[hosts * 99 / 100]:F1} ms, server CPU {(server.Cpu() - cpu).TotalMilliseconds / hosts:F2} ms each"));
                var busy = server.ResidentBytes();
                await KreweProcess.RestAsync(rest);
                Console.WriteLine(Told(
                    $"hosts: {(busy - before) / 1024.0 / hosts:F1} KB each at once, {(server.ResidentBytes() - before) / 1024.0 / hosts:F1} KB each after {rest} s of rest ({before / 1048576} -> {server.ResidentBytes() / 1048576} MB)"));

                since = Stopwatch.GetTimestamp();
                await server.UseAsync(hosts, "crowd", Connections);
                took = Stopwatch.GetElapsedTime(since);
                await KreweProcess.RestAsync(rest);
                Console.WriteLine(Told(
                    $"hosts: each used in {took.TotalSeconds:F1} s, {(server.ResidentBytes() - before) / 1024.0 / hosts:F1} KB each after {rest} s of rest"));

                since = Stopwatch.GetTimestamp();
                for (var i = 0; i < Changes; i++)
                {
                    await server.PutAsync("h0.crowd.example", Told($$"""{ "limits": { "rooms": {{i}} } }"""));
                }

                Console.WriteLine(Told($"hosts: one of them changed {Changes} times, {Stopwatch.GetElapsedTime(since).TotalMilliseconds / Changes:F2} ms each"));
                (cpu, since) = (server.Cpu(), Stopwatch.GetTimestamp());
                await server.PutDefaultsAsync("""{ "limits": { "sessions": 1000 } }""");
                Console.WriteLine(Told(
                    $"hosts: defaults changed for all of them in {Stopwatch.GetElapsedTime(since).TotalMilliseconds:F1} ms, server CPU {(server.Cpu() - cpu).TotalMilliseconds:F0} ms"));
                await server.StopAsync();
            }

            for (var i = 0; i < 3; i++)
            {
                using var again = await KreweProcess.StartAsync(silo, data, Token);
                Console.WriteLine(Told($"hosts: start with {hosts} stored {again.StartedIn.TotalSeconds:F2} s, {again.ResidentBytes() / 1048576} MB"));
                await again.StopAsync();
            }

            return 0;
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }

    private static string Told(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
