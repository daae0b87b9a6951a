using System.Diagnostics;
using System.Globalization;

namespace Krewe.Benchmarks.Load;

/// <summary>
/// Everybody comes back at once: <c>room-storm &lt;address&gt; &lt;port&gt; &lt;host&gt; &lt;users&gt; &lt;server's pid&gt;</c>. So many users of <see cref="LoadTenant"/>'s enter one room
/// together, while two others talk in another one; told are the server's CPU for all presences, the time until everybody has seen everybody, and what the other room's
/// messages took.
/// </summary>
internal static class RoomStorm
{
    private const int ParallelLogins = 16;
    private static readonly TimeSpan TalkEvery = TimeSpan.FromMilliseconds(10);

    public static async Task<int> RunAsync(string address, int port, string host, int users, int server)
    {
        var clients = Enumerable.Range(0, users + 2).Select(_ => new LoadClient()).ToArray();
        await Parallel.ForAsync(0, clients.Length, new ParallelOptions { MaxDegreeOfParallelism = ParallelLogins },
            async (i, _) => await clients[i].LogInAsync(address, port, host, string.Create(CultureInfo.InvariantCulture, $"u{i}")));
        var (speaker, listener) = (clients[users], clients[users + 1]);
        await speaker.AskAsync(Entry("quiet", host, "speaker"), "code='110'");
        await listener.AskAsync(Entry("quiet", host, "listener"), "code='110'");
        using var over = new CancellationTokenSource();
        var talk = TalkAsync(speaker, listener, host, over.Token);

        var (cpu, since) = (CpuOf(server), Stopwatch.GetTimestamp());
        await Task.WhenAll(Enumerable.Range(0, users).Select(i => Task.Run(async () =>
        {
            await clients[i].SendAsync(Entry("storm", host, string.Create(CultureInfo.InvariantCulture, $"n{i}")));
            await clients[i].ReadPresencesAsync(users);
        })));
        var (used, took) = (CpuOf(server) - cpu, Stopwatch.GetElapsedTime(since));
        await over.CancelAsync();
        var latencies = await talk;
        latencies.Sort();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"room-storm: {users} users, {(long)users * users} presences in {took.TotalSeconds:F2} s, server CPU {used.TotalSeconds:F2} s; "
            + $"{latencies.Count} messages in another room: p50 {latencies[latencies.Count / 2]:F1} ms, p99 {latencies[latencies.Count * 99 / 100]:F1} ms, max {latencies[^1]:F1} ms"));
        foreach (var client in clients)
        {
            await client.DisposeAsync();
        }

        return 0;
    }

    private static string Entry(string room, string host, string nickname) =>
        $"<presence to='{room}@conference.{host}/{nickname}'><x xmlns='http://jabber.org/protocol/muc'><history maxstanzas='0'/></x></presence>";

    private static async Task<List<double>> TalkAsync(LoadClient speaker, LoadClient listener, string host, CancellationToken over)
    {
        var latencies = new List<double>();
        using var pace = new PeriodicTimer(TalkEvery);
        for (var i = 0; !over.IsCancellationRequested; i++)
        {
            var id = string.Create(CultureInfo.InvariantCulture, $"m{i}m");
            var sentAt = Stopwatch.GetTimestamp();
            await speaker.SendAsync($"<message to='quiet@conference.{host}' type='groupchat' id='{id}'><body>are you there?</body></message>");
            await listener.ReadUntilAsync(id);
            latencies.Add(Stopwatch.GetElapsedTime(sentAt).TotalMilliseconds);
            await pace.WaitForNextTickAsync(CancellationToken.None);
        }

        return latencies;
    }

    private static TimeSpan CpuOf(int process)
    {
        using var server = Process.GetProcessById(process);
        return server.TotalProcessorTime;
    }
}
