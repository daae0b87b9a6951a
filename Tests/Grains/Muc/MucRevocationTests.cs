using System.Collections.Immutable;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Muc;
using Krewe.Grains.Muc;
using Krewe.Tests.Support;

namespace Krewe.Tests.Grains.Muc;

/// <summary>Decisions that are revoked, whose service is another by now, or that stand in for an answer that did not come.</summary>
public sealed class MucRevocationTests(MucSilo silo) : IClassFixture<MucSilo>, IAsyncLifetime
{
    private const string Yes = """{"allowed":true}""";
    private const string No = """{"allowed":false}""";

    private HookServer _hook = null!;

    private DateTimeOffset Now => silo.Time.GetUtcNow();

    public async Task InitializeAsync() => _hook = await HookServer.StartAsync();

    public async Task DisposeAsync() => await _hook.DisposeAsync();

    [Fact]
    public async Task Forget_MakesTheNextOneAsk()
    {
        _hook.Answers(Yes);
        var of = silo.AddService(_hook).Of();

        Assert.False(await of.ForgetAsync());
        await of.DecideAsync("R", false);
        Assert.True(await of.ForgetAsync());
        Assert.False(await of.ForgetAsync());
        await of.DecideAsync("R", false);

        Assert.Equal(2, _hook.Requests.Count);
    }

    [Fact]
    public async Task Forget_WhileAQuestionIsUnderWay_ItsAnswerDoesNotCount()
    {
        var gate = _hook.AnswersBehindGate(Yes);
        var of = silo.AddService(_hook).Of();
        var decision = of.DecideAsync("R", false);
        await _hook.NextRequestAsync();

        Assert.True(await of.ForgetAsync());
        _hook.Answers(No);
        gate.SetResult();

        Assert.Equal(MucVerdict.Refused, (await decision.WaitAsync(Timeouts.Test)).Verdict);
        Assert.Equal(MucVerdict.Refused, (await of.DecideAsync("R", false)).Verdict);
        Assert.Equal(2, _hook.Requests.Count);
    }

    [Fact]
    public async Task Forget_AtEveryAnswer_EndsTheAsking()
    {
        var of = silo.AddService(_hook).Of();
        _hook.Answers(Yes);
        var yes = _hook.Handler;
        _hook.Handler = async context =>
        {
            await of.ForgetAsync();
            await yes(context);
        };

        Assert.Equal(MucVerdict.Failed, (await of.DecideAsync("R", false).WaitAsync(Timeouts.Test)).Verdict);
        Assert.Equal(MucAuthGrain.AsksMax, _hook.Requests.Count);
        Assert.False(await of.ForgetAsync());
    }

    [Fact]
    public async Task Question_IsInSightBeforeItsAnswer_AndTheDecisionAsLongAsItHolds()
    {
        var gate = _hook.AnswersBehindGate("""{"allowed":true,"expires_in":5000}""");
        var service = silo.AddService(_hook);
        var expected = new MucDecisionPlace($"stage@{service.Domain}", $"romeo@{service.Host.Domain}", false);
        var decision = service.Of().DecideAsync("R", false);
        await _hook.NextRequestAsync();

        Assert.Equal([expected], await FindAsync(service, null, null, null, 10));
        gate.SetResult();
        await decision;

        silo.Time.Forward(TimeSpan.FromSeconds(4998));
        Assert.Equal([expected], await FindAsync(service, $"stage@{service.Domain}", null, null, 10));
        silo.Time.Forward(TimeSpan.FromSeconds(4));
        Assert.Empty(await FindAsync(service, null, null, null, 10));
    }

    [Fact]
    public async Task OnError_Deny_Fails()
    {
        _hook.Answers("", 500);
        var decision = await silo.AddService(_hook).Of().DecideAsync("R", false);

        Assert.Equal((MucVerdict.Failed, false), (decision.Verdict, decision.IsFallback));
        Assert.True(decision.Until <= Now);
    }

    [Fact]
    public async Task OnError_Allow_AdmitsWithoutRemembering()
    {
        _hook.Answers("", 500);
        var of = silo.AddService(_hook, auth => auth with { OnError = MucAuthOnError.Allow }).Of();

        var decision = await of.DecideAsync("R", false);
        Assert.Equal((MucVerdict.Admitted, true), (decision.Verdict, decision.IsFallback));
        Assert.True(decision.Until <= Now);

        _hook.Answers(No);
        Assert.Equal(MucVerdict.Refused, (await of.DecideAsync("R", false)).Verdict);
    }

    [Fact]
    public async Task OnError_Allow_NeverOverridesARefusalThatHolds()
    {
        _hook.Answers(No);
        var of = silo.AddService(_hook, auth => auth with { OnError = MucAuthOnError.Allow }).Of();
        await of.DecideAsync("R", false);
        _hook.Answers("", 500);

        Assert.Equal(MucVerdict.Refused, (await of.DecideAsync("R", true)).Verdict);
        silo.Time.Forward(TimeSpan.FromSeconds(11));
        Assert.True(await of.DecideAsync("R", true) is { Verdict: MucVerdict.Admitted, IsFallback: true });
    }

    [Theory]
    [InlineData(Yes, MucVerdict.Admitted)]
    [InlineData(No, MucVerdict.Refused)]
    public async Task OnError_Stale_IsTheLastDecisionForADay(string answer, MucVerdict verdict)
    {
        _hook.Answers(answer);
        var of = silo.AddService(_hook, auth => auth with { OnError = MucAuthOnError.Stale }).Of();
        await of.DecideAsync("R", false);
        _hook.Answers("", 500);

        silo.Time.Forward(TimeSpan.FromHours(23));
        var stale = await of.DecideAsync("R", false);
        Assert.Equal((verdict, true, false), (stale.Verdict, stale.IsFallback, stale.IsExplicit));
        Assert.True(stale.Until <= Now);
        Assert.Equal(MucVerdict.Failed, (await of.DecideAsync("other", false)).Verdict);

        silo.Time.Forward(TimeSpan.FromHours(2));
        Assert.Equal(MucVerdict.Failed, (await of.DecideAsync("R", false)).Verdict);
    }

    [Fact]
    public async Task OnError_Stale_AnyNicknameIsForAll_AndWhatWasRevokedIsGone()
    {
        _hook.Answers("""{"allowed":true,"any_nickname":true,"expires_in":0}""");
        var service = silo.AddService(_hook, auth => auth with { OnError = MucAuthOnError.Stale });
        await service.Of().DecideAsync("R", false);
        _hook.Answers("", 500);

        Assert.Equal(MucVerdict.Admitted, (await service.Of().DecideAsync("other", false)).Verdict);
        Assert.Single(await FindAsync(service, null, null, null, 10));
        Assert.True(await service.Of().ForgetAsync());
        Assert.Equal(MucVerdict.Failed, (await service.Of().DecideAsync("other", false)).Verdict);
    }

    [Fact]
    public async Task AnotherService_IsAskedAnew_AndTheFormerOnesWordIsNoFallback()
    {
        _hook.Answers(Yes);
        var service = silo.AddService(_hook, auth => auth with { OnError = MucAuthOnError.Stale });
        await service.Of().DecideAsync("R", false);

        service.Set(service.Auth with { DenyFor = TimeSpan.FromSeconds(11) });
        await service.Of().DecideAsync("R", false);
        Assert.Single(_hook.Requests);

        service.Set(service.Auth with { AuthorizationHeader = "Bearer 2" });
        _hook.Answers("", 500);
        Assert.Equal(MucVerdict.Failed, (await service.Of().DecideAsync("R", false)).Verdict);

        service.Set(service.Auth with { Url = $"{_hook.Url}/elsewhere" });
        _hook.Answers(No);
        Assert.Equal(MucVerdict.Refused, (await service.Of().DecideAsync("R", false)).Verdict);
        Assert.Equal(3, _hook.Requests.Count);
    }

    [Fact]
    public async Task NobodyToAsk_Admits_AndNoServiceFails()
    {
        _hook.Answers(No);
        var service = silo.AddService(_hook, auth => auth with { DisabledFor = new(["lobby"], ImmutableDictionary<string, ImmutableHashSet<string>>.Empty) });
        await service.Of().DecideAsync("R", false);

        Assert.Equal(MucVerdict.Admitted, (await service.Of(room: "lobby").DecideAsync("R", false)).Verdict);
        service.Set(null);
        Assert.Equal(MucVerdict.Admitted, (await service.Of().DecideAsync("R", false)).Verdict);
        service.Set(service.Auth);
        Assert.Equal(MucVerdict.Refused, (await service.Of().DecideAsync("R", false)).Verdict);
        Assert.Equal(2, _hook.Requests.Count);

        service.Remove();
        Assert.Equal(MucVerdict.Failed, (await service.Of().DecideAsync("R", true)).Verdict);
    }

    [Fact]
    public async Task Presence_IsFoundByRoomAndByUser()
    {
        var service = silo.AddService(_hook);
        string room = $"stage@{service.Domain}", romeo = $"romeo@{service.Host.Domain}", juliet = $"juliet@{service.Host.Domain}";

        await service.Decisions.EnteredAsync(room, romeo);
        await service.Decisions.HoldAsync(room, juliet, Now.AddSeconds(60));
        Assert.Equal([new(room, juliet, false), new(room, romeo, true)], await FindAsync(service, room, null, null, 10));
        Assert.Equal([new(room, romeo, true)], await FindAsync(service, null, romeo, null, 10));
        Assert.Equal([new(room, romeo, true)], await FindAsync(service, room, null, new(room, juliet, false), 10));

        await service.Decisions.LeftAsync(room, romeo);
        silo.Time.Forward(TimeSpan.FromSeconds(61));
        Assert.Empty(await FindAsync(service, null, null, null, 10));
    }

    private static async Task<MucDecisionPlace[]> FindAsync(MucService service, string? room, string? user, MucDecisionPlace? after, int limit) =>
        [.. await service.Decisions.FindAsync(room, user, after, limit)];
}
