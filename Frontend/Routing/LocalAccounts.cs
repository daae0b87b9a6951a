using Krewe.Contracts.Accounts;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;

namespace Krewe.Frontend.Routing;

internal enum AccountExistence : byte
{
    No,
    Yes,

    /// <summary>The tenant's service, which knows, does not say.</summary>
    Unknown,
}

/// <param name="IsOpen">It exists, and nobody has disabled it.</param>
internal readonly record struct LocalAccount(AccountExistence Existence, bool IsOpen);

/// <summary>
/// Whether there is such a user of a host here, where that decides something: storing a message, noting a subscription, acting for somebody. Whoever has an account of record
/// exists, and that is everybody who ever logged in; of others only the tenant's service may know (<c>user_exists</c>).
/// </summary>
internal sealed class LocalAccounts(IGrainFactory grains, IHostSettingsSource hosts)
{
    public async ValueTask<LocalAccount> FindAsync(Jid user)
    {
        var account = await grains.Account(user).GetAsync();
        if (account.Exists)
        {
            return new(AccountExistence.Yes, account.IsEnabled);
        }

        // The names of anonymous users are nobody's: the service has not heard of them.
        if (await hosts.GetAsync(user.Domainpart) is not { } host || !host.Authentication.Contains(HostAuthentication.Http) || AnonymousUsers.Include(host, user))
        {
            return new(AccountExistence.No, IsOpen: false);
        }

        return await grains.HttpAuth(user).ExistsAsync() switch
        {
            HttpAuthAnswer.Yes => new(AccountExistence.Yes, IsOpen: true),
            HttpAuthAnswer.No => new(AccountExistence.No, IsOpen: false),
            _ => new(AccountExistence.Unknown, IsOpen: false),
        };
    }
}
