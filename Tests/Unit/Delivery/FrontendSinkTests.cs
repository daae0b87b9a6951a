using System.Collections.Immutable;
using System.Text;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Sessions;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Delivery;
using Krewe.Tests.Support;
using Krewe.Tests.Unit.Streams;

namespace Krewe.Tests.Unit.Delivery;

/// <summary>The frontend's end of the lanes.</summary>
public sealed class FrontendSinkTests
{
    private const long Unknown = 4711;

    private readonly SessionTable _sessions = new();
    private readonly FakeTimeProvider _time = new();
    private readonly FrontendSink _sink;
    private readonly UnreadStream _stream = new(new FakeTimeProvider());
    private readonly Guid _lane = Guid.NewGuid();

    public FrontendSinkTests()
    {
        _sink = new FrontendSink(_sessions, _time);
        _sessions.Add(_stream.Stream);
    }

    [Fact]
    public async Task Batch_IsWrittenInItsOrder()
    {
        await DeliverAsync(_lane, 1, "a", "b", "c");
        await DeliverAsync(_lane, 2, "d");

        Assert.Equal(Messages("a", "b", "c", "d"), _stream.Written());
    }

    [Fact]
    public async Task BatchThatWasSeen_IsAcknowledgedAgain_AndNotDelivered()
    {
        await DeliverAsync(_lane, 1, "a");
        await DeliverAsync(_lane, 1, "a");
        await DeliverAsync(_lane, 2, "b");
        await DeliverAsync(_lane, 2, "b");
        await DeliverAsync(_lane, 1, "a");

        Assert.Equal(Messages("a", "b"), _stream.Written());
    }

    [Fact]
    public async Task RestartedLane_BeginsAnew()
    {
        await DeliverAsync(_lane, 7, "a");
        await DeliverAsync(Guid.NewGuid(), 1, "b");

        Assert.Equal(Messages("a", "b"), _stream.Written());
    }

    [Fact]
    public async Task SessionsThatAreGone_AreReported_AlsoWhenTheReportGotLost()
    {
        var batch = new DeliveryBatch(_lane, 1, [new([Unknown, _stream.Stream.Session], Content("a"))]);

        var first = await _sink.DeliverAsync(batch);
        var again = await _sink.DeliverAsync(batch);

        Assert.Equal([Unknown], first.Gone.ToArray());
        Assert.Equal([Unknown], again.Gone.ToArray());
        Assert.Equal(Messages("a"), _stream.Written());
    }

    [Fact]
    public async Task ConcurrentRepeats_AreDeliveredOnce()
    {
        await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(() => DeliverAsync(_lane, 1, "a", "b"))));

        Assert.Equal(Messages("a", "b"), _stream.Written());
    }

    [Fact]
    public async Task SilentLanes_AreForgotten_AndOthersAreNot()
    {
        await DeliverAsync(_lane, 1, "a");
        for (var i = 0; i < 1500; i++)
        {
            await DeliverAsync(Guid.NewGuid(), 1);
        }

        Assert.Equal(1501, _sink.LaneCount);
        _time.Advance(TimeSpan.FromSeconds(50));
        await DeliverAsync(_lane, 2, "b");
        _time.Advance(TimeSpan.FromSeconds(50));
        for (var i = 0; i < 600; i++)
        {
            await DeliverAsync(Guid.NewGuid(), 1);
        }

        Assert.InRange(_sink.LaneCount, 2, 601);
        await DeliverAsync(_lane, 2, "b");
        Assert.Equal(Messages("a", "b"), _stream.Written());
    }

    private async Task DeliverAsync(Guid lane, long sequence, params string[] ids)
    {
        var report = await _sink.DeliverAsync(new DeliveryBatch(lane, sequence, [.. ids.Select(id => new Contracts.Sessions.Delivery([_stream.Stream.Session], Content(id)))]));
        Assert.Empty(report.Gone);
    }

    private static string Messages(params string[] ids) => string.Concat(ids.Select(id => $"<message id='{id}'/>"));

    private static StanzaContent Content(string id) => new(
        new StanzaFrame(StanzaKind.Message, StanzaType.Chat, Jid.Parse("juliet@h.example/balcony"), null, id, Encoding.UTF8.GetBytes($"<message id='{id}'/>"), 8));
}
