using System.Runtime.CompilerServices;

namespace Krewe.Tests.Grains.Semantics;

/// <summary>Calls from grains to objects outside of them, on both hosts.</summary>
public sealed class ObserverTests(GrainHostFixture host) : IClassFixture<GrainHostFixture>
{
    private readonly string _key = $"observers-{Guid.NewGuid():N}";

    [Fact]
    public async Task Call_OfObserver_IsAnswered()
    {
        var observer = new Observer(number => Task.FromResult(number * 2));
        var reference = host.Grains.CreateObjectReference<ISemanticsObserver>(observer);
        Assert.Equal(42, await Grain(_key).TellAsync(reference, 21));
        GC.KeepAlive(observer);
    }

    [Fact]
    public async Task Exception_OfObserver_ReachesTheGrain()
    {
        var observer = new Observer(_ => throw new FormatException("no number"));
        var reference = host.Grains.CreateObjectReference<ISemanticsObserver>(observer);
        await Assert.ThrowsAsync<FormatException>(() => Grain(_key).TellAsync(reference, 21));
        GC.KeepAlive(observer);
    }

    [Fact]
    public async Task Calls_OfOneObserver_RunOneAtATime_OutsideOfTurns()
    {
        int inside = 0, most = 0;
        var isOutside = true;
        var observer = new Observer(async number =>
        {
            isOutside &= TaskScheduler.Current == TaskScheduler.Default;
            most = Math.Max(most, Interlocked.Increment(ref inside));
            await Task.Yield();
            isOutside &= TaskScheduler.Current == TaskScheduler.Default;
            Interlocked.Decrement(ref inside);
            return number;
        });
        var reference = host.Grains.CreateObjectReference<ISemanticsObserver>(observer);
        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => Grain($"{_key}-{i}").TellAsync(reference, i)));
        Assert.Equal(Enumerable.Range(0, 50), answers);
        Assert.Equal(1, most);
        Assert.True(isOutside);
        GC.KeepAlive(observer);
    }

    [Fact]
    public async Task CollectedObserver_IsNotCalled_AndTheCallerTimesOut()
    {
        var (reference, observer) = MakeUnheldObserver();
        while (observer.IsAlive)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            await Task.Yield();
        }

        await Assert.ThrowsAsync<TimeoutException>(() => Grain(_key).TellAsync(reference, 1));
    }

    [Fact]
    public async Task DeletedReference_IsNotCalled()
    {
        var observer = new Observer(Task.FromResult);
        var reference = host.Grains.CreateObjectReference<ISemanticsObserver>(observer);
        host.Grains.DeleteObjectReference<ISemanticsObserver>(reference);
        await Assert.ThrowsAsync<TimeoutException>(() => Grain(_key).TellAsync(reference, 1));
        GC.KeepAlive(observer);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private (ISemanticsObserver Reference, WeakReference Observer) MakeUnheldObserver()
    {
        var observer = new Observer(Task.FromResult);
        return (host.Grains.CreateObjectReference<ISemanticsObserver>(observer), new WeakReference(observer));
    }

    private ISemanticsGrain Grain(string key) => host.Grains.GetGrain<ISemanticsGrain>(key);

    private sealed class Observer(Func<int, Task<int>> told) : ISemanticsObserver
    {
        public Task<int> ToldAsync(int number) => told(number);
    }
}
