using System.Text;
using System.Text.Unicode;

namespace Krewe.Frontend.Sasl;

/// <summary>
/// <c>client-first-message</c> of RFC 5802 §7: <c>gs2-cbind-flag "," [authzid] "," ["m=" …] "n=" username "," "r=" nonce ["," extensions]</c>.
/// </summary>
/// <param name="Gs2Header">As it stands in the message, both commas included.</param>
/// <param name="Flag"><c>n</c>, <c>y</c> or <c>p</c>.</param>
/// <param name="BindingName">The type of channel binding with <c>p</c>, else null.</param>
/// <param name="Bare"><c>client-first-message-bare</c>.</param>
internal sealed record ScramClientFirst(
    string Gs2Header, char Flag, string? BindingName, string? Authzid, string Username, string Nonce, string Bare)
{
    internal static ScramClientFirst? Parse(ReadOnlySpan<byte> message)
    {
        if (ScramGrammar.Decode(message) is not { } text
            || text.IndexOf(',') is var flagEnd && flagEnd < 0
            || text.IndexOf(',', flagEnd + 1) is var headerEnd && headerEnd < 0)
        {
            return null;
        }

        var flag = text[..flagEnd];
        var authzid = text[(flagEnd + 1)..headerEnd];
        var bare = text[(headerEnd + 1)..];
        var fields = bare.Split(',');

        // §5.1: m= comes first, is mandatory to understand, and nothing that can be understood is defined.
        if (!(flag is "n" or "y" || (flag.StartsWith("p=", StringComparison.Ordinal) && ScramGrammar.IsBindingName(flag.AsSpan(2))))
            || !(authzid.Length == 0 || authzid.StartsWith("a=", StringComparison.Ordinal))
            || fields.Length < 2
            || !fields[0].StartsWith("n=", StringComparison.Ordinal) || ScramGrammar.DecodeName(fields[0].AsSpan(2)) is not { } username
            || !fields[1].StartsWith("r=", StringComparison.Ordinal) || !ScramGrammar.IsNonce(fields[1].AsSpan(2))
            || !ScramGrammar.AreExtensions(fields.AsSpan(2)))
        {
            return null;
        }

        string? decodedAuthzid = null;
        if (authzid.Length > 0 && (decodedAuthzid = ScramGrammar.DecodeName(authzid.AsSpan(2))) is null)
        {
            return null;
        }

        return new(text[..(headerEnd + 1)], flag[0], flag.Length > 1 ? flag[2..] : null, decodedAuthzid, username, fields[1][2..], bare);
    }
}

/// <summary><c>client-final-message</c> of RFC 5802 §7: <c>"c=" base64 "," "r=" nonce ["," extensions] "," "p=" base64</c>.</summary>
/// <param name="Binding">Base 64, as it stands in the message.</param>
internal sealed record ScramClientFinal(string Binding, string Nonce, byte[] Proof, string WithoutProof)
{
    internal static ScramClientFinal? Parse(ReadOnlySpan<byte> message)
    {
        if (ScramGrammar.Decode(message) is not { } text || text.Split(',') is not { Length: >= 3 } fields)
        {
            return null;
        }

        return fields[0].StartsWith("c=", StringComparison.Ordinal)
            && fields[1].StartsWith("r=", StringComparison.Ordinal) && ScramGrammar.IsNonce(fields[1].AsSpan(2))
            && ScramGrammar.AreExtensions(fields.AsSpan(2..^1))
            && fields[^1].StartsWith("p=", StringComparison.Ordinal) && StrictBase64.TryDecode(fields[^1].AsSpan(2), out var proof)
                ? new(fields[0][2..], fields[1][2..], proof, text[..^(fields[^1].Length + 1)])
                : null;
    }
}

internal static class ScramGrammar
{
    /// <summary>Attributes that have a place of their own (RFC 5802 §5.1); anywhere else they break the fixed order.</summary>
    private const string DefinedAttributes = "anmrcsipve";

    internal static string? Decode(ReadOnlySpan<byte> message) =>
        Utf8.IsValid(message) && !message.Contains((byte)0) ? Encoding.UTF8.GetString(message) : null;

    /// <summary><c>saslname</c>: a comma is <c>=2C</c>, an equals sign <c>=3D</c>, and no other escape exists; null when malformed.</summary>
    internal static string? DecodeName(ReadOnlySpan<char> name)
    {
        if (name.IsEmpty)
        {
            return null;
        }

        if (!name.Contains('='))
        {
            return name.ToString();
        }

        var decoded = new StringBuilder(name.Length);
        for (var i = 0; i < name.Length; i++)
        {
            if (name[i] != '=')
            {
                decoded.Append(name[i]);
                continue;
            }

            char? escaped = name[i..] is ['=', '2', 'C', ..] ? ',' : name[i..] is ['=', '3', 'D', ..] ? '=' : null;
            if (escaped is null)
            {
                return null;
            }

            decoded.Append(escaped);
            i += 2;
        }

        return decoded.ToString();
    }

    /// <summary><c>printable</c>: ASCII without space and comma (the comma is cut off before).</summary>
    internal static bool IsNonce(ReadOnlySpan<char> nonce) => !nonce.IsEmpty && !nonce.ContainsAnyExceptInRange('!', '~');

    internal static bool IsBindingName(ReadOnlySpan<char> name)
    {
        foreach (var character in name)
        {
            if (!(char.IsAsciiLetterOrDigit(character) || character is '.' or '-'))
            {
                return false;
            }
        }

        return !name.IsEmpty;
    }

    /// <summary>Optional extensions are ignored when they are <c>attr-val</c> and do not repeat an attribute of the message itself.</summary>
    internal static bool AreExtensions(ReadOnlySpan<string> fields)
    {
        foreach (var field in fields)
        {
            if (field is not [var name, '=', _, ..] || !char.IsAsciiLetter(name) || DefinedAttributes.Contains(name))
            {
                return false;
            }
        }

        return true;
    }
}
