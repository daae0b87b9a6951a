using Krewe.Frontend.Routing;

namespace Krewe.Tests.Unit.Components;

/// <summary>RFC 6120 §10.1: what one component has under way is in order for each recipient, and is not without end.</summary>
public sealed class RecipientOrderTests
{
    private readonly RecipientOrder _order = new(e => throw new InvalidOperationException("failed", e));

    [Fact]
    public async Task Steps_ForOneRecipient_ComeOneAfterTheOther_WhileOthersPass()
    {
        var done = new List<string>();
        var first = new TaskCompletionSource();
        await _order.RunAsync("a", async () => { await first.Task; done.Add("a1"); });
        await _order.RunAsync("a", () => { done.Add("a2"); return Task.CompletedTask; });
        await _order.RunAsync("b", () => { done.Add("b"); return Task.CompletedTask; });

        Assert.True(_order.IsUnderWay("a"));
        Assert.False(_order.IsUnderWay("b"));
        Assert.Equal(["b"], done);
        first.SetResult();
        await UntilAsync(() => !_order.IsUnderWay("a"));
        Assert.Equal(["b", "a1", "a2"], done);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Steps_BeyondTheLimit_AreNotBegunUntilOthersEnd(bool isAside)
    {
        var end = new TaskCompletionSource();
        var begun = 0;
        ValueTask Begin() => isAside ? _order.RunAsideAsync(StepAsync) : _order.RunAsync($"{begun}", StepAsync);
        Task StepAsync()
        {
            begun++;
            return end.Task;
        }

        for (var i = 0; i < RecipientOrder.StepsMax; i++)
        {
            await Begin();
        }

        var oneMore = Begin().AsTask();
        Assert.Equal((RecipientOrder.StepsMax, false), (begun, oneMore.IsCompleted));
        Assert.Equal(isAside, !_order.IsUnderWay("0"));
        end.SetResult();
        await oneMore.WaitAsync(Support.Timeouts.Test);
        Assert.Equal(RecipientOrder.StepsMax + 1, begun);
    }

    private static async Task UntilAsync(Func<bool> isSo)
    {
        var began = Environment.TickCount64;
        while (!isSo())
        {
            Assert.True(Environment.TickCount64 - began < Support.Timeouts.Test.TotalMilliseconds, "it did not come to be so");
            await Task.Yield();
        }
    }
}
