using Krewe.Contracts.Hosting;
using Krewe.Tests.Support;

namespace Krewe.Tests.Unit.Hosting;

public sealed class HostTurnsTests
{
    [Fact]
    public async Task Waiters_OfAllHosts_TakeTurns_HowManySoeverOneHas()
    {
        var turns = new HostTurns(1);
        Assert.Null(turns.Enter("loud"));
        var order = new List<string>();
        string[] asked = ["loud", "loud", "loud", "quiet", "third", "quiet"];
        var waiting = asked.Select((host, i) => WaitAsync(host, i)).ToArray();

        turns.Leave();
        await Task.WhenAll(waiting).WaitAsync(Timeouts.Test);

        Assert.Equal(["loud0", "quiet3", "third4", "loud1", "quiet5", "loud2"], order);
        Assert.Null(turns.Enter("anybody"));

        async Task WaitAsync(string host, int i)
        {
            await turns.Enter(host)!;
            order.Add($"{host}{i}");
            turns.Leave();
        }
    }

    [Fact]
    public void AsManyAsAreAllowed_EnterAtOnce_AndNoneMore()
    {
        var turns = new HostTurns(2);
        Assert.Null(turns.Enter("a"));
        Assert.Null(turns.Enter("a"));
        var third = turns.Enter("b");
        Assert.False(third!.IsCompleted);

        turns.Leave();
        Assert.True(third.IsCompletedSuccessfully);
        Assert.NotNull(turns.Enter("c"));
    }

    [Fact]
    public async Task LargeWork_OfManyThreads_IsNeverDoneByMoreThanHalfOfTheProcessors_AndAFailureEndsItsTurn()
    {
        var large = new LargeWork();
        int now = 0, most = 0;
        var all = Enumerable.Range(0, 64).Select(i => Task.Run(async () => await large.RunAsync(
            $"h{i % 3}",
            () =>
            {
                var count = Interlocked.Increment(ref now);
                InterlockedMax(ref most, count);
                Thread.SpinWait(20_000);
                Interlocked.Decrement(ref now);
                return i % 2 == 0 ? i : throw new InvalidOperationException();
            }))).ToArray();
        await Task.WhenAll(all.Select(one => one.ContinueWith(static _ => { }, TaskScheduler.Default))).WaitAsync(Timeouts.Test);

        Assert.InRange(most, 1, Math.Max(1, Environment.ProcessorCount / 2));
        Assert.Equal(32, all.Count(one => one.IsFaulted));
        Assert.Equal(7, await large.RunAsync("h0", static () => 7).AsTask().WaitAsync(Timeouts.Test));
    }

    private static void InterlockedMax(ref int most, int value)
    {
        for (var seen = Volatile.Read(ref most); seen < value; seen = Volatile.Read(ref most))
        {
            Interlocked.CompareExchange(ref most, value, seen);
        }
    }
}
