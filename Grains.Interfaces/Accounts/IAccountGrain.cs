using System.Collections.Immutable;

namespace Krewe.Contracts.Accounts;

/// <summary>One account of record: its credentials, if it has its own here, and whether it may be used. Key: the account's bare JID.</summary>
[Alias("account")]
public interface IAccountGrain : IGrainWithStringKey
{
    /// <summary>What SASL needs; an account that does not exist is an answer, not an error.</summary>
    [Alias("get")]
    Task<AccountCredentials> GetAsync();

    /// <summary>Makes the account or replaces its credentials; true when it was made. On disk when this returns.</summary>
    [Alias("put")]
    Task<bool> PutAsync(ImmutableArray<ScramCredentials> credentials);

    /// <summary>
    /// Sees to it that the account is there, without credentials if it is new: the host knows a user whom others authenticate from then on. True when it was made.
    /// On disk when this returns.
    /// </summary>
    [Alias("know")]
    Task<bool> KnowAsync();

    /// <summary>Enables or disables; false when there is no such account.</summary>
    [Alias("enable")]
    Task<bool> SetEnabledAsync(bool isEnabled);

    /// <summary>Notes whether messages may wait for the user, so that a login need not ask their grain in vain. On disk when this returns.</summary>
    [Alias("mail")]
    Task SetMayHaveMailAsync(bool mayHaveMail);

    /// <summary>False when there was no such account.</summary>
    [Alias("delete")]
    Task<bool> DeleteAsync();
}
