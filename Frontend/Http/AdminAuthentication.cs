using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosting;
using Krewe.Contracts.Hosts;
using Microsoft.AspNetCore.Http;

namespace Krewe.Frontend.Http;

/// <summary>
/// Finds out who calls, by bearer token (RFC 6750 §2.1): the provider's, or a key of a host's or a tenant's. Keys that were found good are remembered for
/// <see cref="RememberFor"/> by their hash, so that an application that calls often costs no grain call each time; bad ones are counted (<see cref="FailedTokens"/>).
/// </summary>
internal sealed class AdminAuthentication(
    KreweOptions options, IGrainFactory grains, IHostSettingsSource hosts, FailedTokens failures, TenantRequests requests, KeyUses uses, TimeProvider time)
{
    /// <summary>So long may a key be good for in this process after another one deleted it.</summary>
    public static readonly TimeSpan RememberFor = TimeSpan.FromSeconds(5);

    private const int RememberedMax = 4096;

    private const string Scheme = "Bearer ";

    private readonly byte[] _provider = Hash(options.AdminToken);

    /// <summary>Also those whose time is over: they are verified again, and that even while others from the same place are not looked at.</summary>
    private readonly ConcurrentDictionary<string, (ApiCaller Caller, DateTimeOffset Until)> _remembered = new(StringComparer.Ordinal);

    /// <summary>The caller; null when there is no token, when it is not good (401, or 429), or when its tenant calls too often (429). Of one request it is found out once.</summary>
    /// <param name="isRefresh">Of which tenants may make more than of others.</param>
    public async ValueTask<ApiCaller?> AuthenticateAsync(HttpContext http, bool isRefresh = false)
    {
        if (http.Features.Get<Judgement>() is { } known)
        {
            return known.LetIn;
        }

        if (http.Request.Headers.Authorization is not [{ } header] || !header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var judgement = await JudgeAsync(http, header[Scheme.Length..].Trim());
        var waiting = judgement.Caller is { } caller ? MayBeginAsync(caller, isRefresh, http.RequestAborted) : new(true);
        var hasWaited = !waiting.IsCompleted;
        if (!await waiting)
        {
            // Its caller is known all the same: it belongs into his log.
            judgement = judgement with { RetryAfter = TimeSpan.FromSeconds(1), Detail = "The keys of this tenant call the API more often than they may." };
        }

        http.Features.Set(judgement);
        if (hasWaited && !await IsStillGoodAsync(http))
        {
            // Deleted meanwhile.
            http.Features.Set(judgement = new Judgement(null, null, null));
        }

        return judgement.LetIn;
    }

    /// <summary>Whether the token of somebody who was let in is good still: a body may take long to come, and its sender's key may be gone by then.</summary>
    public async ValueTask<bool> IsStillGoodAsync(HttpContext http)
    {
        if (http.Features.Get<Judgement>() is not { Caller: { IsProvider: false }, Token: { } token })
        {
            return true;
        }

        var entry = EntryOf(token);
        return (_remembered.TryGetValue(entry, out var known) && known.Until > time.GetUtcNow()) || await VerifyAsync(token, entry) is not null;
    }

    /// <summary>Who called, when that was asked and the token was good.</summary>
    public static ApiCaller? CallerOf(HttpContext http) => http.Features.Get<Judgement>()?.Caller;

    /// <summary>Forgets a host's keys, or one of them, as they were deleted.</summary>
    public void Forget(string domain, string? keyId = null) => Forget(caller => caller.Host == domain && (keyId is null || caller.KeyId == keyId));

    public void ForgetTenantKey(string tenant, string keyId) => Forget(caller => caller.Tenant == tenant && caller.KeyId == keyId);

    /// <summary>Forgets all keys of a tenant, some of which may have been deleted.</summary>
    public void ForgetTenant(string tenant) => Forget(caller => caller.Tenant == tenant);

    public static IResult Unauthorized(HttpContext http)
    {
        if (http.Features.Get<Judgement>() is { RetryAfter: { } wait, Detail: var detail })
        {
            http.Response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
            return ApiResults.Problem(StatusCodes.Status429TooManyRequests, detail);
        }

        http.Response.Headers.WWWAuthenticate = "Bearer";
        return ApiResults.Problem(StatusCodes.Status401Unauthorized, "A bearer token is needed: the provider's, or a key of the host or of its tenant.");
    }

    /// <summary>Who went away while he waited was not let in, and has changed nothing.</summary>
    private async ValueTask<bool> MayBeginAsync(ApiCaller caller, bool isRefresh, CancellationToken aborted)
    {
        try
        {
            return await requests.TryBeginAsync(caller, isRefresh, aborted);
        }
        catch (OperationCanceledException) when (aborted.IsCancellationRequested)
        {
            return false;
        }
    }

    private static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));

    private static string EntryOf(string token) => Convert.ToBase64String(Hash(token));

    private async Task<Judgement> JudgeAsync(HttpContext http, string token)
    {
        if (CryptographicOperations.FixedTimeEquals(Hash(token), _provider))
        {
            return new Judgement(ApiCaller.Provider, null, null);
        }

        var entry = EntryOf(token);
        var peer = HttpPeer.Of(http, options.TrustedProxies);
        var place = peer.Client ?? http.Connection.RemoteIpAddress ?? IPAddress.None;
        var wasGood = _remembered.TryGetValue(entry, out var known);
        if (!wasGood && failures.BlockedFor(place) is { } wait)
        {
            return new Judgement(null, wait, null);
        }

        var caller = wasGood && known.Until > time.GetUtcNow() ? known.Caller : await VerifyAsync(token, entry);
        if (caller is null)
        {
            _remembered.TryRemove(entry, out _);
            failures.Note(place);
        }
        else
        {
            uses.Note(caller, peer.Client);
        }

        return new Judgement(caller, null, token);
    }

    private async Task<ApiCaller?> VerifyAsync(string token, string entry)
    {
        if (await CallerAsync(token) is not var (caller, key))
        {
            return null;
        }

        var until = time.GetUtcNow() + RememberFor;
        if (_remembered.Count >= RememberedMax)
        {
            _remembered.Clear();
        }

        _remembered[entry] = (caller, key.ExpiresAt < until ? key.ExpiresAt.Value : until);
        return caller;
    }

    private async Task<(ApiCaller Caller, ApiKey Key)?> CallerAsync(string token)
    {
        if (HostKeyToken.TryParse(token, out var ofHost))
        {
            // Through the snapshots, because they remember domains that are no hosts: made-up tokens then cost no grain.
            return await hosts.GetAsync(ofHost.Domain) is not null && await grains.HostKeys(ofHost.Domain).VerifyAsync(ofHost.Id, ofHost.Secret) is { } key
                ? (new ApiCaller(false, ofHost.Domain, key.Scopes, key.Id) { KeyName = key.Name }, key)
                : null;
        }

        return TenantKeyToken.TryParse(token, out var ofTenant) && await grains.TenantKeys(ofTenant.Tenant).VerifyAsync(ofTenant.Id, ofTenant.Secret) is { } tenantKey
            ? (new ApiCaller(false, null, tenantKey.Scopes, tenantKey.Id) { Tenant = ofTenant.Tenant, KeyName = tenantKey.Name }, tenantKey)
            : null;
    }

    private void Forget(Func<ApiCaller, bool> isGone)
    {
        foreach (var (entry, (caller, _)) in _remembered)
        {
            if (isGone(caller))
            {
                _remembered.TryRemove(entry, out _);
            }
        }
    }

    /// <param name="RetryAfter">Set when the token was not looked at, or its tenant calls too often.</param>
    private sealed record Judgement(ApiCaller? Caller, TimeSpan? RetryAfter, string? Token)
    {
        public ApiCaller? LetIn => RetryAfter is null ? Caller : null;

        public string Detail { get; init; } = "There were too many tokens from this address that are no good.";
    }
}
