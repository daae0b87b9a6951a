using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Grains.Outbound;

namespace Krewe.Grains.Rosters;

/// <summary>The call to a tenant's roster hook: <c>GET http_roster_url</c> with the localpart in place of <c>%s</c>.</summary>
internal sealed class RosterClient(OutboundHttp http)
{
    public const int BodyBytesMax = 4 * 1024 * 1024;

    /// <summary>Rosters may come, all together, as fast as so many users may send: four megabytes a second, of which reading, comparing and storing take a fifth of a core.</summary>
    private const int AnswerUsers = 32;

    private const string Hook = "roster";
    private const string LocalpartMark = "%s";
    private const int SourceHashBytes = 8;

    /// <summary>Once for each snapshot of a host, not for each login; one string for all of its rosters.</summary>
    private static readonly ConditionalWeakTable<HttpRosterSettings, string> Sources = [];

    /// <param name="etag">Of the copy that is held; null when there is none.</param>
    /// <returns>Null when no URL can be made for the user.</returns>
    public async ValueTask<HookResponse?> FetchAsync(HostSettings host, HttpRosterSettings roster, Jid user, string? etag)
    {
        if (Url(roster.Url, user.Localpart ?? "") is not { } url)
        {
            return null;
        }

        var endpoint = new HookEndpoint(host.Domain, Hook, roster.Timeout, BodyBytesMax, host.Limits.HookConcurrency, host.Limits.HookCallsPerSecond)
        {
            AnswerBytesPerSecond = (long)host.Limits.BytesPerSecond * AnswerUsers,
        };
        return await http.CallAsync(endpoint, new(url) { Authorization = roster.AuthorizationHeader, IfNoneMatch = etag, Secrets = host.HookSecrets });
    }

    /// <summary>Tells one <c>http_roster_url</c> from another without keeping it: it may hold a token.</summary>
    public static string SourceOf(HttpRosterSettings roster) => Sources.GetValue(
        roster, static settings => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(settings.Url)).AsSpan(0, SourceHashBytes)));

    /// <summary>The URL of a user's roster; null when the template makes none.</summary>
    public static Uri? Url(string template, string localpart)
    {
        // RFC 3986 §2.3: everything outside "unreserved" is encoded. A dot segment (§5.2.4) is too, and sent as it stands: it would name another resource.
        var isDotSegment = localpart is "." or "..";
        var encoded = isDotSegment ? localpart.Replace(".", "%2E", StringComparison.Ordinal) : Uri.EscapeDataString(localpart);
        var text = template.Replace(LocalpartMark, encoded, StringComparison.Ordinal);
        var options = new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = isDotSegment && text.All(c => c is > ' ' and <= '~' and not '#') };
        return Uri.TryCreate(text, options, out var url) && url.Scheme is ("http" or "https") ? url : null;
    }
}
