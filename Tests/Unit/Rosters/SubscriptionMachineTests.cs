using Krewe.Contracts.Rosters;
using Krewe.Contracts.Stanzas;
using Krewe.Grains.Rosters;

namespace Krewe.Tests.Unit.Rosters;

/// <summary>RFC 6121 appendix A: nine states × eight stanzas. States: N none, T to, F from, B both; o, i = pending out, in.</summary>
public sealed class SubscriptionMachineTests
{
    private static readonly string[] States = ["N", "No", "Ni", "Noi", "T", "Ti", "F", "Fo", "B"];

    /// <summary>For each state the next one, with <c>+</c> when the stanza is routed.</summary>
    [Theory]
    [InlineData(StanzaType.Subscribe, "No+ No+ Noi+ Noi+ T+ Ti+ Fo+ Fo+ B+")]
    [InlineData(StanzaType.Unsubscribe, "N+ N+ Ni+ Ni+ N+ Ni+ F+ F+ F+")]
    [InlineData(StanzaType.Subscribed, "N No F+ Fo+ T B+ F Fo B")]
    [InlineData(StanzaType.Unsubscribed, "N No N+ No+ T T+ N+ No+ T+")]
    public void Outbound_EachState_IsAppendixA2(StanzaType type, string row) =>
        Assert.Equal(row.Split(' '), States.Select(state => SubscriptionMachine.Outbound(State(state), type)).Select(step => Name(step.Next) + (step.Routes ? "+" : "")));

    /// <summary>For each state the next one, with <c>+</c> when the stanza is delivered, and the reply.</summary>
    [Theory]
    [InlineData(StanzaType.Subscribe, "Ni+ Noi+ Ni Noi Ti+ Ti F/Subscribed Fo/Subscribed B/Subscribed")]
    [InlineData(StanzaType.Unsubscribe, "N No N+ No+ T T+ N+/Unsubscribed No+/Unsubscribed T+/Unsubscribed")]
    [InlineData(StanzaType.Subscribed, "N T+ Ni Ti+ T Ti F B+ B")]
    [InlineData(StanzaType.Unsubscribed, "N N+ Ni Ni+ N+ Ni+ F F+ F+")]
    public void Inbound_EachState_IsAppendixA3(StanzaType type, string row) =>
        Assert.Equal(row.Split(' '), States.Select(state => SubscriptionMachine.Inbound(State(state), type))
            .Select(step => Name(step.Next) + (step.Delivers ? "+" : "") + (step.Reply is { } reply ? $"/{reply}" : "")));

    [Fact]
    public void AnyRow_OfStanzas_NeverLeavesTheNineStates()
    {
        var reached = new HashSet<Subscription> { default };
        var open = new Queue<Subscription>(reached);
        while (open.TryDequeue(out var state))
        {
            foreach (var type in Enum.GetValues<StanzaType>())
            {
                foreach (var next in new[] { SubscriptionMachine.Outbound(state, type).Next, SubscriptionMachine.Inbound(state, type).Next })
                {
                    if (reached.Add(next))
                    {
                        open.Enqueue(next);
                    }
                }
            }
        }

        Assert.Equal(States.Order(), reached.Select(Name).Order());
    }

    private static Subscription State(string name) => new(
        name[0] switch { 'T' => SubscriptionState.To, 'F' => SubscriptionState.From, 'B' => SubscriptionState.Both, _ => SubscriptionState.None },
        name.Contains('o'),
        name.Contains('i'));

    private static string Name(Subscription state) => $"{state.State}"[..1] + (state.PendingOut ? "o" : "") + (state.PendingIn ? "i" : "");
}
