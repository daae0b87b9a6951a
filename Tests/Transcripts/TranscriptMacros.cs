using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Krewe.Tests.Support;

namespace Krewe.Tests.Transcripts;

/// <summary>Short forms of what would be long in a transcript.</summary>
internal static partial class TranscriptMacros
{
    public static string Expand(string text)
    {
        text = Repeat().Replace(text, match =>
            new StringBuilder().Insert(0, match.Groups["text"].Value, int.Parse(match.Groups["count"].Value, CultureInfo.InvariantCulture)).ToString());
        text = Token().Replace(text, match => Tokens.Hmac(Tokens.Payload(
            match.Groups["user"].Value, match.Groups["expired"].Success ? DateTimeOffset.UtcNow.AddDays(-1) : null)));
        text = Base64().Replace(text, match => Convert.ToBase64String(Encoding.UTF8.GetBytes(
            match.Groups["text"].Value.Replace("\\0", "\0", StringComparison.Ordinal).Replace("\\1", "\u0001", StringComparison.Ordinal))));
        text = StanzaError().Replace(text, "<error type='${type}'><${condition} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>");
        text = SaslFailure().Replace(text, "<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><${condition}/></failure>");
        return StreamError().Replace(text, "<stream:error><${condition} xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>");
    }

    /// <summary><c>{bytes:C080}</c>: bytes that no text could hold.</summary>
    [GeneratedRegex(@"\{bytes:([0-9A-F]+)\}")]
    public static partial Regex RawBytes();

    /// <summary><c>{repeat:1000:a}</c></summary>
    [GeneratedRegex(@"\{repeat:(?<count>\d+):(?<text>[^}]*)\}")]
    private static partial Regex Repeat();

    /// <summary><c>{token:juliet}</c>, <c>{expired-token:juliet}</c>: signed with <see cref="Tokens.Secret"/>.</summary>
    [GeneratedRegex(@"\{(?<expired>expired-)?token:(?<user>[^}]*)\}")]
    private static partial Regex Token();

    /// <summary><c>{base64:\0juliet\0secret}</c></summary>
    [GeneratedRegex(@"\{base64:(?<text>[^}]*)\}")]
    private static partial Regex Base64();

    /// <summary><c>{error cancel not-allowed}</c>: RFC 6120 §8.3.2.</summary>
    [GeneratedRegex(@"\{error (?<type>[a-z]+) (?<condition>[a-z-]+)\}")]
    private static partial Regex StanzaError();

    /// <summary><c>{sasl-failure not-authorized}</c>: RFC 6120 §6.4.5.</summary>
    [GeneratedRegex(@"\{sasl-failure (?<condition>[a-z-]+)\}")]
    private static partial Regex SaslFailure();

    /// <summary><c>{stream-error host-unknown}</c>: RFC 6120 §4.9.2, with the closing tag behind it.</summary>
    [GeneratedRegex(@"\{stream-error (?<condition>[a-z-]+)\}")]
    private static partial Regex StreamError();
}
