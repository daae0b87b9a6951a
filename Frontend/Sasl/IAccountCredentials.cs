using Krewe.Contracts.Accounts;
using Krewe.Contracts.Addressing;

namespace Krewe.Frontend.Sasl;

/// <summary>Where SASL gets an account's stored keys.</summary>
internal interface IAccountCredentials
{
    /// <summary>The account as it is now, also when it does not exist; null when that cannot be told at present.</summary>
    ValueTask<AccountCredentials?> GetAsync(Jid account, CancellationToken cancellationToken);

    /// <summary>Sees to it that a user whom others authenticate has an account of record; false when that cannot be done at present.</summary>
    ValueTask<bool> KnowAsync(Jid account, CancellationToken cancellationToken);
}
