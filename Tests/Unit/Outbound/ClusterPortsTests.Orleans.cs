using System.Net;
using System.Net.NetworkInformation;
using Krewe.Contracts.Hosting;
using Krewe.Grains.Outbound;
using Krewe.Tests.Defects;
using Microsoft.Extensions.DependencyInjection;

namespace Krewe.Tests.Unit.Outbound;

/// <summary>The silo's and the gateway's ports are as closed to tenants' URLs as every other listener.</summary>
public sealed class ClusterPortsTests(RunningKrewe krewe) : IClassFixture<RunningKrewe>
{
    [Fact]
    public void PortsOfTheSilo_AreListenedAtAndRefusedAlthoughLoopbackIsAllowed()
    {
        var ports = krewe.Services.GetRequiredService<KreweOptions>().ListenCluster.Select(endpoint => endpoint.Port).ToArray();
        var listening = IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Select(endpoint => endpoint.Port).ToHashSet();
        var egress = krewe.Services.GetRequiredService<EgressPolicy>();

        Assert.Equal(2, ports.Distinct().Count());
        Assert.All(ports, port =>
        {
            Assert.Contains(port, listening);
            Assert.False(egress.Allows(IPAddress.Loopback, port));
            Assert.True(egress.Allows(IPAddress.Loopback, FreeNeighbour(port)));
        });

        int FreeNeighbour(int port) => Enumerable.Range(port + 1, 10).First(other => !ports.Contains(other));
    }
}
