namespace Krewe.Grains.Outbound;

/// <summary>What of a URL may be told to anybody: scheme, host and port, without user, path and query, where secrets are.</summary>
internal static class HookOrigin
{
    /// <summary>A host's name is not longer (RFC 1035 §2.3.4), but what a redirect says may be.</summary>
    private const int CharsMax = 300;

    /// <summary>Null when it has none that can be told.</summary>
    /// <param name="from">What a relative reference is relative to.</param>
    public static string? Of(Uri url, Uri? from = null)
    {
        if (!url.IsAbsoluteUri && (from is null || !Uri.TryCreate(from, url, out url!)))
        {
            return null;
        }

        if (url.Scheme is not ("http" or "https"))
        {
            return $"{url.Scheme}:" is { Length: <= CharsMax } scheme ? scheme : null;
        }

        var host = url.HostNameType == UriHostNameType.IPv6 ? $"[{url.IdnHost}]" : url.IdnHost;
        return $"{url.Scheme}://{host}{(url.IsDefaultPort ? "" : $":{url.Port}")}" is { Length: <= CharsMax } origin ? origin : null;
    }
}
