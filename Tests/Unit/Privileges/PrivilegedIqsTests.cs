using System.Text;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Components;
using Krewe.Frontend.Privileges;
using Krewe.Tests.Support;

namespace Krewe.Tests.Unit.Privileges;

/// <summary>XEP-0356 §6.3: IQs that components sent as users, and who ends the wait for their answers.</summary>
public sealed class PrivilegedIqsTests
{
    private static readonly Jid Juliet = Jid.Parse("juliet@verona.example");
    private static readonly Jid Romeo = Jid.Parse("romeo@elsinore.example/castle");

    private readonly FakeTimeProvider _time = new();
    private readonly StubSender _pubsub = new("pubsub.verona.example");
    private readonly object _connection = new();
    private readonly PrivilegedIqs _iqs;

    public PrivilegedIqsTests() => _iqs = new PrivilegedIqs(_time);

    [Fact]
    public void Silence_ForAMinute_IsATimeout_AndALaterAnswerIsNone()
    {
        var iq = Begin()!;
        _time.Advance(PrivilegedIqs.AnswerWithin - TimeSpan.FromSeconds(1));
        Assert.Empty(_pubsub.Answers);

        _time.Advance(TimeSpan.FromSeconds(1));

        var answer = Assert.Single(_pubsub.Answers);
        Assert.StartsWith("<iq to='pubsub.verona.example' from='juliet@verona.example' type='error' id='outer'><error type='wait'><remote-server-timeout", answer, StringComparison.Ordinal);
        Assert.False(TryAnswer(iq.WireId, new StubSender(Romeo.ToString())));
        Assert.Equal((0, 0), (_iqs.Count, _time.TimerCount));
    }

    [Fact]
    public void Answer_OfWhomWasAsked_IsWrappedUnderBothIds_Once()
    {
        var iq = Begin()!;

        Assert.True(TryAnswer(iq.WireId, new StubSender(Romeo.ToString())));
        Assert.False(TryAnswer(iq.WireId, new StubSender(Romeo.ToString())));
        iq.Refuse(StanzaError.ServiceUnavailable);

        Assert.Equal(
            "<iq to='pubsub.verona.example' from='juliet@verona.example' type='result' id='outer'><privilege xmlns='urn:xmpp:privilege:2'><forwarded xmlns='urn:xmpp:forward:0'>"
            + "<iq xmlns='jabber:client' to='juliet@verona.example' from='romeo@elsinore.example/castle' type='result' id='in &amp; ner'><a xmlns='urn:a'/></iq></forwarded></privilege></iq>",
            Assert.Single(_pubsub.Answers));
        Assert.Equal((0, 0), (_iqs.Count, _time.TimerCount));
    }

    [Fact]
    public void Answer_OfAnybodyElse_OrToAnybodyElse_LeavesTheRequestWaiting()
    {
        var iq = Begin()!;

        Assert.False(TryAnswer(iq.WireId, new StubSender("romeo@elsinore.example")));
        Assert.False(TryAnswer(iq.WireId, new StubSender("romeo@elsinore.example/other")));
        Assert.False(TryAnswer(iq.WireId, new StubSender("pubsub.verona.example")));
        Assert.False(TryAnswer(iq.WireId, new StubSender(Romeo.ToString()), to: "nurse@verona.example"));
        Assert.False(TryAnswer(iq.WireId + "0", new StubSender(Romeo.ToString())));
        Assert.Equal(1, _iqs.Count);

        Assert.True(TryAnswer(iq.WireId, new StubSender(Romeo.ToString())));
    }

    [Fact]
    public void Connection_ThatEnds_WaitsForNothing_AndOthersGoOn()
    {
        Begin();
        var other = _iqs.TryBegin(_pubsub, _pubsub.Domain, new object(), StanzaType.Get, "other", "i", Juliet, Romeo)!;

        _iqs.Forget(_connection);

        Assert.Equal(1, _iqs.Count);
        _time.Advance(PrivilegedIqs.AnswerWithin);
        Assert.Contains("id='other'", Assert.Single(_pubsub.Answers), StringComparison.Ordinal);
        Assert.False(TryAnswer(other.WireId, new StubSender(Romeo.ToString())));
    }

    [Fact]
    public void Component_WithTooManyThatWait_GetsNoFurther_UntilOneIsAnswered()
    {
        var first = Begin()!;
        for (var i = 1; i < PrivilegedIqs.PendingMax; i++)
        {
            Assert.NotNull(Begin());
        }

        Assert.Null(Begin());
        Assert.NotNull(_iqs.TryBegin(new StubSender("other.verona.example"), "other.verona.example", new object(), StanzaType.Get, "1", "i", Juliet, Romeo));

        first.Refuse(StanzaError.ServiceUnavailable);
        Assert.NotNull(Begin());
        Assert.Null(Begin());
    }

    [Fact]
    public void Ids_OnTheWire_DoNotRepeat() =>
        Assert.Equal(100, Enumerable.Range(0, 100).Select(_ => Begin()!.WireId).Distinct().Count());

    private PrivilegedIq? Begin() => _iqs.TryBegin(_pubsub, _pubsub.Domain, _connection, StanzaType.Get, "outer", "in & ner", Juliet, Romeo);

    private bool TryAnswer(string id, StubSender from, string to = "juliet@verona.example")
    {
        var xml = Encoding.UTF8.GetBytes($"<iq type='result' to='{to}' id='{id}'><a xmlns='urn:a'/></iq>");
        return _iqs.TryAnswer(from, xml, ContentScope.Reframe(xml, default).Head, Jid.Parse(to));
    }
}
