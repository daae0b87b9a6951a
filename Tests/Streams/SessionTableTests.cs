using System.Diagnostics;
using Krewe.Frontend.Delivery;
using Krewe.Tests.Defects;
using Krewe.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Krewe.Tests.Streams;

public sealed class SessionTableTests(RunningKrewe krewe) : IClassFixture<RunningKrewe>
{
    [Fact]
    public async Task CountOf_FollowsTheSessionsOfEachHost()
    {
        var sessions = krewe.Services.GetRequiredService<SessionTable>();
        var (tenant, other) = (await krewe.TenantAsync(), await krewe.TenantAsync());
        var (first, second) = (await tenant.LoginAsync("romeo"), await tenant.LoginAsync("romeo"));
        await other.LoginAsync("hamlet");
        Assert.Equal((2, 1, 0), (sessions.CountOf(tenant.Domain), sessions.CountOf(other.Domain), sessions.CountOf("nobody.example")));

        await tenant.LogoutAsync(first);
        await CountIsAsync(1);
        await second.DisposeAsync();
        await CountIsAsync(0);
        Assert.Equal(1, sessions.CountOf(other.Domain));

        async Task CountIsAsync(int count)
        {
            var patience = Stopwatch.StartNew();
            while (sessions.CountOf(tenant.Domain) != count)
            {
                Assert.True(patience.Elapsed < Timeouts.Test, $"{sessions.CountOf(tenant.Domain)} sessions instead of {count}");
                await Task.Delay(TimeSpan.FromMilliseconds(5));
            }
        }
    }
}
