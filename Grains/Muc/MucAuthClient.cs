using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Grains.Outbound;

namespace Krewe.Grains.Muc;

/// <summary>The call to a tenant's service that decides about joins: <c>GET muc_http_auth_url?userJID=…&amp;mucJID=…&amp;nickname=…</c>.</summary>
internal sealed class MucAuthClient(OutboundHttp http)
{
    public const int BodyBytesMax = 64 * 1024;

    private const string Hook = "muc-auth";
    private const int SourceHashBytes = 16;

    /// <summary>Once for each snapshot of the settings; one string for all of a service's decisions.</summary>
    private static readonly ConditionalWeakTable<MucHttpAuthSettings, string> Sources = [];

    public async ValueTask<HookResponse> AskAsync(HostSettings host, MucHttpAuthSettings auth, Jid room, Jid user, string nickname)
    {
        if (Url(auth.Url, room.Bare, user.Bare, nickname) is not { } url)
        {
            return new(HookOutcome.ConnectFailed);
        }

        var endpoint = new HookEndpoint(host.Domain, Hook, auth.Timeout, BodyBytesMax, host.Limits.HookConcurrency, host.Limits.HookCallsPerSecond)
        {
            Part = room.Domainpart,
            IsInsecure = auth.IsInsecure,
        };
        return await http.CallAsync(endpoint, new(url) { Authorization = auth.AuthorizationHeader, Secrets = host.HookSecrets, ReadsEveryStatus = true });
    }

    /// <summary>Tells one service that may decide from another, without keeping what is secret of it.</summary>
    public static string SourceOf(MucHttpAuthSettings auth) => Sources.GetValue(auth, static settings => Convert.ToHexStringLower(
        SHA256.HashData(Encoding.UTF8.GetBytes($"{settings.Url}\n{settings.AuthorizationHeader}\n{settings.IsInsecure}")).AsSpan(0, SourceHashBytes)));

    /// <summary>The URL that asks about a join, in the order of Prosody's module; null when the setting makes none.</summary>
    public static Uri? Url(string url, string room, string user, string nickname)
    {
        var joint = !url.Contains('?', StringComparison.Ordinal) ? "?" : url[^1] is '?' or '&' ? "" : "&";

        // RFC 3986 §2.3: everything outside "unreserved" is encoded.
        var text = $"{url}{joint}userJID={Uri.EscapeDataString(user)}&mucJID={Uri.EscapeDataString(room)}&nickname={Uri.EscapeDataString(nickname)}";
        return Uri.TryCreate(text, UriKind.Absolute, out var asked) && asked.Scheme is ("http" or "https") ? asked : null;
    }
}
