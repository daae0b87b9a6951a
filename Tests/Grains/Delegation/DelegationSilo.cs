using Krewe.Contracts.Hosts;
using Krewe.Grains.Delegation;
using Microsoft.Extensions.DependencyInjection;

namespace Krewe.Tests.Grains.Delegation;

/// <summary>A silo with the grain that asks tenants' services.</summary>
public sealed class DelegationSilo : HookSilo
{
    /// <summary>A host of its own for a test, with one namespace that a service answers.</summary>
    internal HostSettings AddHost(string url, Func<HostSettings, HostSettings>? with = null) => AddHost(plain =>
    {
        var host = plain with { Delegations = [new DelegationGrant { Namespace = "urn:example:ns", Url = url, Timeout = TimeSpan.FromSeconds(10) }] };
        return with is null ? host : with(host);
    });

    protected override void AddGrains(IServiceCollection services) => services.AddKreweDelegation();
}
