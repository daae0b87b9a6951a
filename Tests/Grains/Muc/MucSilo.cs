using System.Collections.Immutable;
using System.Net;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosting;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Muc;
using Krewe.Grains.Muc;
using Krewe.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Krewe.Tests.Grains.Muc;

/// <summary>One silo with the grains that decide about joins, room services that tests set, and a clock that can be put forward.</summary>
public sealed partial class MucSilo : IAsyncLifetime
{
    private static int s_domains;

    private IHost _host = null!;

    internal FakeHosts Hosts { get; } = new();

    internal ShiftedTime Time { get; } = new();

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
            silo.Services.AddKreweMuc();
        });
        _host = builder.Build();
        await _host.StartAsync();
    }

    public async Task DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }

    /// <summary>A room service of its own for a test, whose joins the hook decides about.</summary>
    internal MucService AddService(HookServer hook, Func<MucHttpAuthSettings, MucHttpAuthSettings>? with = null) => AddService($"{hook.Url}/can-join", with);

    internal MucService AddService(string url, Func<MucHttpAuthSettings, MucHttpAuthSettings>? with = null)
    {
        var host = new HostSettings { Domain = $"m{Interlocked.Increment(ref s_domains)}.example", Tenant = "t" };
        var auth = new MucHttpAuthSettings { Url = url };
        var service = new MucService(this, host, with is null ? auth : with(auth));
        service.Set(service.Auth);
        return service;
    }

    static partial void Cluster(ISiloBuilder silo);
}

/// <summary>A room service for a test.</summary>
internal sealed record MucService(MucSilo Silo, HostSettings Host, MucHttpAuthSettings Auth)
{
    public string Domain => $"rooms.{Host.Domain}";

    public IMucDecisionsGrain Decisions => Silo.Grains.MucDecisions(Domain);

    public Jid Room(string localpart = "stage") => Jid.Parse($"{localpart}@{Domain}");

    public IMucAuthGrain Of(string user = "romeo", string room = "stage") => Silo.Grains.MucAuth(Room(room), Jid.Parse($"{user}@{Host.Domain}"));

    /// <summary>Changes who decides; null for nobody.</summary>
    public void Set(MucHttpAuthSettings? auth) => Silo.Hosts.Set(
        Host with { Components = ImmutableDictionary<string, ComponentSettings>.Empty.Add(Domain, new MucServiceSettings { Domain = Domain, HttpAuth = auth }) });

    /// <summary>Leaves the host without it.</summary>
    public void Remove() => Silo.Hosts.Set(Host);
}
