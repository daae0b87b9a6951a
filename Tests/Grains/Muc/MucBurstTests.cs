using System.Diagnostics;
using Krewe.Contracts.Muc;
using Krewe.Tests.Support;
using Xunit.Abstractions;

namespace Krewe.Tests.Grains.Muc;

/// <summary>Everybody at once, as after a reconnect: one call for each, never more at a time than the service can bear, and everybody is answered.</summary>
public sealed class MucBurstTests(MucSilo silo, ITestOutputHelper output) : IClassFixture<MucSilo>, IAsyncLifetime
{
    private HookServer _hook = null!;

    public async Task InitializeAsync() => _hook = await HookServer.StartAsync();

    public async Task DisposeAsync() => await _hook.DisposeAsync();

    [Fact]
    public async Task TwoHundredUsers_OfOneRoom_AreTwoHundredCallsAndAtMost64AtOnce()
    {
        var (decisions, most) = await JoinAsync(200);

        Assert.All(decisions, decision => Assert.Equal(MucVerdict.Admitted, decision.Verdict));
        Assert.Equal(200, _hook.Requests.Count);
        Assert.InRange(most, 2, 64);
    }

    [Fact]
    public async Task AThousandUsers_WithTheDefaults_AreAllAnsweredInTime()
    {
        var clock = Stopwatch.StartNew();
        var (decisions, most) = await JoinAsync(1000);
        output.WriteLine($"{clock.ElapsedMilliseconds} ms, at most {most} at once");

        Assert.All(decisions, decision => Assert.Equal(MucVerdict.Admitted, decision.Verdict));
        Assert.Equal(1000, _hook.Requests.Select(request => request.Target).Distinct().Count());
        Assert.Equal(1000, _hook.Requests.Count);
        Assert.InRange(most, 2, 64);
    }

    private async Task<(MucDecision[] Decisions, int Most)> JoinAsync(int users)
    {
        var (under, most) = (0, 0);
        var gate = new Lock();
        _hook.Answers("""{"allowed":true}""");
        var yes = _hook.Handler;
        _hook.Handler = async context =>
        {
            lock (gate)
            {
                most = Math.Max(most, ++under);
            }

            await Task.Delay(50);
            lock (gate)
            {
                under--;
            }

            await yes(context);
        };

        var service = silo.AddService(_hook);
        return (await Task.WhenAll(Enumerable.Range(0, users).Select(i => service.Of($"user{i}").DecideAsync($"n{i}", false))).WaitAsync(Timeouts.Test), most);
    }
}
