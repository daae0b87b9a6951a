using System.Collections.Immutable;
using Krewe.Contracts.Hosts;

namespace Krewe.Frontend.Http;

/// <summary>Who calls the API.</summary>
/// <param name="IsProvider">With the provider's token, which may do everything.</param>
/// <param name="Host">The host whose key it is; null for the provider and for a tenant's key.</param>
/// <param name="Scopes">What the key is for; empty for the provider, who needs none.</param>
/// <param name="KeyId">For logs; null for the provider.</param>
internal sealed record ApiCaller(bool IsProvider, string? Host, ImmutableArray<string> Scopes, string? KeyId)
{
    public static readonly ApiCaller Provider = new(true, null, [], null);

    /// <summary>The tenant whose key it is; null for the provider and for a host's key.</summary>
    public string? Tenant { get; init; }

    /// <summary>What the key was called when it was made.</summary>
    public string? KeyName { get; init; }

    /// <summary>As histories name who did something: <c>provider</c>, or <c>key:</c> or <c>tenant-key:</c> and the key's id.</summary>
    public string Name => KeyId is null ? "provider" : Tenant is null ? $"key:{KeyId}" : $"tenant-key:{KeyId}";

    public bool Has(string scope) => IsProvider || Scopes.Contains(scope);

    /// <summary>Whether the caller may act on a host at all: a host's key only on its own, a tenant's on those whose documents name it.</summary>
    /// <param name="domain">The host's domain.</param>
    /// <param name="hosts">Asked only for a tenant's key.</param>
    public async ValueTask<bool> IsForAsync(string domain, IHostSettingsSource hosts) =>
        IsProvider || Host == domain || (Tenant is not null && (await hosts.GetAsync(domain))?.Tenant == Tenant);
}
