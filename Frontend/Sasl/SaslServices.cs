using System.Security.Cryptography;
using System.Text;
using Krewe.Contracts.Accounts;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Krewe.Frontend.Sasl;

/// <summary>What all SASL exchanges of the process share.</summary>
internal sealed record SaslServices(
    IAccountCredentials Accounts,
    InventedCredentials Invented,
    PasswordVerifier Passwords,
    IHttpAuthentication Http,
    JwtVerifier Jwt,
    AnonymousSessions Anonymous,
    LoginThrottle Throttle)
{
    /// <summary>The account's keys that <paramref name="choose"/> picks, invented ones where there are none; null when the account cannot be read now.</summary>
    internal async ValueTask<SaslAccount?> GetAsync(
        Jid jid, ScramHash preferred, Func<AccountCredentials, ScramCredentials?> choose, CancellationToken cancellationToken)
    {
        if (await Accounts.GetAsync(jid, cancellationToken) is not { } account)
        {
            return null;
        }

        // Made in both cases, so that an account that exists takes no less time than one that does not.
        var invented = Invented.For(jid, preferred);
        return new SaslAccount(jid, account.Exists, account.IsEnabled || !account.Exists, (account.Exists ? choose(account) : null) ?? invented);
    }
}

/// <summary>An account during a login. Whether it exists shows only in that no proof fits <paramref name="Keys"/>.</summary>
/// <param name="Exists">There is a record of it here; users whom others authenticate come without one at first.</param>
internal sealed record SaslAccount(Jid Jid, bool Exists, bool IsEnabled, ScramCredentials Keys);

internal static class SaslServiceCollectionExtensions
{
    /// <summary>Needs <see cref="KreweOptions"/>, <see cref="IGrainFactory"/> and <see cref="TimeProvider"/>.</summary>
    internal static IServiceCollection AddSasl(this IServiceCollection services) => services
        .AddSingleton<IAccountCredentials, AccountCredentialsSource>()
        .AddSingleton<IHttpAuthentication, HttpAuthentication>()
        .AddSingleton<JwtKeyFiles>()
        .AddSingleton<JwtVerifier>()
        .AddSingleton<AnonymousSessions>()
        .AddSingleton<LoginThrottle>()
        .AddSingleton<DerivedKeyCache>()
        .AddSingleton<PasswordVerifier>()
        .AddSingleton(provider => new InventedCredentials(SecretOf(provider.GetRequiredService<KreweOptions>())))
        .AddSingleton<SaslServices>();

    private static byte[] SecretOf(KreweOptions options) =>
        HMACSHA256.HashData(Encoding.UTF8.GetBytes(options.AdminToken), "keys of accounts that do not exist"u8);
}
