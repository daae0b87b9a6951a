using System.Net;
using Krewe.Contracts.Hosting;
using Krewe.Contracts.Hosts;
using Krewe.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Krewe.Tests.Grains;

/// <summary>One silo with grains that call tenants' services on this machine, hosts that tests set, and a clock that can be put forward.</summary>
public abstract partial class HookSilo : IAsyncLifetime
{
    private static int s_domains;

    private IHost _host = null!;

    internal FakeHosts Hosts { get; } = new();

    internal ShiftedTime Time { get; } = new();

    internal LargeWork Large => _host.Services.GetRequiredService<LargeWork>();

    internal IGrainFactory Grains => _host.Services.GetRequiredService<IGrainFactory>();

    public async Task InitializeAsync()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.SetMinimumLevel(LogLevel.None);
        builder.UseOrleans(silo =>
        {
            Cluster(silo);
            silo.Services.AddSingleton<TimeProvider>(Time);
            silo.Services.AddSingleton<IHostSettingsSource>(Hosts);
            silo.Services.AddSingleton(new KreweOptions
            {
                Data = "/nonexistent",
                AdminToken = "",
                EgressAllow = [new EgressAllowance(IPNetwork.Parse("127.0.0.0/8"), null)],
            });
            AddGrains(silo.Services);
        });
        _host = builder.Build();
        await _host.StartAsync();
    }

    public async Task DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }

    /// <summary>A domain that no other test has.</summary>
    internal static string NewDomain() => $"h{Interlocked.Increment(ref s_domains)}.example";

    /// <summary>A host of its own for a test.</summary>
    internal HostSettings AddHost(Func<HostSettings, HostSettings>? with = null)
    {
        var plain = HostSettings.Default(NewDomain()) with { Tenant = "t" };
        var host = with is null ? plain : with(plain);
        Hosts.Set(host);
        return host;
    }

    /// <summary>What the grains under test need.</summary>
    protected abstract void AddGrains(IServiceCollection services);

    static partial void Cluster(ISiloBuilder silo);
}
