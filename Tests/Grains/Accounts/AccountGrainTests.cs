using Krewe.Contracts.Accounts;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Storage;
using Krewe.Grains.Accounts;
using Krewe.Grains.Storage;
using Krewe.Tests.Grains.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Krewe.Tests.Grains.Accounts;

public sealed class AccountGrainTests : IAsyncLifetime, IDisposable
{
    private static readonly Jid Juliet = Jid.Parse("juliet@verona.localhost");

    private readonly DataFolder _folder = new();
    private StorageSilo _silo = null!;

    private IAccountGrain Account => _silo.Grains.Account(Juliet);

    public async Task InitializeAsync() => _silo = await StorageSilo.StartAsync(_folder.Options);

    public async Task DisposeAsync() => await _silo.DisposeAsync();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Account_ThatWasNeverMade_DoesNotExist()
    {
        var credentials = await Account.GetAsync();

        Assert.False(credentials.Exists || credentials.IsEnabled);
        Assert.Empty(credentials.Scram);
        Assert.False(await Account.SetEnabledAsync(false));
        Assert.False(await Account.DeleteAsync());
        Assert.Equal(0, await Index.CountAsync(StorageNames.Accounts, StateNames.Account, null));
    }

    [Fact]
    public async Task Put_MakesThenReplaces()
    {
        Assert.True(await Account.PutAsync([Scram(ScramHash.Sha1, 1), Scram(ScramHash.Sha256, 2)]));
        Assert.False(await Account.PutAsync([Scram(ScramHash.Sha512, 3)]));

        var credentials = await Account.GetAsync();
        Assert.True(credentials.Exists && credentials.IsEnabled);
        AssertEqual(Scram(ScramHash.Sha512, 3), Assert.Single(credentials.Scram));
    }

    [Fact]
    public async Task Know_MakesAnAccountWithoutCredentials_OnceAndForGood()
    {
        Assert.True(await Account.KnowAsync());
        Assert.False(await Account.KnowAsync());
        Assert.True(await Account.SetEnabledAsync(false));

        await RestartAsync();

        Assert.False(await Account.KnowAsync());
        var credentials = await Account.GetAsync();
        Assert.True(credentials is { Exists: true, IsEnabled: false, Scram.IsEmpty: true });
        Assert.False(await Account.PutAsync([Scram(ScramHash.Sha1, 1)]));
        Assert.False(await Account.KnowAsync());
        Assert.Single((await Account.GetAsync()).Scram);
    }

    [Fact]
    public async Task Account_AfterARestart_IsAsItWasAcknowledged()
    {
        await Account.PutAsync([Scram(ScramHash.Sha256, 9)]);
        Assert.True(await Account.SetEnabledAsync(false));

        await RestartAsync();

        var credentials = await Account.GetAsync();
        Assert.True(credentials.Exists);
        Assert.False(credentials.IsEnabled);
        AssertEqual(Scram(ScramHash.Sha256, 9), Assert.Single(credentials.Scram));
        Assert.False(await Account.PutAsync([]));
        Assert.False((await Account.GetAsync()).IsEnabled);
    }

    [Fact]
    public async Task Delete_ForgetsEverything()
    {
        await Account.PutAsync([Scram(ScramHash.Sha1, 1)]);
        await Account.SetEnabledAsync(false);

        Assert.True(await Account.DeleteAsync());
        Assert.False((await Account.GetAsync()).Exists);
        Assert.False(await Account.DeleteAsync());

        Assert.True(await Account.PutAsync([]));
        Assert.True((await Account.GetAsync()).IsEnabled);
    }

    [Fact]
    public async Task Accounts_OfADomain_AreListed()
    {
        foreach (var jid in new[] { "romeo@verona.localhost", "juliet@verona.localhost", "hamlet@elsinore.localhost" })
        {
            await _silo.Grains.Account(Jid.Parse(jid)).PutAsync([]);
        }

        Assert.Equal<string>(
            ["juliet@verona.localhost", "romeo@verona.localhost"],
            await Index.ListAsync(StorageNames.Accounts, StateNames.Account, "verona.localhost", null, 100));
    }

    [Fact]
    public async Task Change_AfterSomebodyElsesWrite_IsMadeOnTheirs()
    {
        await Account.PutAsync([Scram(ScramHash.Sha1, 1)]);
        var other = new HeldState<AccountState>(_silo.Services.GetRequiredService<SqliteDatabase>(), Juliet.Bare, StorageNames.Accounts, StateNames.Account);
        await other.ReadAsync();
        await other.WriteAsync(other.State! with { IsEnabled = false });

        Assert.False(await Account.PutAsync([Scram(ScramHash.Sha256, 2)]));

        var credentials = await Account.GetAsync();
        Assert.False(credentials.IsEnabled);
        AssertEqual(Scram(ScramHash.Sha256, 2), Assert.Single(credentials.Scram));
    }

    private IGrainKeyIndex Index => _silo.Services.GetRequiredService<IGrainKeyIndex>();

    private async Task RestartAsync()
    {
        await _silo.DisposeAsync();
        _silo = await StorageSilo.StartAsync(_folder.Options);
    }

    private static ScramCredentials Scram(ScramHash hash, byte seed) =>
        new(hash, new byte[] { seed, 0 }, 4096 + seed, new byte[] { seed, 1 }, new byte[] { seed, 2 });

    private static void AssertEqual(ScramCredentials expected, ScramCredentials actual)
    {
        Assert.Equal((expected.Hash, expected.Iterations), (actual.Hash, actual.Iterations));
        Assert.Equal(expected.Salt.ToArray(), actual.Salt.ToArray());
        Assert.Equal(expected.StoredKey.ToArray(), actual.StoredKey.ToArray());
        Assert.Equal(expected.ServerKey.ToArray(), actual.ServerKey.ToArray());
    }
}
