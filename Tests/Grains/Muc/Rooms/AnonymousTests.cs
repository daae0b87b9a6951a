using Krewe.Contracts.Accounts;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Muc;
using Krewe.Contracts.Stanzas;

namespace Krewe.Tests.Grains.Muc.Rooms;

/// <summary>RFC 4505: whoever has no name keeps nothing in rooms that outlasts the visit, and nobody else's name out of them.</summary>
public sealed class AnonymousTests(RoomSilo silo) : IClassFixture<RoomSilo>
{
    [Fact]
    public async Task Room_OfAnAnonymousUser_IsATemporaryOne()
    {
        var stage = NewStage(service => service with { RoomDefaults = MucRoomConfig.Default with { IsPersistent = true } });
        var stranger = AnonymousUsers.New(stage.Host.Domain);

        await stage.EnterAsync($"{stranger}/orchard");

        Assert.False((await stage.Grain.InfoAsync())!.Config.IsPersistent);
        Assert.Equal(StanzaError.NotAllowed, await stage.Grain.ConfigureAsync(stranger, new MucConfigChange { IsPersistent = true }));
        Assert.Null(await stage.Grain.ConfigureAsync(stranger, new MucConfigChange { Name = "Tonight" }));
        await stage.LeaveAsync($"{stranger}/orchard");
        Assert.Null(await stage.Grain.InfoAsync());
    }

    [Fact]
    public async Task Room_ThatIsThere_IsConfiguredByItsOwner_WhoeverIsAnonymous()
    {
        var stage = NewStage();
        await stage.EnterAsync("romeo");

        Assert.Null(await stage.Grain.ConfigureAsync(stage.User("romeo"), new MucConfigChange { IsPersistent = true }));
        var stranger = AnonymousUsers.New(stage.Host.Domain);
        await stage.EnterAsync($"{stranger}/orchard", "Somebody");

        Assert.True((await stage.Grain.InfoAsync())!.Config.IsPersistent);
    }

    [Fact]
    public async Task Nickname_IsNotKeptForAnAnonymousUser()
    {
        var stage = NewStage();
        await stage.EnterAsync("romeo");
        var stranger = AnonymousUsers.New(stage.Host.Domain);

        Assert.Equal(StanzaError.NotAllowed, (await stage.Grain.RegisterAsync(stranger, "Juliet", null)).Error);

        Assert.Null((await stage.Grain.RegisterAsync(stage.User("juliet"), "Juliet", null)).Error);
    }

    private RoomStage NewStage(Func<MucServiceSettings, MucServiceSettings>? service = null) =>
        new(silo, service, host => host with { Authentication = [HostAuthentication.InternalHashed, HostAuthentication.Anonymous] });
}
