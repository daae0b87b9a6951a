using System.Collections.Immutable;

namespace Krewe.Contracts.Hosts;

/// <summary>Who says whether a client is who it says it is (contract §3, <c>authentication</c>).</summary>
public enum HostAuthentication : byte
{
    /// <summary>The stored keys of the host's own accounts.</summary>
    InternalHashed = 0,

    /// <summary>The tenant's service, asked over HTTP.</summary>
    Http = 1,

    /// <summary>A token that somebody signed whose key the host names.</summary>
    Jwt = 2,

    /// <summary>Nobody: each client is a stranger with a name for this one stream (RFC 4505).</summary>
    Anonymous = 3,
}

/// <summary>The tenant's service that knows passwords: <c>&lt;url&gt;/check_password</c> and <c>&lt;url&gt;/user_exists</c>, as Prosody's mod_auth_http asks.</summary>
public sealed record HttpAuthSettings
{
    /// <summary>Without the name of what is asked, which becomes the last segment of the path.</summary>
    public required string Url { get; init; }

    /// <summary>Sent by HTTP Basic (RFC 7617): <c>user:password</c>. Secret.</summary>
    public string? Credentials { get; init; }

    /// <summary>Asks by a form in the body, which no log of requests shows.</summary>
    public bool IsPost { get; init; }

    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>What holds where a document says nothing; without a URL.</summary>
    internal static HttpAuthSettings Default { get; } = new() { Url = "" };

    /// <summary>Never the secrets.</summary>
    public override string ToString() => nameof(HttpAuthSettings);
}

/// <summary>Whose tokens (RFC 7519) count, and how a token names its user. Keys are public, or secret, never both: so no key can be taken for one of the other kind.</summary>
public sealed record JwtSettings
{
    /// <summary>Null when tokens are signed with a secret, or the keys lie in a file.</summary>
    public JwtKeySet? Keys { get; init; }

    /// <summary>The name of a file of keys in the service's own folder.</summary>
    public string? KeysFile { get; init; }

    /// <summary>One secret or, during rotation, two.</summary>
    public ImmutableArray<ReadOnlyMemory<byte>> Secrets { get; init; } = [];

    public string? Issuer { get; init; }

    /// <summary>A token must be for one of them; empty for any.</summary>
    public ImmutableArray<string> Audiences { get; init; } = [];

    /// <summary>The claim with the localpart, or the bare JID.</summary>
    public string UserClaim { get; init; } = "sub";

    /// <summary>How far the issuer's clock may be from this one.</summary>
    public TimeSpan ClockSkew { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Somebody's signature would count.</summary>
    public bool HasKeys => Keys is not null || KeysFile is not null || !Secrets.IsEmpty;

    /// <summary>What holds where a document says nothing; without keys.</summary>
    internal static JwtSettings Default { get; } = new();

    /// <summary>Never the secrets.</summary>
    public override string ToString() => nameof(JwtSettings);
}
