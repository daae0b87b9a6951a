using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Microsoft.AspNetCore.Http;

namespace Krewe.Frontend.Http;

/// <summary>Whose keys a request is about: a host's or a tenant's.</summary>
internal sealed record KeyOwner(ApiCaller Caller, string? Host, string? Tenant)
{
    public static KeyOwner Of(HttpContext http) => http.Features.Get<TenantAccess>() is { } access
        ? new KeyOwner(access.Caller, null, access.Tenant)
        : new KeyOwner(HostAccess.Of(http).Caller, HostAccess.Of(http).Domain, null);

    public IKeyRingGrain Ring(IGrainFactory grains) => Host is null ? grains.TenantKeys(Tenant!) : grains.HostKeys(Host);

    public ApiKey WithLatest(KeyUses uses, ApiKey key) => uses.WithLatest(key, Host, Tenant);

    public string Token(NewApiKey made) =>
        Host is null ? new TenantKeyToken(Tenant!, made.Key.Id, made.Secret).ToToken() : new HostKeyToken(Host, made.Key.Id, made.Secret).ToToken();

    public void Forget(AdminAuthentication authentication, string keyId)
    {
        if (Host is null)
        {
            authentication.ForgetTenantKey(Tenant!, keyId);
        }
        else
        {
            authentication.Forget(Host, keyId);
        }
    }
}
