using System.Net;
using Krewe.Contracts.Accounts;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosting;
using Krewe.Contracts.Hosts;
using Krewe.Grains.Authentication;
using Krewe.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Krewe.Tests.Grains.Authentication;

/// <summary>One silo with the grains that ask tenants' services for passwords, hosts that tests set, and a clock that can be put forward.</summary>
public sealed partial class HttpAuthSilo : IAsyncLifetime
{
    private static int s_domains;

    private IHost _host = null!;

    internal FakeHosts Hosts { get; } = new();

    internal ShiftedTime Time { get; } = new();

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
            silo.Services.AddKreweAuthentication();
        });
        _host = builder.Build();
        await _host.StartAsync();
    }

    public async Task DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }

    /// <summary>A host of its own for a test.</summary>
    internal HostSettings AddHost(HttpAuthSettings? auth, Func<HostSettings, HostSettings>? with = null)
    {
        var host = HostSettings.Default($"a{Interlocked.Increment(ref s_domains)}.example") with { Authentication = [HostAuthentication.Http], HttpAuth = auth };
        host = with is null ? host : with(host);
        Hosts.Set(host);
        return host;
    }

    internal IHttpAuthGrain Of(HostSettings host, string localpart = "romeo") =>
        _host.Services.GetRequiredService<IGrainFactory>().HttpAuth(Jid.Parse($"{localpart}@{host.Domain}"));

    static partial void Cluster(ISiloBuilder silo);
}
