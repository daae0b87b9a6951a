using System.Collections.Immutable;

namespace Krewe.Frontend.Http;

/// <summary>Who calls the API.</summary>
/// <param name="IsProvider">With the provider's token, which may do everything.</param>
/// <param name="Host">The host whose key it is; null for the provider.</param>
/// <param name="Scopes">What the key is for; empty for the provider, who needs none.</param>
/// <param name="KeyId">For logs; null for the provider.</param>
internal sealed record ApiCaller(bool IsProvider, string? Host, ImmutableArray<string> Scopes, string? KeyId)
{
    public static readonly ApiCaller Provider = new(true, null, [], null);

    /// <summary>As histories name who did something: <c>provider</c>, or <c>key:</c> and the key's id.</summary>
    public string Name => KeyId is null ? "provider" : $"key:{KeyId}";

    public bool Has(string scope) => IsProvider || Scopes.Contains(scope);

    /// <summary>Whether the caller may act on a host at all; a key only on its own.</summary>
    public bool IsFor(string domain) => IsProvider || Host == domain;
}
