using System.Buffers;
using System.Security.Cryptography;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;

namespace Krewe.Contracts.Accounts;

/// <summary>
/// The names of users who did not say who they are (RFC 4505): nobody can guess one, and everybody can tell one. Nothing is kept for them, and nobody logs in by another
/// mechanism under such a name.
/// </summary>
public static class AnonymousUsers
{
    private const string Prefix = "anonymous-";

    private const int RandomBytes = 16;

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    public static Jid New(string host) => Jid.Parse($"{Prefix}{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(RandomBytes))}@{host}");

    /// <summary>Whether the address is an anonymous user's of the host.</summary>
    public static bool Include(HostSettings host, Jid user) =>
        host.Authentication.Contains(HostAuthentication.Anonymous)
        && user.Domainpart == host.Domain
        && user.Localpart is { } localpart
        && localpart.Length == Prefix.Length + (2 * RandomBytes)
        && localpart.StartsWith(Prefix, StringComparison.Ordinal)
        && localpart.AsSpan(Prefix.Length).IndexOfAnyExcept(HexDigits) < 0;
}
