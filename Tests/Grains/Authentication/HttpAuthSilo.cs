using Krewe.Contracts.Accounts;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Grains.Authentication;
using Microsoft.Extensions.DependencyInjection;

namespace Krewe.Tests.Grains.Authentication;

/// <summary>A silo with the grains that ask tenants' services for passwords.</summary>
public sealed class HttpAuthSilo : HookSilo
{
    /// <summary>A host of its own for a test.</summary>
    internal HostSettings AddHost(HttpAuthSettings? auth, Func<HostSettings, HostSettings>? with = null) => AddHost(plain =>
    {
        var host = plain with { Authentication = [HostAuthentication.Http], HttpAuth = auth };
        return with is null ? host : with(host);
    });

    internal IHttpAuthGrain Of(HostSettings host, string localpart = "romeo") => Grains.HttpAuth(Jid.Parse($"{localpart}@{host.Domain}"));

    protected override void AddGrains(IServiceCollection services) => services.AddKreweAuthentication();
}
