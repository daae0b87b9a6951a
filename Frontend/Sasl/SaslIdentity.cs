using Krewe.Contracts.Accounts;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;

namespace Krewe.Frontend.Sasl;

/// <summary>From what clients call themselves to accounts (RFC 6120 §6.3.7, §6.3.8). The host is the stream's: one name in two hosts is two accounts.</summary>
internal static class SaslIdentity
{
    /// <summary>The account of a user name: a localpart, or a bare JID of this very host; null for anything else, the names of anonymous users included.</summary>
    internal static Jid? Resolve(string username, HostSettings host) => Resolve(username, host.Domain) is { } account && !AnonymousUsers.Include(host, account) ? account : null;

    private static Jid? Resolve(string username, string host)
    {
        var at = username.IndexOf('@');
        if (at >= 0 && !(JidEnforcement.TryPrepareDomainpart(username[(at + 1)..], out var domain) && domain == host))
        {
            return null;
        }

        return JidEnforcement.TryPrepareLocalpart(at < 0 ? username : username[..at], out var localpart)
            && Jid.TryParse($"{localpart}@{host}", out var account) ? account : null;
    }

    /// <summary>RFC 6120 §6.3.8: nobody acts for another here; the authorization identity is absent or the account's own bare JID.</summary>
    internal static bool IsOwn(string? authzid, Jid account) =>
        string.IsNullOrEmpty(authzid) || (Jid.TryParse(authzid, out var jid) && jid.Equals(account));
}
