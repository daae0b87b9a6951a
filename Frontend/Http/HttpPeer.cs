using System.Collections.Immutable;
using System.Net;
using Microsoft.AspNetCore.Http;

namespace Krewe.Frontend.Http;

/// <summary>Who a request is from, and by which way, as far as that can be believed: only trusted proxies' <c>X-Forwarded-*</c> are (contract §2).</summary>
/// <param name="Client">The caller's address; null where a proxy that is not trusted hides it.</param>
/// <param name="IsThisMachine">It comes from a process of this machine, and through no proxy.</param>
/// <param name="IsHttps">The caller's own side of the way is TLS.</param>
/// <param name="Host">Which host, and port, the caller asked for.</param>
internal readonly record struct HttpPeer(IPAddress? Client, bool IsThisMachine, bool IsHttps, HostString Host)
{
    /// <summary>Nobody overhears it (contract §4).</summary>
    public bool IsEncrypted => IsHttps || IsThisMachine;

    public static HttpPeer Of(HttpContext http, ImmutableArray<IPNetwork> trustedProxies)
    {
        var request = http.Request;
        var address = http.Connection.RemoteIpAddress;
        address = address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address;
        if (!request.Headers.Keys.Any(IsOfAProxy))
        {
            return new HttpPeer(address, address is not null && IPAddress.IsLoopback(address), request.IsHttps, request.Host);
        }

        if (address is null || !trustedProxies.Any(network => network.Contains(address)))
        {
            return new HttpPeer(null, IsThisMachine: false, request.IsHttps, request.Host);
        }

        // The last is what the trusted proxy says itself; those before it are hearsay. Some call a WebSocket's scheme by its own name.
        var client = IPAddress.TryParse(Last(request, "X-Forwarded-For"), out var forwarded) ? forwarded : null;
        var scheme = Last(request, "X-Forwarded-Proto");
        var isHttps = scheme.Length == 0 ? request.IsHttps : scheme.ToLowerInvariant() is "https" or "wss";
        var host = Last(request, "X-Forwarded-Host") is { Length: > 0 } asked ? new HostString(asked) : request.Host;
        return new HttpPeer(client, IsThisMachine: false, isHttps, host);
    }

    private static bool IsOfAProxy(string header) =>
        header.StartsWith("X-Forwarded-", StringComparison.OrdinalIgnoreCase)
        || header.Equals("Forwarded", StringComparison.OrdinalIgnoreCase)
        || header.Equals("Via", StringComparison.OrdinalIgnoreCase)
        || header.Equals("X-Real-IP", StringComparison.OrdinalIgnoreCase);

    private static string Last(HttpRequest request, string header) => request.Headers[header].ToString().Split(',')[^1].Trim();
}
