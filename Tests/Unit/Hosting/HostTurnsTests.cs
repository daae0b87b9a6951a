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
    public async Task NoMoreThanSoMany_OfOneHost_Wait_AndWhoGivesUp_LeavesItsPlace()
    {
        var turns = new HostTurns(1);
        Assert.True(await turns.TryEnterAsync("a", 0, CancellationToken.None));
        using var stop = new CancellationTokenSource();
        var first = turns.TryEnterAsync("a", 2, stop.Token).AsTask();
        var second = turns.TryEnterAsync("a", 2, CancellationToken.None).AsTask();
        Assert.False(await turns.TryEnterAsync("a", 2, CancellationToken.None));
        var other = turns.TryEnterAsync("b", 2, CancellationToken.None).AsTask();

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        var third = turns.TryEnterAsync("a", 2, CancellationToken.None).AsTask();
        foreach (var next in (Task<bool>[])[second, other, third])
        {
            Assert.False(next.IsCompleted);
            turns.Leave();
            Assert.True(await next.WaitAsync(Timeouts.Test));
        }

        turns.Leave();
        Assert.Null(turns.Enter("a"));
    }

    [Fact]
    public async Task Host_OfWhichEverybodyGaveUp_IsPassedOver()
    {
        var turns = new HostTurns(1);
        Assert.Null(turns.Enter("a"));
        using var stop = new CancellationTokenSource();
        var gone = turns.TryEnterAsync("b", 1, stop.Token).AsTask();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone);
        var next = turns.Enter("c")!;

        turns.Leave();

        await next.WaitAsync(Timeouts.Test);
        turns.Leave();
        Assert.Null(turns.Enter("b"));
    }

    /// <summary>Whoever gives up in the moment in which the turn comes has either had it or lost it, and nobody else loses one by it.</summary>
    [Fact]
    public async Task GivingUp_WhileTurnsChange_LosesNone()
    {
        var turns = new HostTurns(2);
        var (entered, gaveUp) = (0, 0);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(seed => Task.Run(async () =>
        {
            var random = new Random(seed);
            for (var i = 0; i < 2000; i++)
            {
                using var stop = new CancellationTokenSource();
                var entering = turns.TryEnterAsync($"h{random.Next(3)}", 100, stop.Token);
                if (random.Next(2) == 0)
                {
                    _ = Task.Run(stop.Cancel);
                }

                try
                {
                    Assert.True(await entering);
                    Assert.InRange(Interlocked.Increment(ref entered), 1, 2);
                    await Task.Yield();
                    Interlocked.Decrement(ref entered);
                    turns.Leave();
                }
                catch (OperationCanceledException)
                {
                    Interlocked.Increment(ref gaveUp);
                }
            }
        }))).WaitAsync(Timeouts.Test);

        Assert.InRange(gaveUp, 1, 8 * 2000);
        Assert.Null(turns.Enter("a"));
        Assert.Null(turns.Enter("a"));
        Assert.NotNull(turns.Enter("a"));
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
