using Krewe.Contracts.Addressing;
using Krewe.Contracts.Sessions;
using Krewe.Frontend.Delegation.ClientMode;

namespace Krewe.Frontend.Http;

/// <summary>Removes accounts with everything that is theirs: streams, roster, messages that wait, delegations, credentials.</summary>
internal sealed class AccountRemoval(IGrainFactory grains, ClientGrants delegations)
{
    /// <summary>False when there was no such account.</summary>
    public async Task<bool> RemoveAsync(Jid account)
    {
        // The credentials first: whoever is thrown out next cannot come back.
        if (!await grains.Account(account).DeleteAsync())
        {
            return false;
        }

        await grains.Sessions(account).EndAsync(null, StreamEnd.PolicyViolation, "The account was deleted.");
        await grains.Roster(account).ClearAsync();
        await grains.OfflineMessages(account).RemoveAsync(long.MaxValue);
        await delegations.ForgetAsync(account);
        return true;
    }
}
