using System.Diagnostics;
using Krewe.Contracts.Hosting;
using Krewe.Contracts.Hosts;
using Krewe.Frontend.Http;
using Krewe.Tests.Support;

namespace Krewe.Tests.Unit.Http;

/// <summary>How often the keys of one tenant may call the API: more than that waits, and is refused when it would wait for long.</summary>
public sealed class TenantRequestsTests : IDisposable
{
    private const int PerSecond = 1;
    private const int Burst = 2 * PerSecond;
    private const int Waiting = 5 * PerSecond;

    private static readonly ApiCaller OfA = new(false, "a.example", [], "id");
    private static readonly ApiCaller OfB = new(false, "b.example", [], "id");
    private static readonly ApiCaller OfNobody = new(false, "nobody.example", [], "id");
    private static readonly ApiCaller OfTenant = new(false, null, [], "id") { Tenant = "t" };

    private readonly FakeHosts _hosts = new();
    private readonly TenantRequests _requests;

    public TenantRequestsTests()
    {
        _hosts.Set(HostSettings.Default("a.example") with { Tenant = "t" });
        _hosts.Set(HostSettings.Default("b.example") with { Tenant = "t" });
        _hosts.Set(HostSettings.Default("nobody.example"));
        _requests = new(new KreweOptions { Data = "", AdminToken = "", RequestsPerSecond = PerSecond }, _hosts);
    }

    [Fact]
    public async Task AllKeysOfATenant_HaveOneShare_AndOthersHaveTheirs()
    {
        ApiCaller[] callers = [OfA, OfB, OfTenant];
        var began = Stopwatch.GetTimestamp();
        var all = Enumerable.Range(0, Burst + Waiting).Select(i => BeginAsync(callers[i % 3])).ToArray();
        Assert.Equal(Burst, all.Count(static one => one.IsCompleted));

        Assert.False(await BeginAsync(OfB).WaitAsync(Timeouts.Test));
        Assert.True(await BeginAsync(OfNobody));
        Assert.True(await _requests.TryBeginAsync(OfB, isRefresh: true, CancellationToken.None));
        Assert.True(await BeginAsync(ApiCaller.Provider));

        Assert.All(await Task.WhenAll(all).WaitAsync(Timeouts.Test), Assert.True);
        Assert.True(Stopwatch.GetElapsedTime(began) > TimeSpan.FromSeconds(4), "five of one a second");
    }

    [Fact]
    public async Task CallerWhoIsGone_WaitsNoMore()
    {
        for (var i = 0; i < Burst; i++)
        {
            await BeginAsync(OfA);
        }

        using var gone = new CancellationTokenSource();
        var waiting = _requests.TryBeginAsync(OfA, false, gone.Token).AsTask();
        await gone.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    [Fact]
    public async Task NoBound_IsNone()
    {
        using var unbounded = new TenantRequests(new KreweOptions { Data = "", AdminToken = "", RequestsPerSecond = 0 }, _hosts);
        for (var i = 0; i < 10_000; i++)
        {
            Assert.True(await unbounded.TryBeginAsync(OfA, false, CancellationToken.None));
        }
    }

    public void Dispose() => _requests.Dispose();

    private Task<bool> BeginAsync(ApiCaller caller) => _requests.TryBeginAsync(caller, false, CancellationToken.None).AsTask();
}
