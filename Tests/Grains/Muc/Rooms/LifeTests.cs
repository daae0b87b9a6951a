using Krewe.Contracts.Muc;
using Krewe.Contracts.Stanzas;

namespace Krewe.Tests.Grains.Muc.Rooms;

/// <summary>XEP-0045 §11: a room whose service or whose process goes, and comes back.</summary>
public sealed partial class LifeTests(RoomSilo silo) : IClassFixture<RoomSilo>
{
    private static readonly MucRoomConfig Persistent = MucRoomConfig.Default with { IsPersistent = true };

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public async Task ServiceThatIsNoMore_PutsEverybodyOut_With332_AtWhateverComesNext(bool isRemoved, bool isMessage)
    {
        var stage = new RoomStage(silo, service => service with { RoomDefaults = Persistent });
        await stage.EnterAllAsync("romeo", "juliet");
        End(stage, isRemoved);

        var error = isMessage ? await stage.SayAsync("romeo", "hello?") : (await stage.PresenceAsync("nurse")).Error;

        Assert.Equal(StanzaError.ItemNotFound, error);
        Assert.Equal(["-Romeo owner/none <romeo/orchard> [110 332]"], stage.Take("romeo"));
        Assert.Equal(["-Juliet none/none <juliet/orchard> [110 332]"], stage.Take("juliet"));
        Assert.False(await stage.Grain.IsPresentAsync(stage.User("romeo")));
        Assert.Equal(MucPutOutcome.NoService, await stage.Grain.PutAsync(new MucRoomDocument(Persistent, null, [])));

        stage.Change(host => host with { Enabled = true });
        await stage.EnterAsync("juliet");
        Assert.Equal("+Juliet none/participant <juliet/orchard> [110]", stage.Take("juliet")[0]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ServiceThatIsNoMore_IsNoticed_ThoughNobodySaysAnything(bool isRemoved)
    {
        var stage = new RoomStage(silo);
        await stage.EnterAllAsync("romeo", "juliet");
        End(stage, isRemoved);

        silo.Time.Forward(TimeSpan.FromSeconds(16));

        Assert.Equal(["-Romeo owner/none <romeo/orchard> [110 332]"], await stage.UntilAsync("romeo", "-"));
        Assert.Equal(["-Juliet none/none <juliet/orchard> [110 332]"], await stage.UntilAsync("juliet", "-"));

        // It was in memory alone.
        stage.Change(host => host with { Enabled = true });
        await stage.EnterAsync("juliet");
        Assert.Equal("+Juliet owner/moderator <juliet/orchard> [110 201]", stage.Take("juliet")[0]);
    }

    [Fact]
    public async Task PersistentRoom_IsThereAgain_WithoutThoseWhoWereInIt()
    {
        var stage = new RoomStage(silo, service => service with { RoomDefaults = Persistent });
        await stage.EnterAllAsync("romeo", "juliet");

        await silo.RestartAsync();
        stage.ForgetFrontend();

        Assert.Equal(0, (await stage.Grain.InfoAsync())!.Occupants);
        await stage.EnterAsync("romeo");
        Assert.Equal("+Romeo owner/moderator <romeo/orchard> [110]", stage.Take("romeo")[0]);
    }

    [Fact]
    public async Task OccupantIds_OutliveTheProcess()
    {
        var stage = new RoomStage(silo);
        await stage.EnterAsync("romeo");
        var before = stage.TakeStanzas("romeo")[0].OccupantId;

        await silo.RestartAsync();
        stage.ForgetFrontend();
        await stage.EnterAsync("romeo");

        Assert.Equal(before, stage.TakeStanzas("romeo")[0].OccupantId);
    }

    private static void End(RoomStage stage, bool isRemoved)
    {
        if (isRemoved)
        {
            stage.RemoveService();
        }
        else
        {
            stage.Change(host => host with { Enabled = false });
        }
    }
}
