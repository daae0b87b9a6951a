using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Sessions;
using Krewe.Frontend.Delegation.ClientMode;

namespace Krewe.Frontend.Http;

/// <summary>Removes accounts with everything that is theirs: streams, roster, messages that wait, delegations, credentials.</summary>
internal sealed class AccountRemoval(IGrainFactory grains, ClientGrants delegations)
{
    private const int AccountsAtOnce = 32;

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

    /// <summary>Removes a host's accounts, and what is counted of it, so that whoever gets the domain next inherits none of them.</summary>
    public async Task RemoveAllAsync(string domain)
    {
        string? after = null;
        while (await grains.HostDirectory().AccountsAsync(domain, after, IHostDirectoryGrain.ItemsMax) is { Length: > 0 } accounts)
        {
            await Parallel.ForEachAsync(
                accounts, new ParallelOptions { MaxDegreeOfParallelism = AccountsAtOnce }, async (account, _) => await RemoveAsync(Jid.Parse(account)));
            after = accounts[^1];
        }

        // Also those of users who have no account here.
        await grains.UserDelegations(domain).ClearAsync();
        await grains.Usage(domain).ClearAsync();
    }
}
