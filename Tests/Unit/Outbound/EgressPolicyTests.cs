using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Krewe.Contracts.Hosting;
using Krewe.Grains.Outbound;

namespace Krewe.Tests.Unit.Outbound;

public sealed class EgressPolicyTests
{
    [Theory]
    [InlineData("8.8.8.8")]
    [InlineData("1.1.1.1")]
    [InlineData("172.15.255.255")]
    [InlineData("172.32.0.1")]
    [InlineData("100.63.255.255")]
    [InlineData("100.128.0.1")]
    [InlineData("198.17.0.1")]
    [InlineData("223.255.255.254")]
    [InlineData("2606:4700::1111")]
    [InlineData("2a00:1450:4001:81b::200e")]
    [InlineData("::ffff:8.8.8.8")]
    [InlineData("64:ff9b::8.8.8.8")]
    [InlineData("2002:808:808::1")]
    public void Allows_GlobalUnicast_Passes(string address) => Assert.True(Policy().Allows(IPAddress.Parse(address), 443));

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("0.1.2.3")]
    [InlineData("127.0.0.1")]
    [InlineData("127.255.255.254")]
    [InlineData("10.0.0.1")]
    [InlineData("172.16.0.1")]
    [InlineData("172.31.255.255")]
    [InlineData("192.168.1.1")]
    [InlineData("169.254.169.254")]
    [InlineData("100.64.0.1")]
    [InlineData("100.127.255.255")]
    [InlineData("192.0.0.8")]
    [InlineData("192.0.2.1")]
    [InlineData("192.88.99.1")]
    [InlineData("198.18.0.1")]
    [InlineData("198.19.255.255")]
    [InlineData("198.51.100.7")]
    [InlineData("203.0.113.9")]
    [InlineData("224.0.0.1")]
    [InlineData("239.255.255.250")]
    [InlineData("240.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("fe80::1")]
    [InlineData("febf::1")]
    [InlineData("fec0::1")]
    [InlineData("fc00::1")]
    [InlineData("fd12:3456::1")]
    [InlineData("ff02::1")]
    [InlineData("2001:db8::1")]
    [InlineData("3fff::1")]
    [InlineData("2001:2::1")]
    [InlineData("100::1")]
    [InlineData("5f00::1")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("::ffff:10.0.0.1")]
    [InlineData("::ffff:169.254.169.254")]
    [InlineData("::127.0.0.1")]
    [InlineData("64:ff9b::10.0.0.1")]
    [InlineData("64:ff9b::169.254.169.254")]
    [InlineData("64:ff9b:1::192.168.0.1")]
    [InlineData("2002:a00:1::1")]
    [InlineData("2002:7f00:1::")]
    [InlineData("2001:0:808:808::f5ff:fffe")]
    [InlineData("2a00::5efe:10.0.0.1")]
    [InlineData("2a00::200:5efe:192.168.0.1")]
    public void Allows_Special_Refuses(string address) => Assert.False(Policy().Allows(IPAddress.Parse(address), 443));

    [Theory]
    [InlineData("10.0.0.0/8", null, "10.1.2.3", 80, true)]
    [InlineData("10.0.0.0/8", null, "::ffff:10.1.2.3", 80, true)]
    [InlineData("10.0.0.0/8", null, "64:ff9b::10.1.2.3", 80, true)]
    [InlineData("10.0.0.0/8", null, "11.1.2.3", 80, true)]
    [InlineData("10.0.0.0/8", null, "192.168.0.1", 80, false)]
    [InlineData("127.0.0.1/32", 5290, "127.0.0.1", 5290, true)]
    [InlineData("127.0.0.1/32", 5290, "127.0.0.1", 5291, false)]
    [InlineData("127.0.0.1/32", 5290, "127.0.0.2", 5290, false)]
    [InlineData("127.0.0.1/32", 5290, "::1", 5290, false)]
    [InlineData("::1/128", null, "::1", 5290, true)]
    [InlineData("fd00::/8", null, "fd12::1", 443, true)]
    public void Allows_WithAllowance_IsJudgedByNetworkAndPort(string network, int? allowedPort, string address, int port, bool isAllowed) =>
        Assert.Equal(isAllowed, Policy(o => o with { EgressAllow = [new(IPNetwork.Parse(network), allowedPort)] }).Allows(IPAddress.Parse(address), port));

    [Theory]
    [InlineData("127.0.0.1:5222", "127.0.0.1", 5222)]
    [InlineData("127.0.0.1:5222", "::ffff:127.0.0.1", 5222)]
    [InlineData("127.0.0.1:5222", "64:ff9b::127.0.0.1", 5222)]
    [InlineData("127.0.0.1:5222", "0.0.0.0", 5222)]
    [InlineData("127.0.0.1:5222", "::", 5222)]
    [InlineData("[::1]:5222", "::1", 5222)]
    [InlineData("0.0.0.0:5222", "127.0.0.1", 5222)]
    [InlineData("0.0.0.0:5222", "127.9.9.9", 5222)]
    [InlineData("[::]:5222", "127.0.0.1", 5222)]
    [InlineData("[::]:5222", "::1", 5222)]
    [InlineData("[::ffff:127.0.0.1]:5222", "127.0.0.1", 5222)]
    public void Allows_OwnListener_RefusesAlsoWhenAllowed(string listener, string address, int port)
    {
        var everything = new EgressAllowance[] { new(IPNetwork.Parse("0.0.0.0/0"), null), new(IPNetwork.Parse("::/0"), null) };
        foreach (var listening in new Func<KreweOptions, KreweOptions>[]
        {
            o => o with { ListenC2S = [IPEndPoint.Parse(listener)] },
            o => o with { ListenC2STls = [IPEndPoint.Parse(listener)] },
            o => o with { ListenComponent = [IPEndPoint.Parse(listener)] },
            o => o with { ListenHttp = [IPEndPoint.Parse(listener)] },
            o => o with { ListenHttps = [IPEndPoint.Parse(listener)] },
            o => o with { ListenCluster = [IPEndPoint.Parse(listener)] },
        })
        {
            var policy = Policy(o => listening(o with { EgressAllow = [.. everything] }));
            Assert.False(policy.Allows(IPAddress.Parse(address), port));
            Assert.True(policy.Allows(IPAddress.Parse(address), port + 1));
        }
    }

    [Fact]
    public void Allows_AnAddressOfThisMachine_IsRefusedForAListenerOnEveryAddress()
    {
        var policy = Policy(o => o with
        {
            EgressAllow = [new(IPNetwork.Parse("0.0.0.0/0"), null)], ListenC2S = [new IPEndPoint(IPAddress.Any, 5222)],
        });
        var own = NetworkInterface.GetAllNetworkInterfaces().SelectMany(network => network.GetIPProperties().UnicastAddresses)
            .Select(unicast => unicast.Address).Where(address => address.AddressFamily == AddressFamily.InterNetwork).ToArray();

        Assert.NotEmpty(own);
        Assert.All(own, address => Assert.False(policy.Allows(address, 5222)));
        Assert.True(policy.Allows(IPAddress.Parse("10.255.254.253"), 5222));
    }

    private static EgressPolicy Policy(Func<KreweOptions, KreweOptions>? with = null)
    {
        var options = new KreweOptions { Data = "/nonexistent", AdminToken = "" };
        return new(with is null ? options : with(options));
    }
}
