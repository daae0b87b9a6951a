using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace Krewe.Frontend.Sasl;

/// <summary>
/// The client's message of OAUTHBEARER (RFC 7628 §3.1): <c>gs2-header kvsep *(key "=" value kvsep) kvsep</c>, kvsep being the octet 1. Its header is the one of RFC 5801 §4,
/// without channel binding.
/// </summary>
/// <param name="Authzid">Null when the client names none.</param>
/// <param name="Token">What stands behind <c>auth=Bearer</c> (RFC 6750 §2.1).</param>
internal sealed record OAuthBearerMessage(string? Authzid, string Token)
{
    /// <summary>All that the client sends once it was told what is wrong (RFC 7628 §3.2.3).</summary>
    public static ReadOnlySpan<byte> Acknowledgement => [Separator];

    private const byte Separator = 1;

    private const string Scheme = "Bearer";

    /// <summary>RFC 6750 §2.1, <c>b64token</c>; the padding is looked at apart.</summary>
    private static readonly SearchValues<char> TokenCharacters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/");

    /// <summary>Null when it is malformed, or has no token.</summary>
    public static OAuthBearerMessage? Parse(ReadOnlySpan<byte> message)
    {
        if (!Utf8.IsValid(message) || message.Contains((byte)0) || message.IndexOf(Separator) is not (>= 0 and var headerEnd))
        {
            return null;
        }

        if (!TryParseHeader(Encoding.UTF8.GetString(message[..headerEnd]), out var authzid))
        {
            return null;
        }

        string? token = null;
        var rest = message[(headerEnd + 1)..];
        while (rest.IndexOf(Separator) is > 0 and var end)
        {
            var pair = rest[..end];
            if (pair.IndexOf((byte)'=') is not (> 0 and var equals) || !IsKey(pair[..equals]) || !IsValue(pair[(equals + 1)..]))
            {
                return null;
            }

            if (pair[..equals].SequenceEqual("auth"u8))
            {
                if (token is not null || (token = TokenOf(Encoding.ASCII.GetString(pair[(equals + 1)..]))) is null)
                {
                    return null;
                }
            }

            rest = rest[(end + 1)..];
        }

        // What is left is the last separator, and nothing else.
        return token is not null && rest.SequenceEqual(Acknowledgement) ? new(authzid, token) : null;
    }

    /// <summary><c>("n" / "y") "," ["a=" saslname] ","</c></summary>
    private static bool TryParseHeader(string header, out string? authzid)
    {
        authzid = null;
        return header.Split(',') is ["n" or "y", var name, ""]
            && (name.Length == 0 || (name.StartsWith("a=", StringComparison.Ordinal) && (authzid = ScramGrammar.DecodeName(name.AsSpan(2))) is not null));
    }

    private static string? TokenOf(string credentials)
    {
        // RFC 9110 §11.1: the scheme in any case, then spaces.
        if (!credentials.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) || credentials.Length == Scheme.Length || credentials[Scheme.Length] != ' ')
        {
            return null;
        }

        var token = credentials[Scheme.Length..].Trim(' ');
        var unpadded = token.AsSpan().TrimEnd('=');
        return unpadded.IsEmpty || unpadded.ContainsAnyExcept(TokenCharacters) ? null : token;
    }

    private static bool IsKey(ReadOnlySpan<byte> key)
    {
        foreach (var octet in key)
        {
            if (!char.IsAsciiLetter((char)octet))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Visible ASCII and white space.</summary>
    private static bool IsValue(ReadOnlySpan<byte> value)
    {
        foreach (var octet in value)
        {
            if (octet is not ((>= (byte)' ' and <= (byte)'~') or (byte)'\t' or (byte)'\r' or (byte)'\n'))
            {
                return false;
            }
        }

        return true;
    }
}
