using System.Net;
using Krewe.Contracts.Hosting;
using Krewe.Contracts.Hosts;
using Krewe.Grains.Delegation;
using Krewe.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Krewe.Tests.Grains.Delegation;

/// <summary>One silo with the grain that asks tenants' services, and hosts that tests set.</summary>
public sealed partial class DelegationSilo : IAsyncLifetime
{
    private static int s_domains;

    private IHost _host = null!;

    internal FakeHosts Hosts { get; } = new();

    internal IGrainFactory Grains => _host.Services.GetRequiredService<IGrainFactory>();

    public async Task InitializeAsync()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.SetMinimumLevel(LogLevel.None);
        builder.UseOrleans(silo =>
        {
            Cluster(silo);
            silo.Services.AddSingleton(TimeProvider.System);
            silo.Services.AddSingleton<IHostSettingsSource>(Hosts);
            silo.Services.AddSingleton(new KreweOptions
            {
                Data = "/nonexistent",
                AdminToken = "",
                EgressAllow = [new EgressAllowance(IPNetwork.Parse("127.0.0.0/8"), null)],
            });
            silo.Services.AddKreweDelegation();
        });
        _host = builder.Build();
        await _host.StartAsync();
    }

    public async Task DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }

    /// <summary>A host of its own for a test, with one namespace that a service answers.</summary>
    internal HostSettings AddHost(string url, Func<HostSettings, HostSettings>? with = null)
    {
        var plain = new HostSettings
        {
            Domain = $"d{Interlocked.Increment(ref s_domains)}.example",
            Tenant = "t",
            Delegations = [new DelegationGrant { Namespace = "urn:example:ns", Url = url, Timeout = TimeSpan.FromSeconds(10) }],
        };
        var host = with is null ? plain : with(plain);
        Hosts.Set(host);
        return host;
    }

    static partial void Cluster(ISiloBuilder silo);
}
