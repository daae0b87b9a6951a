namespace Krewe.Tests.Grains.Muc.Rooms;

public sealed partial class LifeTests
{
    /// <summary>Orleans has no way from a process that stops to its own frontend, only to those of others.</summary>
    [Fact]
    public async Task ProcessThatStops_SaysSoToEverySession()
    {
        var stage = new RoomStage(silo, service => service with { RoomDefaults = Persistent });
        await stage.EnterAllAsync("romeo", "juliet/balcony");
        await stage.EnterAsync("juliet/garden", "Juliet");
        stage.Take("juliet/garden");
        var sessions = new[] { "romeo", "juliet/balcony", "juliet/garden" }.Select(address => stage.Session(address).Session).ToArray();

        await silo.RestartAsync();

        Assert.Equal(
            ["-Romeo owner/none <romeo/orchard> [110 332]", "-Juliet none/none <juliet/balcony> [110 332]", "-Juliet none/none <juliet/garden> [110 332]"],
            sessions.Select(session => RoomSink.Line(Assert.Single(stage.Sink.Take(session)))));
    }
}
