using System.Net.Http;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using Krewe.Contracts.Accounts;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Grains.Outbound;

namespace Krewe.Grains.Authentication;

/// <summary>
/// The calls to a tenant's service that knows its users (contract §3): <c>check_password</c> and <c>user_exists</c>, in the query or as a form. Status 200 with <c>true</c> or
/// <c>false</c> is its word; everything else is none.
/// </summary>
internal sealed class HttpAuthClient(OutboundHttp http)
{
    public const int BodyBytesMax = 64 * 1024;

    private const string Hook = "auth";
    private const string UserExists = "user_exists";
    private const string CheckPassword = "check_password";
    private const string FormType = "application/x-www-form-urlencoded";
    private const int SourceHashBytes = 16;

    /// <summary>Nobody's stanza waits longer than this to learn that its addressee does not exist.</summary>
    private static readonly TimeSpan ExistsWithin = TimeSpan.FromSeconds(3);

    /// <summary>Once for each snapshot of the settings.</summary>
    private static readonly ConditionalWeakTable<HttpAuthSettings, byte[]> Sources = [];

    public async ValueTask<HttpAuthAnswer> CheckPasswordAsync(HostSettings host, HttpAuthSettings auth, Jid user, string password) =>
        Read(await CallPasswordAsync(host, auth, user, password));

    /// <summary>The call itself; null when the setting makes no URL.</summary>
    public ValueTask<HookResponse?> CallPasswordAsync(HostSettings host, HttpAuthSettings auth, Jid user, string password) =>
        CallAsync(host, auth, CheckPassword, auth.Timeout, [("user", user.Localpart!), ("server", host.Domain), ("pass", password)]);

    public async ValueTask<HttpAuthAnswer> ExistsAsync(HostSettings host, HttpAuthSettings auth, Jid user) => Read(await CallExistsAsync(host, auth, user));

    /// <summary>The call itself; null when the setting makes no URL.</summary>
    public ValueTask<HookResponse?> CallExistsAsync(HostSettings host, HttpAuthSettings auth, Jid user) =>
        CallAsync(host, auth, UserExists, ExistsDeadline(auth), [("user", user.Localpart!), ("server", host.Domain)]);

    public static TimeSpan ExistsDeadline(HttpAuthSettings auth) => auth.Timeout < ExistsWithin ? auth.Timeout : ExistsWithin;

    /// <summary>Where it is asked whether a user exists, without the user; null when the setting makes no URL.</summary>
    public static Uri? ExistsUrl(HttpAuthSettings auth) => Url($"{auth.Url.TrimEnd('/')}/{UserExists}");

    /// <summary>Where passwords are checked, without any; null when the setting makes no URL.</summary>
    public static Uri? PasswordUrl(HttpAuthSettings auth) => Url($"{auth.Url.TrimEnd('/')}/{CheckPassword}");

    /// <summary>Tells one service from another, without keeping what is secret of it.</summary>
    public static ReadOnlySpan<byte> SourceOf(HttpAuthSettings auth) => Sources.GetValue(
        auth, static settings => SHA256.HashData(Encoding.UTF8.GetBytes($"{settings.Url}\n{settings.Credentials}\n{settings.IsPost}"))[..SourceHashBytes]);

    private async ValueTask<HookResponse?> CallAsync(
        HostSettings host, HttpAuthSettings auth, string question, TimeSpan deadline, (string Name, string Value)[] parameters)
    {
        // RFC 3986 §2.3: everything outside "unreserved" is encoded; so is a form's value (a space too, as %20).
        var encoded = string.Join('&', parameters.Select(parameter => $"{parameter.Name}={Uri.EscapeDataString(parameter.Value)}"));
        var path = $"{auth.Url.TrimEnd('/')}/{question}";
        if (Url(auth.IsPost ? path : $"{path}?{encoded}") is not { } url)
        {
            return null;
        }

        var request = new HookRequest(url)
        {
            Accept = "*/*",
            Authorization = auth.Credentials is { } credentials ? $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes(credentials))}" : null,
            Secrets = host.HookSecrets,
        };
        if (auth.IsPost)
        {
            request = request with { Method = HttpMethod.Post, Body = Encoding.ASCII.GetBytes(encoded), ContentType = FormType };
        }

        var endpoint = new HookEndpoint(host.Domain, Hook, deadline, BodyBytesMax, host.Limits.HookConcurrency, host.Limits.HookCallsPerSecond) { Part = question };
        return await http.CallAsync(endpoint, request);
    }

    private static Uri? Url(string text) => Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is ("http" or "https") ? url : null;

    public static HttpAuthAnswer Read(HookResponse? response)
    {
        var word = response is null ? default : response.Body.Span.Trim(" \t\r\n"u8);
        return response is not { Outcome: HookOutcome.Ok } ? HttpAuthAnswer.Failed
            : word.SequenceEqual("true"u8) ? HttpAuthAnswer.Yes
            : word.SequenceEqual("false"u8) ? HttpAuthAnswer.No
            : HttpAuthAnswer.Failed;
    }
}
