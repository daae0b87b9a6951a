using System.Collections.Immutable;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Muc;
using Krewe.Grains.Muc;
using Krewe.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Krewe.Tests.Grains.Muc;

/// <summary>A silo with the grains that decide about joins, and room services that tests set.</summary>
public sealed class MucSilo : HookSilo
{
    /// <summary>A room service of its own for a test, whose joins the hook decides about.</summary>
    internal MucService AddService(HookServer hook, Func<MucHttpAuthSettings, MucHttpAuthSettings>? with = null) => AddService($"{hook.Url}/can-join", with);

    internal MucService AddService(string url, Func<MucHttpAuthSettings, MucHttpAuthSettings>? with = null)
    {
        var host = HostSettings.Default(NewDomain()) with { Tenant = "t" };
        var auth = new MucHttpAuthSettings { Url = url };
        var service = new MucService(this, host, with is null ? auth : with(auth));
        service.Set(service.Auth);
        return service;
    }

    protected override void AddGrains(IServiceCollection services) => services.AddKreweMuc();
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
