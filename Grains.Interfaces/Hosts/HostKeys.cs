using System.Buffers.Text;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Krewe.Contracts.Addressing;

namespace Krewe.Contracts.Hosts;

/// <summary>What a host's keys may be made for (contract: HTTP API).</summary>
public static class HostKeys
{
    public const string Settings = "settings";

    public const string Accounts = "accounts";

    public const string Roster = "roster";

    public const string Muc = "muc";

    /// <summary>How many keys a host may have; expired ones do not count.</summary>
    public const int KeysMax = 100;

    public static readonly ImmutableArray<string> Scopes = [Settings, Accounts, Roster, Muc];
}

/// <summary>
/// A host key as its holder writes it: <c>krewe.&lt;domain&gt;.&lt;id&gt;.&lt;secret&gt;</c>, the domain in base64url, so that whoever receives one knows which
/// host to ask.
/// </summary>
public sealed record HostKeyToken(string Domain, string Id, string Secret)
{
    private const string Prefix = "krewe";

    private const int CharactersMax = 2048;

    /// <summary>Reads a token; false when it is none. Says nothing about whether it is valid.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out HostKeyToken? token)
    {
        token = null;
        if (text.Length > CharactersMax || text.Split('.') is not [Prefix, { Length: > 0 } host, { Length: > 0 } id, { Length: > 0 } secret]
            || !Base64Url.IsValid(host))
        {
            return false;
        }

        var written = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(host));
        if (!JidEnforcement.TryPrepareDomainpart(written, out var domain) || domain != written)
        {
            return false;
        }

        token = new HostKeyToken(domain, id, secret);
        return true;
    }

    /// <summary>The token itself. Never logged.</summary>
    public string ToToken() => $"{Prefix}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(Domain))}.{Id}.{Secret}";

    /// <summary>Without the secret.</summary>
    public override string ToString() => $"{Prefix} key {Id}";
}
