using System.Collections.Immutable;
using System.Text;
using Krewe.Contracts.Accounts;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosting;
using Krewe.Contracts.Hosts;
using Krewe.Frontend.Sasl;
using Microsoft.Extensions.Logging.Abstractions;

namespace Krewe.Tests.Unit.Sasl;

/// <summary>Accounts in a dictionary, and what the negotiation shares in a process.</summary>
internal sealed class SaslFixture : IAccountCredentials, IHttpAuthentication
{
    internal const string Host = "verona.example";

    private readonly Dictionary<Jid, AccountCredentials> _accounts = [];

    internal SaslFixture(TimeProvider? time = null, string data = "/nonexistent")
    {
        time ??= TimeProvider.System;
        Cache = new DerivedKeyCache(time);
        Services = new SaslServices(
            this, new InventedCredentials("a secret"u8.ToArray()), new PasswordVerifier(Cache), this,
            new JwtVerifier(new JwtKeyFiles(new KreweOptions { Data = data, AdminToken = "" }, time, NullLogger<JwtKeyFiles>.Instance), time),
            new AnonymousSessions(time), new LoginThrottle(time));
    }

    internal DerivedKeyCache Cache { get; }

    internal SaslServices Services { get; }

    internal bool IsDown { get; set; }

    internal List<Jid> Asked { get; } = [];

    /// <summary>Passwords as the tenant's service was asked for them.</summary>
    internal List<string> HttpAsked { get; } = [];

    /// <summary>What the tenant's service says.</summary>
    internal Func<Jid, string, HttpAuthAnswer> Http { get; set; } = (_, _) => HttpAuthAnswer.Failed;

    /// <summary>Accounts that were made for users whom others authenticate.</summary>
    internal List<Jid> Known { get; } = [];

    internal static ChannelBinding Binding { get; } = new("the hash of a certificate"u8.ToArray());

    internal static HostSettings Settings(string host = Host) => new() { Domain = host, Tenant = host };

    internal static SaslOffer Offer(string host = Host, bool isBound = true, bool isEncrypted = true) =>
        SaslOffer.For(Settings(host), isEncrypted, isBound ? Binding : null);

    internal SaslNegotiator Negotiator(SaslOffer? offer = null, LoginOrigin origin = default) => new(offer ?? Offer(), Services, origin);

    /// <summary>With fewer iterations than the product's own, so that the suite is quick.</summary>
    internal void Add(string bareJid, string password, bool isEnabled = true, ImmutableArray<ScramHash>? hashes = null)
    {
        Assert.True(SaslPrep.TryPrepare(password, out var prepared));
        _accounts[Jid.Parse(bareJid)] = new(
            true, isEnabled, [.. (hashes ?? ScramKeys.Hashes).Select(hash => ScramKeys.Derive(prepared, hash, Guid.NewGuid().ToByteArray(), 64))]);
    }

    internal void Set(string bareJid, AccountCredentials credentials) => _accounts[Jid.Parse(bareJid)] = credentials;

    public ValueTask<AccountCredentials?> GetAsync(Jid account, CancellationToken cancellationToken)
    {
        Asked.Add(account);
        return ValueTask.FromResult(IsDown ? null : _accounts.GetValueOrDefault(account) ?? new AccountCredentials(false, false, []));
    }

    public ValueTask<bool> KnowAsync(Jid account, CancellationToken cancellationToken)
    {
        Known.Add(account);
        return ValueTask.FromResult(!IsDown);
    }

    public ValueTask<HttpAuthAnswer> CheckPasswordAsync(Jid account, string preparedPassword, CancellationToken cancellationToken)
    {
        HttpAsked.Add(preparedPassword);
        return ValueTask.FromResult(Http(account, preparedPassword));
    }

    internal static string Encode(string message) => Convert.ToBase64String(Encoding.UTF8.GetBytes(message));

    internal static string Decode(string content) => Encoding.UTF8.GetString(Convert.FromBase64String(content));
}
