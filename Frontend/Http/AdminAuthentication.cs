using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosting;
using Krewe.Contracts.Hosts;
using Microsoft.AspNetCore.Http;

namespace Krewe.Frontend.Http;

/// <summary>
/// Finds out who calls, by bearer token (RFC 6750 §2.1): the provider's, or a host's key. Keys that were found good are remembered for
/// <see cref="RememberFor"/> by their hash, so that an application that calls often costs no grain call each time; bad ones are not.
/// </summary>
internal sealed class AdminAuthentication(KreweOptions options, IGrainFactory grains, IHostSettingsSource hosts, TimeProvider time)
{
    /// <summary>So long may a key be good for in this process after another one deleted it.</summary>
    public static readonly TimeSpan RememberFor = TimeSpan.FromSeconds(5);

    private const int RememberedMax = 4096;

    private const string Scheme = "Bearer ";

    private readonly byte[] _provider = SHA256.HashData(Encoding.UTF8.GetBytes(options.AdminToken));
    private readonly ConcurrentDictionary<string, (ApiCaller Caller, DateTimeOffset Until)> _remembered = new(StringComparer.Ordinal);

    /// <summary>The caller; null when there is no token or it is not good (401).</summary>
    public async ValueTask<ApiCaller?> AuthenticateAsync(HttpContext http)
    {
        if (http.Request.Headers.Authorization is not [{ } header] || !header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var token = header[Scheme.Length..].Trim();
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(token));
        if (CryptographicOperations.FixedTimeEquals(hash, _provider))
        {
            return ApiCaller.Provider;
        }

        var entry = Convert.ToBase64String(hash);
        if (_remembered.TryGetValue(entry, out var known) && known.Until > time.GetUtcNow())
        {
            return known.Caller;
        }

        _remembered.TryRemove(entry, out _);
        return HostKeyToken.TryParse(token, out var key) ? await VerifyAsync(key, entry) : null;
    }

    /// <summary>Forgets a host's keys, or one of them, as they were deleted.</summary>
    public void Forget(string domain, string? keyId = null)
    {
        foreach (var (entry, (caller, _)) in _remembered)
        {
            if (caller.Host == domain && (keyId is null || caller.KeyId == keyId))
            {
                _remembered.TryRemove(entry, out _);
            }
        }
    }

    public static IResult Unauthorized(HttpContext http)
    {
        http.Response.Headers.WWWAuthenticate = "Bearer";
        return ApiResults.Problem(StatusCodes.Status401Unauthorized, "A bearer token is needed: the provider's, or a key of the host.");
    }

    private async Task<ApiCaller?> VerifyAsync(HostKeyToken token, string entry)
    {
        // Through the snapshots, because they remember domains that are no hosts: made-up tokens then cost no grain.
        if (await hosts.GetAsync(token.Domain) is null || await grains.Host(token.Domain).VerifyKeyAsync(token.Id, token.Secret) is not { } key)
        {
            return null;
        }

        var caller = new ApiCaller(false, token.Domain, key.Scopes, key.Id);
        var until = time.GetUtcNow() + RememberFor;
        if (_remembered.Count >= RememberedMax)
        {
            _remembered.Clear();
        }

        _remembered[entry] = (caller, key.ExpiresAt < until ? key.ExpiresAt.Value : until);
        return caller;
    }
}
