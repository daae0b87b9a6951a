using System.Net;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosting;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Rosters;
using Krewe.Grains.Rosters;
using Krewe.Grains.Sessions;
using Krewe.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Storage;

namespace Krewe.Tests.Grains;

/// <summary>One silo with the roster grain, hosts that tests set, a store that survives <see cref="RestartAsync"/>, and a clock that can be put forward.</summary>
public sealed partial class RosterSilo : IAsyncLifetime
{
    private static int s_domains;

    private readonly FakeStorage _storage = new();
    private IHost _host = null!;

    internal FakeHosts Hosts { get; } = new();

    internal FakeStorage Storage => _storage;

    internal ShiftedTime Time { get; } = new();

    internal IGrainFactory Grains => _host.Services.GetRequiredService<IGrainFactory>();

    public Task InitializeAsync() => StartAsync();

    public async Task DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }

    internal async Task RestartAsync()
    {
        await DisposeAsync();
        await StartAsync();
    }

    /// <summary>A host of its own for a test, whose rosters come from the hook.</summary>
    internal HostSettings AddHost(HookServer hook, Func<HttpRosterSettings, HttpRosterSettings>? with = null) => AddHost($"{hook.Url}/contacts/%s", with);

    internal HostSettings AddHost(string url, Func<HttpRosterSettings, HttpRosterSettings>? with = null)
    {
        var roster = new HttpRosterSettings { Url = url };
        return AddHost(host => host with { HttpRoster = with is null ? roster : with(roster) });
    }

    internal HostSettings AddHost(Func<HostSettings, HostSettings>? with = null)
    {
        var plain = new HostSettings { Domain = $"h{Interlocked.Increment(ref s_domains)}.example", Tenant = "t" };
        var host = with is null ? plain : with(plain);
        Hosts.Set(host);
        return host;
    }

    internal IRosterGrain Roster(HostSettings host, string localpart = "romeo") => Grains.Roster(Jid.Parse($"{localpart}@{host.Domain}"));

    private async Task StartAsync()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.SetMinimumLevel(LogLevel.None);
        builder.UseOrleans(silo =>
        {
            Cluster(silo);
            silo.Services.AddSingleton<TimeProvider>(Time);
            silo.Services.AddSingleton<IHostSettingsSource>(Hosts);
            silo.Services.AddKeyedSingleton<IGrainStorage>("rosters", _storage);
            silo.Services.AddSingleton(new KreweOptions
            {
                Data = "/nonexistent",
                AdminToken = "",
                EgressAllow = [new EgressAllowance(IPNetwork.Parse("127.0.0.0/8"), null)],
            });
            silo.Services.AddKreweRosters();
            silo.Services.AddSingleton<FrontendLanes>();
        });
        _host = builder.Build();
        await _host.StartAsync();
    }

    static partial void Cluster(ISiloBuilder silo);
}

/// <summary>The machine's time, put forward.</summary>
internal sealed class ShiftedTime : TimeProvider
{
    private TimeSpan _by;

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + _by;

    public void Forward(TimeSpan by) => _by += by;
}
