using System.Globalization;
using Krewe.Contracts.Hosts;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Krewe.Frontend.Http;

/// <summary>Versions as entity tags, and what requests make a condition of them (RFC 9110 §8.8.3, §13).</summary>
internal static class EntityTags
{
    /// <summary>Between a version and that of the defaults, where both decide what is shown.</summary>
    private const char And = '-';

    public static string Of(long version) => string.Create(CultureInfo.InvariantCulture, $"\"{version}\"");

    /// <summary>Of what is in force, which the provider's defaults decide with the document. As a condition it stands for the document's version.</summary>
    public static string Of(long version, long defaults) => string.Create(CultureInfo.InvariantCulture, $"\"{version}{And}{defaults}\"");

    public static bool HasCondition(HttpContext http) => http.Request.Headers.IfMatch.Count + http.Request.Headers.IfNoneMatch.Count > 0;

    /// <summary>The version that the request makes the condition of a change, null for none. False when the condition cannot be met (§13.2.2, 412).</summary>
    /// <param name="present">The version there is now; <see cref="HostVersions.None"/> when there is nothing.</param>
    public static bool TryGetCondition(HttpContext http, long present, out long? version)
    {
        version = null;
        var headers = http.Request.GetTypedHeaders();
        if (http.Request.Headers.IfMatch.Count > 0)
        {
            // Tags are compared strongly, so a weak one never matches (§13.1.1).
            version = headers.IfMatch.Any(IsAny) ? HostVersions.Any : present;
            if (present == HostVersions.None || (version == present && !headers.IfMatch.Any(tag => !tag.IsWeak && IsOf(tag, present))))
            {
                return false;
            }
        }

        if (http.Request.Headers.IfNoneMatch.Count > 0)
        {
            if (present != HostVersions.None && headers.IfNoneMatch.Any(tag => IsAny(tag) || IsOf(tag, present)))
            {
                return false;
            }

            version ??= headers.IfNoneMatch.Any(IsAny) ? HostVersions.None : null;
        }

        return true;
    }

    /// <summary>What to answer to a reading instead of the document: 304 to whoever has it already, 412 to whoever wants another; null to show it.</summary>
    public static IResult? Unless(HttpContext http, string tag)
    {
        http.Response.Headers.ETag = tag;
        var headers = http.Request.GetTypedHeaders();
        if (http.Request.Headers.IfMatch.Count > 0 && !headers.IfMatch.Any(known => IsAny(known) || (!known.IsWeak && known.Tag == tag)))
        {
            return ApiResults.Problem(StatusCodes.Status412PreconditionFailed, "What is asked for is at another version than the request makes a condition.");
        }

        return headers.IfNoneMatch.Any(known => IsAny(known) || known.Tag == tag) ? Results.StatusCode(StatusCodes.Status304NotModified) : null;
    }

    private static bool IsAny(EntityTagHeaderValue tag) => tag.Tag == "*";

    private static bool IsOf(EntityTagHeaderValue tag, long version) =>
        Of(version) is var whole && (tag.Tag == whole || tag.Tag.StartsWith($"{whole.AsSpan(0, whole.Length - 1)}{And}", StringComparison.Ordinal));
}
