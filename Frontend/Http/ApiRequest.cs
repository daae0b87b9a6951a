using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Krewe.Frontend.Http;

/// <summary>What an API request says, checked: its body with a limit, its page, its conditions, its path.</summary>
internal static class ApiRequest
{
    /// <summary>The largest body of everything but a host document.</summary>
    public const int BodyBytesMax = 64 * 1024;

    private const int ItemsDefault = 100;

    private const int ReasonCharactersMax = 1024;

    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    /// <summary>The body as text, or the problem to answer with: also when its sender may not do any more what he could when he began.</summary>
    public static async Task<(string? Text, IResult? Problem)> ReadTextAsync(HttpContext http, int bytesMax)
    {
        if (http.Request.ContentLength > bytesMax)
        {
            return (null, TooLarge(bytesMax));
        }

        var body = new MemoryStream();
        var buffer = new byte[16 * 1024];
        int read;
        while ((read = await http.Request.Body.ReadAsync(buffer, http.RequestAborted)) > 0)
        {
            if (body.Length + read > bytesMax)
            {
                return (null, TooLarge(bytesMax));
            }

            body.Write(buffer, 0, read);
        }

        if (await HostAccess.RefusalAsync(http) is { } refusal)
        {
            return (null, refusal);
        }

        try
        {
            return (StrictUtf8.GetString(body.GetBuffer(), 0, (int)body.Length), null);
        }
        catch (DecoderFallbackException)
        {
            return (null, ApiResults.Problem(StatusCodes.Status400BadRequest, "The body is not UTF-8."));
        }
    }

    /// <summary>The body as <typeparamref name="T"/>, or the problem to answer with.</summary>
    public static async Task<(T? Body, IResult? Problem)> ReadAsync<T>(HttpContext http, JsonTypeInfo<T> type)
        where T : class
    {
        var (text, problem) = await ReadTextAsync(http, BodyBytesMax);
        if (text is null)
        {
            return (null, problem);
        }

        try
        {
            return JsonSerializer.Deserialize(text, type) is { } body ? (body, null) : (null, BadJson("$"));
        }
        catch (JsonException e)
        {
            // Its message may quote what was sent, a password for example; the path does not.
            return (null, BadJson(e.Path ?? "$"));
        }
    }

    /// <summary>The <c>after</c> and <c>limit</c> of a list; null after it has made the problem.</summary>
    public static (string? After, int Limit, IResult? Problem) Page(HttpContext http)
    {
        var query = http.Request.Query;
        var after = query["after"].ToString() is { Length: > 0 } text ? text : null;
        if (!query.TryGetValue("limit", out var limit))
        {
            return (after, ItemsDefault, null);
        }

        return int.TryParse(limit, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is > 0 and <= IHostDirectoryGrain.ItemsMax
            ? (after, number, null)
            : (null, 0, ApiResults.Problem(StatusCodes.Status400BadRequest, $"limit must be a number from 1 to {IHostDirectoryGrain.ItemsMax}."));
    }

    /// <summary>
    /// The decoded rest of the path behind its first <paramref name="segments"/> segments. Taken from the request as sent: a decoded path no longer tells
    /// <c>%2F</c>, which a full JID has, from <c>%252F</c>.
    /// </summary>
    public static string Rest(HttpContext http, int segments) => Uri.UnescapeDataString(RawRest(http, segments));

    /// <summary>The same for the one segment that comes next.</summary>
    public static string Segment(HttpContext http, int segments) => Uri.UnescapeDataString(RawRest(http, segments).Split('/')[0]);

    /// <summary>The account that <c>…/{host}/{collection}/{localpart}</c> names; false when the localpart is none (RFC 7622 §3.3).</summary>
    public static bool TryGetAccount(HttpContext http, string domain, [NotNullWhen(true)] out Jid? account)
    {
        account = null;
        return JidEnforcement.TryPrepareLocalpart(Rest(http, segments: 5), out var localpart) && Jid.TryParse($"{localpart}@{domain}", out account);
    }

    /// <summary>The <c>reason</c> that somebody in a room is to be told; null for none. False after it has made the problem.</summary>
    public static bool TryGetReason(HttpContext http, out string? reason, [NotNullWhen(false)] out IResult? problem)
    {
        reason = http.Request.Query["reason"].ToString() is { Length: > 0 } text ? text : null;
        problem = reason is null || (reason.Length <= ReasonCharactersMax && XmlText.IsText(reason))
            ? null
            : ApiResults.Problem(StatusCodes.Status400BadRequest, $"reason must be at most {ReasonCharactersMax} characters that XML can carry.");
        return problem is null;
    }

    private static string RawRest(HttpContext http, int segments)
    {
        var target = http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var path = target.StartsWith('/') ? target : new Uri(target).PathAndQuery;
        path = path.Split('?')[0];
        for (var i = 0; i <= segments; i++)
        {
            path = path.IndexOf('/') is var slash && slash >= 0 ? path[(slash + 1)..] : "";
        }

        return path;
    }

    private static IResult TooLarge(int bytesMax) =>
        ApiResults.Problem(StatusCodes.Status413PayloadTooLarge, $"The body is longer than {bytesMax} bytes.");

    private static IResult BadJson(string path) =>
        ApiResults.Problem(StatusCodes.Status400BadRequest, "The body is not the JSON that is expected here.", [new ProblemPlace(path, "is not what is expected here")]);
}
