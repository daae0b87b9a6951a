using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Krewe.Contracts.Addressing;

namespace Krewe.Contracts.Hosts;

/// <summary>
/// A host key as its holder writes it: <c>krewe.&lt;domain&gt;.&lt;id&gt;.&lt;secret&gt;</c>, the domain in base64url, so that whoever receives one knows which
/// host to ask.
/// </summary>
public sealed record HostKeyToken(string Domain, string Id, string Secret)
{
    private const string Prefix = "krewe";

    /// <summary>Reads a token; false when it is none. Says nothing about whether it is valid.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out HostKeyToken? token)
    {
        token = KeyTokenSyntax.TryRead(text, Prefix, out var parts) && JidEnforcement.TryPrepareDomainpart(parts.Owner, out var domain) && domain == parts.Owner
            ? new HostKeyToken(domain, parts.Id, parts.Secret)
            : null;
        return token is not null;
    }

    /// <summary>The token itself. Never logged.</summary>
    public string ToToken() => KeyTokenSyntax.Write(Prefix, Domain, Id, Secret);

    /// <summary>Without the secret.</summary>
    public override string ToString() => $"{Prefix} key {Id}";
}

/// <summary>A tenant's key as its holder writes it: <c>krewe-tenant.&lt;tenant&gt;.&lt;id&gt;.&lt;secret&gt;</c>, the tenant's name in base64url.</summary>
public sealed record TenantKeyToken(string Tenant, string Id, string Secret)
{
    private const string Prefix = "krewe-tenant";

    /// <summary>Reads a token; false when it is none. Says nothing about whether it is valid.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out TenantKeyToken? token)
    {
        token = KeyTokenSyntax.TryRead(text, Prefix, out var parts) && parts.Owner.Length <= HostKeys.TenantCharactersMax ? new TenantKeyToken(parts.Owner, parts.Id, parts.Secret) : null;
        return token is not null;
    }

    /// <summary>The token itself. Never logged.</summary>
    public string ToToken() => KeyTokenSyntax.Write(Prefix, Tenant, Id, Secret);

    /// <summary>Without the secret.</summary>
    public override string ToString() => $"{Prefix} key {Id}";
}

/// <summary>What all tokens look like: words with dots between them, whose characters may stand behind <c>Bearer</c> (RFC 6750 §2.1).</summary>
internal static class KeyTokenSyntax
{
    private const int CharactersMax = 2048;

    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    public static bool TryRead(string text, string prefix, out (string Owner, string Id, string Secret) parts)
    {
        parts = default;
        if (text.Length > CharactersMax || text.Split('.') is not [var first, { Length: > 0 } owner, { Length: > 0 } id, { Length: > 0 } secret]
            || first != prefix || !Base64Url.IsValid(owner))
        {
            return false;
        }

        try
        {
            parts = (StrictUtf8.GetString(Base64Url.DecodeFromChars(owner)), id, secret);
            return parts.Owner.Length > 0;
        }
        catch (DecoderFallbackException)
        {
            return false;
        }
    }

    public static string Write(string prefix, string owner, string id, string secret) =>
        $"{prefix}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(owner))}.{id}.{secret}";
}
