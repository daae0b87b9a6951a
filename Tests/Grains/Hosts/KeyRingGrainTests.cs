using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Storage;
using Krewe.Grains.Hosts;
using Krewe.Tests.Grains.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Krewe.Tests.Grains.Hosts;

/// <summary>The keys of hosts and tenants as their grains keep them.</summary>
public sealed class KeyRingGrainTests : IAsyncLifetime, IDisposable
{
    private const string Host = "verona.example";

    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly DataFolder _folder = new();
    private StorageSilo _silo = null!;

    private IKeyRingGrain Keys => _silo.Grains.HostKeys(Host);

    public async Task InitializeAsync() => _silo = await StartAsync();

    public async Task DisposeAsync() => await _silo.DisposeAsync();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Keys_AreThereAfterARestart_WithoutTheirSecretsOnDisk()
    {
        var made = (await Keys.CreateAsync("app", ["roster"], null))!;
        await Keys.NoteUsesAsync([new KeyUse(made.Key.Id, Start, "192.0.2.1"), new KeyUse("none", Start, null)]);
        await _silo.DisposeAsync();
        _silo = await StartAsync();

        Assert.Equal("app", (await Keys.VerifyAsync(made.Key.Id, made.Secret))!.Name);
        Assert.Null(await Keys.VerifyAsync(made.Key.Id, made.Secret + "x"));
        Assert.Equal((Start, "192.0.2.1"), Assert.Single(await Keys.ListAsync()) is var kept ? (kept.LastUsedAt!.Value, kept.LastUsedFrom) : default);
        Assert.Equal(0L, _folder.Scalar($"SELECT count(*) FROM grain_state WHERE CAST(json AS TEXT) LIKE '%{made.Secret}%'"));
    }

    [Fact]
    public async Task LastUse_ThatComesLate_IsNotTakenForALaterOne()
    {
        var made = (await Keys.CreateAsync("app", ["roster"], null))!;
        await Keys.NoteUsesAsync([new KeyUse(made.Key.Id, Start.AddHours(1), "192.0.2.1")]);
        await Keys.NoteUsesAsync([new KeyUse(made.Key.Id, Start, "192.0.2.2")]);

        Assert.Equal("192.0.2.1", Assert.Single(await Keys.ListAsync()).LastUsedFrom);
    }

    [Fact]
    public async Task Ring_WithoutKeys_StoresNothing()
    {
        var made = (await Keys.CreateAsync("app", ["roster"], null))!;
        Assert.Equal(1, await RingsAsync());

        Assert.True(await Keys.DeleteAsync(made.Key.Id));

        Assert.False(await Keys.DeleteAsync(made.Key.Id));
        Assert.Equal(0, await RingsAsync());
    }

    [Fact]
    public async Task Host_ThatIsRemoved_HasNoKeysWhenItComesAgain()
    {
        await _silo.Grains.Host(Host).PutAsync("{}", null, isProvider: true);
        var old = (await Keys.CreateAsync("app", ["roster"], null))!;
        await _silo.Grains.Host(Host).DeleteAsync();
        Assert.Null(await Keys.VerifyAsync(old.Key.Id, old.Secret));

        // Also those that were made in between, as for a file that is gone since.
        var stray = (await Keys.CreateAsync("app", ["roster"], null))!;
        await _silo.Grains.Host(Host).PutAsync("{}", null, isProvider: true);
        Assert.Null(await Keys.VerifyAsync(stray.Key.Id, stray.Secret));
    }

    [Fact]
    public async Task TenantAndHost_OfOneName_HaveKeysOfTheirOwn()
    {
        var made = (await Keys.CreateAsync("app", ["roster"], null))!;

        Assert.Null(await _silo.Grains.TenantKeys(Host).VerifyAsync(made.Key.Id, made.Secret));
    }

    [Fact]
    public async Task Rotation_WhenThereAreAllKeysThatThereMayBe_IsRefused()
    {
        var first = (await Keys.CreateAsync("app", ["roster"], null))!;
        for (var i = 1; i < HostKeys.KeysMax; i++)
        {
            await Keys.CreateAsync("app", ["roster"], null);
        }

        Assert.Equal(KeyRotationOutcome.Full, (await Keys.RotateAsync(first.Key.Id, TimeSpan.Zero)).Outcome);
        Assert.Equal(KeyRotationOutcome.NotFound, (await Keys.RotateAsync("none", TimeSpan.Zero)).Outcome);
    }

    private async Task<long> RingsAsync() => await _silo.Services.GetRequiredService<IGrainKeyIndex>().CountAsync(StorageNames.Settings, StateNames.Keys, null);

    private Task<StorageSilo> StartAsync() => StorageSilo.StartAsync(_folder.Options, services => services
        .AddKreweHostFiles(_folder.Options)
        .AddSingleton<IHostSettingsSource, HostSettingsCache>());
}
