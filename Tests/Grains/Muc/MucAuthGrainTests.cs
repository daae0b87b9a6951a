using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Muc;
using Krewe.Contracts.Stanzas;
using Krewe.Grains.Muc;
using Krewe.Tests.Support;

namespace Krewe.Tests.Grains.Muc;

/// <summary>What is remembered of the answers about joins, for whom and how long; and that nobody asks twice for the same.</summary>
public sealed class MucAuthGrainTests(MucSilo silo) : IClassFixture<MucSilo>, IAsyncLifetime
{
    private const string Yes = """{"allowed":true}""";
    private const string No = """{"allowed":false}""";

    private HookServer _hook = null!;

    private DateTimeOffset Now => silo.Time.GetUtcNow();

    public async Task InitializeAsync() => _hook = await HookServer.StartAsync();

    public async Task DisposeAsync() => await _hook.DisposeAsync();

    [Fact]
    public async Task Decide_Again_AsksNoMore()
    {
        _hook.Answers("""{"allowed":true,"affiliation":"member","role":"visitor"}""");
        var service = silo.AddService(_hook);
        var before = Now;

        var first = await service.Of().DecideAsync("R", false);
        var second = await service.Of().DecideAsync("R", false);

        Assert.Equal((MucVerdict.Admitted, MucAffiliation.Member, MucRole.Visitor, false), (first.Verdict, first.Affiliation, first.Role, first.IsFallback));
        Assert.InRange(first.Until, before.AddSeconds(300), Now.AddSeconds(300));
        Assert.Equal(first, second);
        Assert.Equal(
            [$"/can-join?userJID=romeo%40{service.Host.Domain}&mucJID=stage%40{service.Domain}&nickname=R"], _hook.Requests.Select(request => request.Target));
    }

    [Fact]
    public async Task Decide_OfOtherUsersAndRooms_IsTheirOwn()
    {
        _hook.Answers(Yes);
        var service = silo.AddService(_hook);

        await service.Of().DecideAsync("R", false);
        await service.Of("juliet").DecideAsync("R", false);
        await service.Of(room: "balcony").DecideAsync("R", false);

        Assert.Equal(3, _hook.Requests.Count);
    }

    [Fact]
    public async Task Decide_RefusedInWords_IsExplicitAndRemembered()
    {
        _hook.Answers("""{"allowed":false,"reason":"closed","condition":"forbidden","affiliation":"outcast"}""");
        var of = silo.AddService(_hook).Of();

        var first = await of.DecideAsync("R", false);
        silo.Time.Forward(TimeSpan.FromSeconds(9));
        var second = await of.DecideAsync("R", false);

        Assert.Equal(
            (MucVerdict.Refused, true, "closed", StanzaErrorCondition.Forbidden, MucAffiliation.Outcast), (first.Verdict, first.IsExplicit, first.Reason, first.Condition, first.Affiliation));
        Assert.Equal(first, second);
        Assert.Single(_hook.Requests);
        silo.Time.Forward(TimeSpan.FromSeconds(2));
        await of.DecideAsync("R", false);
        Assert.Equal(2, _hook.Requests.Count);
    }

    [Fact]
    public async Task Decide_NewNickname_AsksAgain()
    {
        _hook.Answers(Yes);
        var of = silo.AddService(_hook).Of();

        await of.DecideAsync("R", false);
        await of.DecideAsync("r", false);
        await of.DecideAsync("r", false);

        Assert.Equal(2, _hook.Requests.Count);
    }

    [Fact]
    public async Task Decide_AnyNickname_HoldsForAll()
    {
        _hook.Answers("""{"allowed":true,"any_nickname":true}""");
        var of = silo.AddService(_hook).Of();

        await of.DecideAsync("R", false);
        Assert.True((await of.DecideAsync("other", false)).IsAnyNickname);

        Assert.Single(_hook.Requests);
    }

    [Theory]
    [InlineData(Yes, 300)]
    [InlineData(No, 10)]
    [InlineData("""{"allowed":true,"expires_in":20}""", 20)]
    [InlineData("""{"allowed":false,"expires_in":2000}""", 2000)]
    [InlineData("""{"allowed":true,"expires_in":31536000}""", 31_536_000)]
    public async Task Decide_AfterItRanOut_AsksAgain(string answer, int seconds)
    {
        _hook.Answers(answer);
        var of = silo.AddService(_hook).Of();

        await of.DecideAsync("R", false);
        silo.Time.Forward(TimeSpan.FromSeconds(seconds - 1));
        await of.DecideAsync("R", false);
        Assert.Single(_hook.Requests);

        silo.Time.Forward(TimeSpan.FromSeconds(2));
        await of.DecideAsync("R", false);
        Assert.Equal(2, _hook.Requests.Count);
    }

    [Fact]
    public async Task Decide_ExpiresAtOnce_IsNotRemembered()
    {
        _hook.Answers("""{"allowed":true,"expires_in":0}""");
        var of = silo.AddService(_hook).Of();

        Assert.Equal(MucVerdict.Admitted, (await of.DecideAsync("R", false)).Verdict);
        await of.DecideAsync("R", false);

        Assert.Equal(2, _hook.Requests.Count);
    }

    [Fact]
    public async Task Decide_Failed_IsNotRemembered()
    {
        _hook.Answers("", 500);
        var of = silo.AddService(_hook).Of();

        Assert.Equal(MucVerdict.Failed, (await of.DecideAsync("R", false)).Verdict);
        _hook.Answers(Yes);

        Assert.Equal(MucVerdict.Admitted, (await of.DecideAsync("R", false)).Verdict);
        Assert.Equal(2, _hook.Requests.Count);
    }

    [Fact]
    public async Task Decide_Malformed_RefusesOnceAndRemovesNobody()
    {
        _hook.Answers("""{"allowed":"yes"}""");
        var of = silo.AddService(_hook, auth => auth with { OnError = MucAuthOnError.Allow }).Of();

        var decision = await of.DecideAsync("R", false);
        Assert.Equal((MucVerdict.Refused, false, false), (decision.Verdict, decision.IsExplicit, decision.IsFallback));
        Assert.True(decision.Until <= Now);

        _hook.Answers(Yes);
        Assert.Equal(MucVerdict.Admitted, (await of.DecideAsync("R", false)).Verdict);
    }

    [Theory]
    [InlineData(200, Yes, MucVerdict.Admitted)]
    [InlineData(403, "", MucVerdict.Refused)]
    [InlineData(500, "", MucVerdict.Failed)]
    public async Task Decide_FiftyAtOnce_AreOneCall(int status, string answer, MucVerdict verdict)
    {
        _hook.Answers("""{"allowed":true,"expires_in":1000}""");
        var of = silo.AddService(_hook).Of();
        await of.DecideAsync("known", false);
        await _hook.NextRequestAsync();
        var gate = _hook.AnswersBehindGate(answer, status);

        var decisions = Enumerable.Range(0, 50).Select(_ => of.DecideAsync("R", false)).ToArray();
        await _hook.NextRequestAsync();

        // Calls come in their order: when this one is answered, the fifty are all there.
        await of.DecideAsync("known", false).WaitAsync(Timeouts.Test);
        gate.SetResult();

        Assert.All(await Task.WhenAll(decisions).WaitAsync(Timeouts.Test), decision => Assert.Equal(verdict, decision.Verdict));
        Assert.Equal(2, _hook.Requests.Count);
    }

    [Fact]
    public async Task Decide_ManyNicknamesAtOnce_FailBeyondTheBound_AndAnsweredOnesMakeRoom()
    {
        var gate = _hook.AnswersBehindGate(Yes);
        var of = silo.AddService(_hook, auth => auth with { OnError = MucAuthOnError.Allow }).Of();
        var asked = Enumerable.Range(0, MucAuthGrain.NicknamesMax).Select(i => of.DecideAsync($"n{i}", false)).ToArray();

        foreach (var _ in asked)
        {
            await _hook.NextRequestAsync();
        }

        var beyond = await of.DecideAsync("one too many", false).WaitAsync(Timeouts.Test);
        Assert.Equal((MucVerdict.Failed, false), (beyond.Verdict, beyond.IsFallback));

        gate.SetResult();
        Assert.All(await Task.WhenAll(asked).WaitAsync(Timeouts.Test), decision => Assert.Equal(MucVerdict.Admitted, decision.Verdict));
        Assert.Equal(MucVerdict.Admitted, (await of.DecideAsync("one too many", false)).Verdict);
        Assert.Equal(MucAuthGrain.NicknamesMax + 1, _hook.Requests.Count);
    }

    [Fact]
    public async Task Decide_SlowHook_AnswersByTheDeadline()
    {
        _hook.Hangs();
        var of = silo.AddService(_hook, auth => auth with { Timeout = TimeSpan.FromMilliseconds(200) }).Of();

        Assert.Equal(MucVerdict.Failed, (await of.DecideAsync("R", false).WaitAsync(Timeouts.Test)).Verdict);
    }

    [Fact]
    public async Task Afresh_AsksThoughRemembered_AndItsAnswerIsTheOne()
    {
        _hook.Answers(Yes);
        var of = silo.AddService(_hook).Of();
        await of.DecideAsync("R", false);
        _hook.Answers(No);

        Assert.Equal(MucVerdict.Refused, (await of.DecideAsync("R", true)).Verdict);
        Assert.Equal(MucVerdict.Refused, (await of.DecideAsync("R", false)).Verdict);
        Assert.Equal(2, _hook.Requests.Count);
    }

    [Fact]
    public async Task Afresh_WhileAQuestionIsUnderWay_WaitsForOneMore_WhichAllShare()
    {
        var gate = _hook.AnswersBehindGate(Yes);
        var of = silo.AddService(_hook).Of();
        var first = of.DecideAsync("R", false);
        await _hook.NextRequestAsync();

        var afresh = Enumerable.Range(0, 20).Select(_ => of.DecideAsync("R", true)).ToArray();

        // Calls come in their order: when this one's question is there, the twenty are all waiting.
        var last = of.DecideAsync("last", false);
        await _hook.NextRequestAsync();
        _hook.Answers(No);
        gate.SetResult();

        Assert.Equal(MucVerdict.Admitted, (await first.WaitAsync(Timeouts.Test)).Verdict);
        Assert.All(await Task.WhenAll(afresh).WaitAsync(Timeouts.Test), decision => Assert.Equal(MucVerdict.Refused, decision.Verdict));
        await last.WaitAsync(Timeouts.Test);
        Assert.Equal(2, _hook.Requests.Count(request => request.Target.EndsWith("=R", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task EveryOrigin_OfADecision_IsCounted()
    {
        var service = silo.AddService(_hook, auth => auth with { OnError = MucAuthOnError.Stale });
        var counted = new ConcurrentQueue<string>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, me) =>
        {
            if (instrument.Meter.Name == "Krewe.Grains" && instrument.Name.StartsWith("krewe.muc.", StringComparison.Ordinal))
            {
                me.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            var all = tags.ToArray().ToDictionary(tag => tag.Key, tag => tag.Value as string);
            if (all.GetValueOrDefault("host") == service.Host.Domain)
            {
                counted.Enqueue(all.GetValueOrDefault("result") ?? $"{instrument.Name} {value}");
            }
        });
        listener.Start();

        _hook.Answers(Yes);
        await service.Of().DecideAsync("R", false);
        await service.Of().DecideAsync("R", false);
        _hook.Answers("", 500);
        await service.Of().DecideAsync("R", true);
        await service.Of().DecideAsync("other", false);
        _hook.Answers("""{"role":7,"affiliation":"king"}""");
        await service.Of().DecideAsync("R", true);

        Assert.Equal(["asked", "hit", "fallback", "failed", "krewe.muc.malformed 1", "krewe.muc.ignored 2", "refused"], counted);
    }

    [Fact]
    public async Task Afresh_Failed_LeavesWhatIsRemembered()
    {
        _hook.Answers(Yes);
        var of = silo.AddService(_hook).Of();
        await of.DecideAsync("R", false);
        _hook.Answers("", 500);

        Assert.Equal(MucVerdict.Failed, (await of.DecideAsync("R", true)).Verdict);
        Assert.Equal(MucVerdict.Admitted, (await of.DecideAsync("R", false)).Verdict);
    }
}
