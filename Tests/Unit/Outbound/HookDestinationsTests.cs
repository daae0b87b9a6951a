using Krewe.Grains.Outbound;
using Krewe.Tests.Support;

namespace Krewe.Tests.Unit.Outbound;

/// <summary>One destination that many hosts call: it has so many places, and nobody keeps out anybody else.</summary>
public sealed class HookDestinationsTests
{
    private static readonly Uri Url = new("https://api.example/a?b");

    private readonly HookDestinations _destinations = new();

    [Fact]
    public async Task OneHost_LeavesTheLastPlacesToOthers()
    {
        var had = TakeAll("a.example");
        Assert.Equal(HookDestinations.CallsMax - HookDestinations.OfHostMax, had);

        for (var i = 0; i < HookDestinations.OfHostMax; i++)
        {
            Assert.True(await EnterAsync(Url, "b.example", CancellationToken.None));
        }

        // Now it is full for everybody, and another destination is not.
        Assert.False(EnterAsync(Url, "c.example", CancellationToken.None).IsCompleted);
        Assert.True(await EnterAsync(new Uri("https://api.example:8443/"), "c.example", CancellationToken.None));
        Assert.True(await EnterAsync(new Uri("http://api.example:443/"), "a.example", CancellationToken.None));
    }

    [Fact]
    public async Task Destination_IsTheSame_HoweverItIsWritten()
    {
        TakeAll("a.example");

        Assert.False(EnterAsync(new Uri("HTTPS://API.example:443/else"), "a.example", CancellationToken.None).IsCompleted);
        Assert.True(await EnterAsync(new Uri("HTTPS://API.example:443/else"), "b.example", CancellationToken.None));
        Assert.Equal(1, _destinations.Count);
    }

    [Fact]
    public async Task FreedPlaces_GoToTheHostsInTurn()
    {
        Fill();
        var waiting = new List<(string Host, Task<bool> Entry)>();
        foreach (var host in new[] { "x.example", "x.example", "x.example", "y.example", "z.example" })
        {
            waiting.Add((host, EnterAsync(Url, host, CancellationToken.None)));
        }

        var served = new List<string>();
        while (waiting.Count > 0)
        {
            _destinations.Leave(Url, "a.example");
            var entry = await Task.WhenAny(waiting.Select(static one => one.Entry)).WaitAsync(Timeouts.Test);
            var host = Assert.Single(waiting, one => one.Entry.IsCompleted).Host;
            Assert.True(await entry);
            served.Add(host);
            waiting.RemoveAll(one => one.Entry.Equals(entry));
        }

        Assert.Equal(["x.example", "y.example", "z.example", "x.example", "x.example"], served);
    }

    [Fact]
    public async Task WhoeverGivesUp_LeavesNoTrace()
    {
        Fill();
        using var deadline = new CancellationTokenSource();
        var entry = EnterAsync(Url, "x.example", deadline.Token);
        await deadline.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => entry.WaitAsync(Timeouts.Test));

        for (var i = 0; i < HookDestinations.CallsMax - HookDestinations.OfHostMax; i++)
        {
            _destinations.Leave(Url, "a.example");
        }

        for (var i = 0; i < HookDestinations.OfHostMax; i++)
        {
            _destinations.Leave(Url, "b.example");
        }

        Assert.Equal(0, _destinations.Count);
    }

    [Fact]
    public async Task Waiting_IsBounded()
    {
        Fill();
        for (var i = 0; i < HookDestinations.WaitingMax; i++)
        {
            Assert.False(EnterAsync(Url, $"h{i % 7}.example", CancellationToken.None).IsCompleted);
        }

        Assert.False(await EnterAsync(Url, "late.example", CancellationToken.None).WaitAsync(Timeouts.Test));
    }

    [Fact]
    public async Task ManyThreads_LoseNoPlace()
    {
        var (underWay, most) = (0, 0);
        await Task.WhenAll(Enumerable.Range(0, 2000).Select(i => Task.Run(async () =>
        {
            var host = $"h{i % 5}.example";
            using var deadline = new CancellationTokenSource(i % 3 == 0 ? TimeSpan.FromMilliseconds(i % 20) : Timeouts.Test);
            try
            {
                Assert.True(await EnterAsync(Url, host, deadline.Token));
            }
            catch (OperationCanceledException)
            {
                return;
            }

            var now = Interlocked.Increment(ref underWay);
            lock (_destinations)
            {
                most = Math.Max(most, now);
            }

            await Task.Delay(2);
            Interlocked.Decrement(ref underWay);
            _destinations.Leave(Url, host);
        }))).WaitAsync(Timeouts.Test);

        Assert.InRange(most, 1, HookDestinations.CallsMax);
        Assert.Equal(0, _destinations.Count);
    }

    private Task<bool> EnterAsync(Uri url, string host, CancellationToken deadline) => _destinations.EnterAsync(url, host, deadline).AsTask();

    private void Fill()
    {
        TakeAll("a.example");
        TakeAll("b.example");
    }

    /// <summary>As many as it gets; the one that has to wait gives up.</summary>
    private int TakeAll(string host)
    {
        for (var had = 0; ; had++)
        {
            using var deadline = new CancellationTokenSource();
            var entry = EnterAsync(Url, host, deadline.Token);
            if (!entry.IsCompleted)
            {
                deadline.Cancel();
                Assert.True(SpinWait.SpinUntil(() => entry.IsCompleted, Timeouts.Test));
                return had;
            }
        }
    }
}
