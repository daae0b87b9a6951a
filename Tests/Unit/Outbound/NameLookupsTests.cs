using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Krewe.Grains.Outbound;
using Krewe.Tests.Support;

namespace Krewe.Tests.Unit.Outbound;

/// <summary>Names whose servers do not answer hold up those who ask for them, and nobody else.</summary>
public sealed class NameLookupsTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly ConcurrentQueue<string> _asked = new();
    private readonly ManualResetEventSlim _answers = new();
    private readonly NameLookups _lookups;

    public NameLookupsTests() => _lookups = new NameLookups(Resolve, _time);

    public void Dispose()
    {
        _answers.Set();
        _lookups.Dispose();
        _answers.Dispose();
    }

    [Fact]
    public async Task Address_IsNotLookedUp()
    {
        Assert.Equal([IPAddress.Parse("192.0.2.1")], await _lookups.FindAsync("192.0.2.1", null, CancellationToken.None));
        Assert.Equal([IPAddress.Parse("2001:db8::1")], await _lookups.FindAsync("2001:db8::1", null, CancellationToken.None));
        Assert.Empty(_asked);
    }

    [Fact]
    public async Task Name_IsLookedUpOnceForAllWhoAsk_AndKeptForAWhile()
    {
        using var places = new SemaphoreSlim(1);
        var all = Enumerable.Range(0, 20).Select(_ => _lookups.FindAsync("slow.example", places, CancellationToken.None).AsTask()).ToArray();
        _answers.Set();

        Assert.All(await Task.WhenAll(all).WaitAsync(Timeouts.Test), found => Assert.Equal([IPAddress.Loopback], found));
        Assert.Equal([IPAddress.Loopback], await _lookups.FindAsync("SLOW.example", places, CancellationToken.None));
        Assert.Single(_asked);

        _time.Advance(TimeSpan.FromSeconds(31));
        await _lookups.FindAsync("slow.example", places, CancellationToken.None).AsTask().WaitAsync(Timeouts.Test);
        Assert.Equal(2, _asked.Count);
    }

    [Fact]
    public async Task Host_WithTooManyNames_Waits_AndAnotherDoesNot()
    {
        using SemaphoreSlim ofOne = new(NameLookups.OfHostMax), ofOther = new(NameLookups.OfHostMax);
        using var patience = new CancellationTokenSource();
        var own = Enumerable.Range(0, 50).Select(i => _lookups.FindAsync($"slow{i}.example", ofOne, patience.Token).AsTask()).ToArray();
        Assert.True(SpinWait.SpinUntil(() => _asked.Count == NameLookups.OfHostMax, Timeouts.Test));

        Assert.Equal([IPAddress.Loopback], await _lookups.FindAsync("quick.example", ofOther, CancellationToken.None).AsTask().WaitAsync(Timeouts.Test));

        // Those who give up free no place: the system goes on looking.
        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.WhenAll(own).WaitAsync(Timeouts.Test));
        Assert.All(own, each => Assert.True(each.IsCanceled));
        Assert.Equal(0, ofOne.CurrentCount);
        Assert.Equal(NameLookups.OfHostMax + 1, _asked.Count);
        _answers.Set();
        Assert.True(SpinWait.SpinUntil(() => ofOne.CurrentCount == NameLookups.OfHostMax, Timeouts.Test));
    }

    [Fact]
    public async Task Name_ThatDoesNotExist_IsToldToAllWhoAsk_AndAskedForAgain()
    {
        _answers.Set();

        await Assert.ThrowsAsync<SocketException>(() => _lookups.FindAsync("nobody.invalid", null, CancellationToken.None).AsTask());
        await Assert.ThrowsAsync<SocketException>(() => _lookups.FindAsync("nobody.invalid", null, CancellationToken.None).AsTask());

        Assert.Equal(2, _asked.Count);
    }

    private IPAddress[] Resolve(string name)
    {
        _asked.Enqueue(name);
        if (name.StartsWith("slow", StringComparison.OrdinalIgnoreCase))
        {
            _answers.Wait(Timeouts.Test);
        }

        return name.EndsWith(".invalid", StringComparison.Ordinal) ? throw new SocketException((int)SocketError.HostNotFound) : [IPAddress.Loopback];
    }
}
