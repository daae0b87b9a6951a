using Krewe.Contracts.Hosts;
using Krewe.Contracts.Muc;
using Krewe.Tests.Support;

namespace Krewe.Tests.Grains.Muc.Rooms;

/// <summary>Contract "Room access": those who are in a room are asked about again when their allowance runs out, and less and less often while nobody answers.</summary>
public sealed class RecheckTests(RoomSilo silo) : IClassFixture<RoomSilo>, IAsyncLifetime
{
    private HookServer _hook = null!;

    public async Task InitializeAsync() => _hook = await HookServer.StartAsync();

    public async Task DisposeAsync() => await _hook.DisposeAsync();

    [Fact]
    public async Task AllowanceThatRunsOut_IsAskedForAgain_AndARefusalRemovesTheUser()
    {
        var stage = NewStage();
        await stage.EnterAsync("romeo", decision: Admitted(TimeSpan.FromHours(1)));
        await stage.EnterAsync("juliet", "Capulet", Admitted(TimeSpan.FromSeconds(60)));
        stage.Take("romeo");
        _hook.Answers("""{"allowed":false,"reason":"no more"}""");

        silo.Time.Forward(TimeSpan.FromSeconds(40));
        Assert.True(await stage.Grain.IsPresentAsync(stage.User("juliet")));
        Assert.Empty(_hook.Requests);
        await ForwardUntilAskedAsync(TimeSpan.FromSeconds(10));

        Assert.Equal(["-Capulet none/none <juliet/orchard> because 'no more' [307]"], await stage.UntilAsync("romeo", "-"));
        var asked = Assert.Single(_hook.Requests).Target;
        Assert.Contains($"userJID={Uri.EscapeDataString(stage.User("juliet").Bare)}", asked, StringComparison.Ordinal);
        Assert.Contains("nickname=Capulet", asked, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AllowanceThatIsGivenAgain_MayBringAnotherAffiliation_AndRunsOutLater()
    {
        var stage = NewStage();
        await stage.EnterAsync("romeo", decision: Admitted(TimeSpan.FromHours(1)));
        await stage.EnterAsync("juliet", decision: Admitted(TimeSpan.FromSeconds(5)));
        stage.Take("romeo");
        _hook.Answers("""{"allowed":true,"affiliation":"member","expires_in":100}""");

        await ForwardUntilAskedAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(["+Juliet member/participant <juliet/orchard>"], await stage.UntilAsync("romeo", "+"));

        silo.Time.Forward(TimeSpan.FromSeconds(60));
        await stage.SayAsync("romeo", "still here?");
        Assert.Single(_hook.Requests);
        _hook.Answers("""{"allowed":false,"affiliation":"outcast"}""");
        await ForwardUntilAskedAsync(TimeSpan.FromSeconds(20));
        Assert.Equal("-Juliet outcast/none <juliet/orchard> [301]", (await stage.UntilAsync("romeo", "-"))[^1]);
    }

    [Fact]
    public async Task NoAnswer_RemovesNobody_AndIsAskedForLessAndLessOften_UntilThereIsOne()
    {
        var stage = NewStage();
        await stage.EnterAsync("romeo", decision: Admitted(TimeSpan.FromDays(1)));
        await stage.EnterAsync("juliet", decision: Admitted(TimeSpan.FromSeconds(5)));
        stage.Take("romeo");
        _hook.Answers("", 503);

        var waits = new List<TimeSpan>();
        await ForwardUntilAskedAsync(TimeSpan.FromSeconds(10));
        for (var i = 0; i < 4; i++)
        {
            waits.Add(await ForwardUntilAskedAsync(TimeSpan.FromSeconds(0.5)));
        }

        // 2, 4, 8 and 16 seconds, each by a fifth more or less; the machine's own time goes on meanwhile.
        for (var i = 0; i < waits.Count; i++)
        {
            Assert.InRange(waits[i].TotalSeconds, 0.8 * (2 << i), double.MaxValue);
        }

        Assert.Empty(stage.Take("romeo"));
        Assert.True(await stage.Grain.IsPresentAsync(stage.User("juliet")));
        _hook.Answers("""{"allowed":false}""");
        await ForwardUntilAskedAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(["-Juliet none/none <juliet/orchard> [307]"], await stage.UntilAsync("romeo", "-"));
    }

    [Fact]
    public async Task SettingsThatSayNothingOfIt_AskNobody_UntilTheyDo()
    {
        var stage = NewStage(isRecheck: false);
        _hook.Answers("""{"allowed":false}""");
        await stage.EnterAsync("romeo", decision: Admitted(TimeSpan.FromDays(1)));
        await stage.EnterAsync("juliet", decision: Admitted(TimeSpan.FromSeconds(5)));
        stage.Take("romeo");

        silo.Time.Forward(TimeSpan.FromMinutes(5));
        await stage.SayAsync("romeo", "hello");
        Assert.True(await stage.Grain.IsPresentAsync(stage.User("juliet")));
        Assert.Empty(_hook.Requests);

        stage.Change((MucServiceSettings service) => service with { HttpAuth = service.HttpAuth! with { Recheck = true } });
        await ForwardUntilAskedAsync(TimeSpan.FromSeconds(16));
        Assert.Equal("-Juliet none/none <juliet/orchard> [307]", (await stage.UntilAsync("romeo", "-"))[^1]);
    }

    /// <summary>Time is put forward in steps until the service is asked; how much time that was.</summary>
    private async Task<TimeSpan> ForwardUntilAskedAsync(TimeSpan step)
    {
        var start = silo.Time.GetUtcNow();
        var asked = _hook.NextRequestAsync();
        while (!asked.IsCompleted)
        {
            silo.Time.Forward(step);

            // The timer's turn, and the way to the service.
            await Task.WhenAny(asked, Task.Delay(TimeSpan.FromMilliseconds(20)));
        }

        await asked;
        return silo.Time.GetUtcNow() - start;
    }

    private RoomStage NewStage(bool isRecheck = true) => new(
        silo, service => service with { HttpAuth = new MucHttpAuthSettings { Url = $"{_hook.Url}/can-join", Recheck = isRecheck, AllowFor = TimeSpan.FromSeconds(60) } });

    private MucDecision Admitted(TimeSpan howLong) => new(MucVerdict.Admitted, silo.Time.GetUtcNow() + howLong);
}
