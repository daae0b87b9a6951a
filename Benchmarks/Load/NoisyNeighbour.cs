using System.Diagnostics;
using System.Globalization;

namespace Krewe.Benchmarks.Load;

/// <summary>
/// What one tenant's worst does to another: <c>noisy-neighbour &lt;url&gt; &lt;token&gt; &lt;address&gt; &lt;port&gt; [rate] [seconds] [runs] [server's pid]</c>, against a running Krewe whose hooks may reach
/// 127.0.0.0/8. The neighbour's users write to each other at a fixed rate, timed from when each message was due; the other tenant, with the limits that every host has, is silent in one run and
/// floods in the next: stanzas of all kinds from all of its users, rosters of five thousand contacts, a hook that never answers. Told are the medians of the runs' p99, the first ones of a fresh server not counted, and the cores that the server used.
/// </summary>
internal static class NoisyNeighbour
{
    private const string Quiet = "quiet.bench.localhost";
    private const int QuietPairs = 25;
    private const int RateDefault = 1000;
    private const double SecondsDefault = 3;
    private const int RunsDefault = 10;

    public static async Task<int> RunAsync(string[] args)
    {
        var (url, token, address, port) = (args[0], args[1], args[2], Number(args[3]));
        var rate = args.Length > 4 ? Number(args[4]) : RateDefault;
        var length = TimeSpan.FromSeconds(args.Length > 5 ? double.Parse(args[5], CultureInfo.InvariantCulture) : SecondsDefault);
        var runs = args.Length > 6 ? Number(args[6]) : RunsDefault;
        using var server = args.Length > 7 ? Process.GetProcessById(Number(args[7])) : null;
        using var http = new HttpClient { BaseAddress = new Uri(url), DefaultRequestHeaders = { Authorization = new("Bearer", token) } };
        await Tenants.MakeAsync(http, Quiet, QuietPairs * 2, []);
        await using var neighbour = await OpenLoop.LogInAsync(address, port, Quiet, QuietPairs);
        await using var flood = await FloodProcess.StartAsync(args[..4]);
        await neighbour.RunAsync(rate, length);
        await flood.TurnAsync(isOn: true);
        await neighbour.RunAsync(rate, length);
        var p99 = (Silent: new List<double>(), Loud: new List<double>());
        long sent = 0, lost = 0;
        for (var i = 0; i < runs * 2; i++)
        {
            var isLoud = i % 2 == 1;
            var before = await flood.TurnAsync(isLoud);
            var (cpu, since) = (CpuOf(server), Stopwatch.GetTimestamp());
            var run = await neighbour.RunAsync(rate, length);
            var cores = (CpuOf(server) - cpu) / Stopwatch.GetElapsedTime(since);
            (isLoud ? p99.Loud : p99.Silent).Add(run.P99);
            sent += run.Sent;
            lost += run.Lost + run.Refused;
            var stanzas = await flood.StanzasAsync() - before;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{(isLoud ? "loud " : "quiet")} p50 {run.P50,7:F2} ms  p99 {run.P99,7:F2} ms  max {run.Max,7:F1} ms  sent {run.Sent}  lost {run.Lost}  refused {run.Refused}  flood {stanzas / length.TotalSeconds:F0} stanzas/s  cores {cores:F2}"));
        }

        var (silent, loud) = (Median(p99.Silent), Median(p99.Loud));
        var isWithin = loud <= Math.Max(10, 2 * silent) && lost == 0;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"noisy-neighbour: {rate} messages/s of the neighbour; median p99 {silent:F2} ms quiet, {loud:F2} ms loud, ratio {loud / silent:F2}; {sent} sent, {lost} lost or refused: {(isWithin ? "within" : "NOT within")} the goal"));
        return isWithin ? 0 : 1;
    }

    private static TimeSpan CpuOf(Process? server)
    {
        server?.Refresh();
        return server?.TotalProcessorTime ?? TimeSpan.Zero;
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private static double Median(List<double> values)
    {
        values.Sort();
        return (values[values.Count / 2] + values[(values.Count - 1) / 2]) / 2;
    }
}
