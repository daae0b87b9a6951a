using System.Collections.Immutable;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Delegation;
using Krewe.Contracts.Storage;
using Krewe.Tests.Grains.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Krewe.Tests.Grains.Delegation;

/// <summary>What users have delegated for longer than a session (specs D-078): durable, bounded, and gone with its user.</summary>
public sealed class UserDelegationsGrainTests : IAsyncLifetime, IDisposable
{
    private const string Host = "verona.localhost";

    private static readonly Jid Juliet = Jid.Parse($"juliet@{Host}");
    private static readonly Jid Romeo = Jid.Parse($"romeo@{Host}");

    private readonly DataFolder _folder = new();
    private StorageSilo _silo = null!;

    private IUserDelegationsGrain Grain => _silo.Grains.UserDelegations(Host);

    public async Task InitializeAsync() => _silo = await StorageSilo.StartAsync(_folder.Options);

    public async Task DisposeAsync() => await _silo.DisposeAsync();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Delegations_AfterARestart_AreWhatWasAcknowledged()
    {
        Assert.True(await Grain.ReplaceAsync(Romeo, [Of(Romeo, "urn:b"), Of(Romeo, "urn:a"), Of(Romeo, "urn:a")]));
        Assert.True(await Grain.ReplaceAsync(Juliet, [Of(Juliet, "urn:c")]));

        await RestartAsync();

        Assert.Equal([Of(Juliet, "urn:c"), Of(Romeo, "urn:a"), Of(Romeo, "urn:b")], (await Grain.ListAsync()).ToArray());
        Assert.Empty(await _silo.Grains.UserDelegations("elsinore.localhost").ListAsync());
    }

    [Fact]
    public async Task Replace_TakesTheUsersOwnOnly_AndWithNothingForgets()
    {
        await Grain.ReplaceAsync(Romeo, [Of(Romeo, "urn:a")]);

        Assert.True(await Grain.ReplaceAsync(Juliet, [Of(Romeo, "urn:stolen")]));
        Assert.Equal([Of(Romeo, "urn:a")], (await Grain.ListAsync()).ToArray());
        Assert.True(await Grain.ReplaceAsync(Romeo, []));

        Assert.Empty(await Grain.ListAsync());
        Assert.Equal(0, await CountAsync());
    }

    [Fact]
    public async Task Replace_WithTooManyOfOneUser_ChangesNothing()
    {
        Assert.True(await Grain.ReplaceAsync(Romeo, Many(Romeo, IUserDelegationsGrain.OfUserMax)));
        Assert.False(await Grain.ReplaceAsync(Romeo, Many(Romeo, IUserDelegationsGrain.OfUserMax + 1)));

        Assert.Equal(IUserDelegationsGrain.OfUserMax, (await Grain.ListAsync()).Length);
    }

    [Fact]
    public async Task Replace_WithTooManyOfTheHost_ChangesNothing_AndThoseWhoHaveSomeMayTakeItBack()
    {
        var users = (IUserDelegationsGrain.OfHostMax / IUserDelegationsGrain.OfUserMax) + 1;
        for (var i = 0; i < users - 1; i++)
        {
            var user = Jid.Parse($"user{i}@{Host}");
            Assert.True(await Grain.ReplaceAsync(user, Many(user, IUserDelegationsGrain.OfUserMax)));
        }

        var left = IUserDelegationsGrain.OfHostMax - ((users - 1) * IUserDelegationsGrain.OfUserMax);
        Assert.False(await Grain.ReplaceAsync(Juliet, Many(Juliet, left + 1)));
        Assert.True(await Grain.ReplaceAsync(Juliet, Many(Juliet, left)));
        Assert.False(await Grain.ReplaceAsync(Romeo, [Of(Romeo, "urn:a")]));
        Assert.True(await Grain.ReplaceAsync(Juliet, []));
        Assert.True(await Grain.ReplaceAsync(Romeo, [Of(Romeo, "urn:a")]));
    }

    [Fact]
    public async Task Clear_ForgetsTheHost()
    {
        await Grain.ReplaceAsync(Romeo, [Of(Romeo, "urn:a")]);
        await Grain.ClearAsync();
        await Grain.ClearAsync();

        Assert.Empty(await Grain.ListAsync());
        Assert.Equal(0, await CountAsync());
    }

    private static UserDelegation Of(Jid user, string name) => new(user, "pubsub.verona.localhost", name);

    private static ImmutableArray<UserDelegation> Many(Jid user, int count) => [.. Enumerable.Range(0, count).Select(number => Of(user, $"urn:{number}"))];

    private ValueTask<long> CountAsync() =>
        _silo.Services.GetRequiredService<IGrainKeyIndex>().CountAsync(StorageNames.Settings, StateNames.UserDelegations, null);

    private async Task RestartAsync()
    {
        await _silo.DisposeAsync();
        _silo = await StorageSilo.StartAsync(_folder.Options);
    }
}
