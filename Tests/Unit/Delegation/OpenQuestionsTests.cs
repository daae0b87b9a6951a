using Krewe.Contracts.Addressing;
using Krewe.Frontend.Delegation.ClientMode;
using Krewe.Tests.Support;

namespace Krewe.Tests.Unit.Delegation;

/// <summary>XEP-0355 §5.1: the questions that users have before them.</summary>
public sealed class OpenQuestionsTests
{
    private static readonly Jid Juliet = Jid.Parse("juliet@verona.example");

    private readonly FakeTimeProvider _time = new();
    private readonly OpenQuestions _open;

    public OpenQuestionsTests() => _open = new OpenQuestions(_time);

    [Fact]
    public void Question_IsClosedOnce_ByWhomItIsFor()
    {
        Assert.True(Open("1", Juliet));

        Assert.Null(_open.TryClose("1", Jid.Parse("romeo@verona.example")));
        Assert.Null(_open.TryClose("2", Juliet));
        Assert.Equal("1", _open.TryClose("1", Juliet)?.Challenge);
        Assert.Null(_open.TryClose("1", Juliet));
        Assert.Equal(0, _open.Count);
    }

    [Fact]
    public void Question_TakesThePlaceOfTheSameComponentsLast()
    {
        Assert.True(Open("1", Juliet));
        Assert.True(Open("2", Juliet));

        Assert.Equal(1, _open.Count);
        Assert.Null(_open.TryClose("1", Juliet));
        Assert.NotNull(_open.TryClose("2", Juliet));
    }

    [Fact]
    public void Questions_OfAUserAndOfAll_AreBounded_AndMakeRoomAsTheyRunOut()
    {
        for (var i = 0; i < DelegationRequests.OfUserMax; i++)
        {
            Assert.True(Open($"j{i}", Juliet, $"c{i}.example"));
        }

        Assert.False(Open("more", Juliet, "more.example"));
        for (var i = _open.Count; i < DelegationRequests.OpenMax; i++)
        {
            Assert.True(Open($"u{i}", Jid.Parse($"u{i}@verona.example")));
        }

        Assert.False(Open("another", Jid.Parse("another@verona.example")));
        _time.Advance(DelegationRequests.AnswerWithin);
        Assert.Null(_open.TryClose("u100", Jid.Parse("u100@verona.example")));
        Assert.True(Open("more", Juliet, "more.example"));
        Assert.Equal(1, _open.Count);
    }

    private bool Open(string challenge, Jid user, string component = "pubsub.verona.example") =>
        _open.TryOpen(new DelegationQuestion(challenge, user, component, ["urn:a"], _time.GetTimestamp()));
}
