using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Rosters;
using Krewe.Grains.Rosters;
using Krewe.Grains.Sessions;
using Krewe.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Storage;

namespace Krewe.Tests.Grains;

/// <summary>A silo with the roster grain, and a store that survives <see cref="RestartAsync"/>.</summary>
public sealed class RosterSilo : HookSilo
{
    internal FakeStorage Storage { get; } = new();

    internal async Task RestartAsync()
    {
        await DisposeAsync();
        await InitializeAsync();
    }

    /// <summary>A host of its own for a test, whose rosters come from the hook.</summary>
    internal HostSettings AddHost(HookServer hook, Func<HttpRosterSettings, HttpRosterSettings>? with = null) => AddHost($"{hook.Url}/contacts/%s", with);

    internal HostSettings AddHost(string url, Func<HttpRosterSettings, HttpRosterSettings>? with = null)
    {
        var roster = new HttpRosterSettings { Url = url };
        return AddHost(host => host with { HttpRoster = with is null ? roster : with(roster) });
    }

    internal IRosterGrain Roster(HostSettings host, string localpart = "romeo") => Grains.Roster(Jid.Parse($"{localpart}@{host.Domain}"));

    protected override void AddGrains(IServiceCollection services)
    {
        services.AddKeyedSingleton<IGrainStorage>("rosters", Storage);
        services.AddKreweRosters();
        services.AddSingleton<FrontendLanes>();
    }
}

/// <summary>The machine's time, put forward.</summary>
internal sealed class ShiftedTime : TimeProvider
{
    private TimeSpan _by;

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + _by;

    public void Forward(TimeSpan by) => _by += by;
}
