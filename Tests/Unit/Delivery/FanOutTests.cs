using Krewe.Contracts.Hosts;
using Krewe.Frontend.Delivery;
using Krewe.Tests.Support;

namespace Krewe.Tests.Unit.Delivery;

/// <summary>What a host's rooms send out is the host's: who sends to them waits for it, and nobody else.</summary>
public sealed class FanOutTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly FakeHosts _hosts = new();
    private readonly FanOut _fanOut;

    public FanOutTests()
    {
        _fanOut = new FanOut(_hosts, _time);
        Set("h.example", 1);
        Set("other.example", 1);
    }

    [Fact]
    public async Task Sender_ToARoomWhoseHostIsOverItsShare_Waits_AndAnotherDoesNot()
    {
        // A thousand copies a second, of which a hundred at once.
        _fanOut.Charge("rooms.h.example", 2100);

        var waiting = AfterAsync("h.example");
        Assert.True(AfterAsync("other.example").IsCompletedSuccessfully);
        _time.Advance(TimeSpan.FromSeconds(1.9));
        Assert.False(waiting.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(0.2));
        await waiting.WaitAsync(Timeouts.Test);
        Assert.True(AfterAsync("h.example").IsCompletedSuccessfully);
    }

    [Fact]
    public async Task RaisedLimit_CountsForWhoWaits()
    {
        _fanOut.Charge("h.example", 1_000_000);
        var waiting = AfterAsync("h.example");

        Set("h.example", 0);
        _time.Advance(TimeSpan.FromSeconds(1));

        await waiting.WaitAsync(Timeouts.Test);
    }

    [Fact]
    public void Host_WithoutALimit_AndOneThatIsUnknown_AreNotCounted()
    {
        Set("free.example", 0);
        _fanOut.Charge("free.example", int.MaxValue);
        _fanOut.Charge("nowhere.example", int.MaxValue);

        Assert.True(AfterAsync("free.example").IsCompletedSuccessfully);
    }

    private Task AfterAsync(string host) => _fanOut.AfterAsync(default, Host(host)).AsTask();

    private HostSettings Host(string domain) => _hosts.TryGetLoaded(domain, out var host) ? host : throw new InvalidOperationException(domain);

    private void Set(string domain, int stanzas) => _hosts.Set(HostSettings.Default(domain) with
    {
        Limits = new HostLimits { StanzasPerSecond = stanzas },
        Components = HostSettings.Default(domain).Components.Add($"rooms.{domain}", new MucServiceSettings { Domain = $"rooms.{domain}" }),
    });
}
