using Orleans.Concurrency;

namespace Krewe.Contracts.Accounts;

/// <summary>
/// What the tenant's service says of one user (contract §3, <c>http_auth_url</c>). Key: the user's bare JID. It remembers for a short while what the service said yes to, and
/// asks once however many wait; an outage is no answer and is not remembered.
/// </summary>
[Alias("http-auth")]
public interface IHttpAuthGrain : IGrainWithStringKey
{
    /// <summary>Whether the password is the user's. Always answers by the hook's deadline, always with a value.</summary>
    [Alias("check"), AlwaysInterleave]
    Task<HttpAuthAnswer> CheckPasswordAsync(PasswordAttempt attempt);

    /// <summary>Whether there is such a user. Answers sooner than a login may: somebody's stanza waits for it.</summary>
    [Alias("exists"), AlwaysInterleave]
    Task<HttpAuthAnswer> ExistsAsync();
}

public enum HttpAuthAnswer : byte
{
    No = 0,
    Yes = 1,

    /// <summary>The service did not say.</summary>
    Failed = 2,
}

/// <summary>A password on its way to whoever knows it; prepared (RFC 4013).</summary>
[GenerateSerializer, Immutable, Alias("password-attempt")]
public sealed record PasswordAttempt([property: Id(0)] string Password)
{
    /// <summary>Never the password.</summary>
    public override string ToString() => nameof(PasswordAttempt);
}
