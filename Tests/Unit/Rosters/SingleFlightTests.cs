using Krewe.Grains;

namespace Krewe.Tests.Unit.Rosters;

public sealed class SingleFlightTests
{
    private readonly List<TaskCompletionSource<int>> _runs = [];
    private readonly SingleFlight<int> _flight;

    public SingleFlightTests() => _flight = new(() =>
    {
        _runs.Add(new());
        return _runs[^1].Task;
    });

    [Fact]
    public async Task Join_WhileOneIsUnderWay_SharesIt()
    {
        var all = Enumerable.Range(0, 20).Select(_ => _flight.Join()).ToArray();
        _runs[0].SetResult(7);

        Assert.All(await Task.WhenAll(all), result => Assert.Equal(7, result));
        Assert.Single(_runs);
        Assert.False(_flight.IsUnderWay);
    }

    [Fact]
    public async Task JoinNext_WhileOneIsUnderWay_BeginsOneMoreForAll()
    {
        var first = _flight.Join();
        var later = Enumerable.Range(0, 20).Select(_ => _flight.JoinNext()).ToArray();
        Assert.Single(_runs);
        _runs[0].SetResult(1);
        Assert.Equal(1, await first);
        await Until(() => _runs.Count == 2);
        Assert.All(later, each => Assert.False(each.IsCompleted));
        var joined = _flight.Join();
        _runs[1].SetResult(2);

        Assert.All(await Task.WhenAll([.. later, joined]), result => Assert.Equal(2, result));
        Assert.Equal(2, _runs.Count);
    }

    [Fact]
    public async Task JoinNext_AfterARunThatFailed_Runs()
    {
        var first = _flight.Join();
        var next = _flight.JoinNext();
        _runs[0].SetException(new IOException("the disk is full"));
        await Assert.ThrowsAsync<IOException>(() => first);
        await Until(() => _runs.Count == 2);
        _runs[1].SetResult(2);

        Assert.Equal(2, await next);
        await _flight.IdleAsync();
        Assert.False(_flight.IsUnderWay);
    }

    private static async Task Until(Func<bool> fact)
    {
        for (var i = 0; i < 1_000_000 && !fact(); i++)
        {
            await Task.Yield();
        }

        Assert.True(fact());
    }
}
