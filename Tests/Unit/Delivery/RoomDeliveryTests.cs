using System.Collections.Immutable;
using System.Text;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Muc;
using Krewe.Contracts.Sessions;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Delivery;
using Krewe.Frontend.Streams;
using Krewe.Tests.Support;
using Krewe.Tests.Unit.Streams;

namespace Krewe.Tests.Unit.Delivery;

/// <summary>What a room sends to many sessions of one process: written once, and to each under its own address.</summary>
public sealed class RoomDeliveryTests
{
    private readonly SessionTable _sessions = new();
    private readonly FrontendSink _sink;
    private readonly Guid _lane = Guid.NewGuid();
    private long _sequence;

    public RoomDeliveryTests() => _sink = new FrontendSink(_sessions, new FakeTimeProvider());

    [Fact]
    public async Task Stanza_ReachesEverySession_UnderItsOwnAddress()
    {
        var romeo = Open(1, "romeo@h.example/orchard");
        var juliet = Open(2, "juliet@h.example/<&'>");

        await DeliverAsync(new Contracts.Sessions.Delivery([1, 2], Message("hi")));

        Assert.Equal("<message to='romeo@h.example/orchard' from='room@rooms.h.example/nick' type='groupchat'><body>hi</body></message>", romeo.Written());
        Assert.Equal(
            "<message to='juliet@h.example/&lt;&amp;&apos;&gt;' from='room@rooms.h.example/nick' type='groupchat'><body>hi</body></message>", juliet.Written());
    }

    [Fact]
    public async Task Batch_IsWrittenToEachSessionInItsOrder()
    {
        var romeo = Open(1, "romeo@h.example/orchard");
        var juliet = Open(2, "juliet@h.example/balcony");
        var frame = new StanzaContent(new StanzaFrame(StanzaKind.Message, StanzaType.Chat, Jid.Parse("h.example"), null, null, "<message id='direct'/>"u8.ToArray(), 8));

        await DeliverAsync(new([1, 2], Message("a")), new([2], frame), new([2], new MucStanzas([Message("b"), Message("c")])), new([1, 2], Message("d")));

        Assert.Equal(["a", "d"], Bodies(romeo));
        Assert.Equal(["a", "direct", "b", "c", "d"], Bodies(juliet));
    }

    [Fact]
    public async Task GoneSessions_AreReported_AndTheOthersGetTheirs()
    {
        var romeo = Open(1, "romeo@h.example/orchard");

        var report = await _sink.DeliverAsync(new DeliveryBatch(_lane, 1, [new([7, 1, 8], Message("a")), new([9], new MucStanzas([Message("b")]))]));

        Assert.Equal([7, 8, 9], report.Gone.ToArray());
        Assert.Equal(["a"], Bodies(romeo));
    }

    /// <summary>To a peer that reads slower than the room writes, as every browser does.</summary>
    [Theory]
    [InlineData(false, "<message to=", "")]
    [InlineData(true, "<message xmlns='jabber:client' to=", "\uFFFD")]
    public async Task Entry_LargerThanWhatMayWait_ComesWhole(bool isFramed, string start, string separator)
    {
        var romeo = Open(1, "romeo@h.example/orchard", isFramed ? StreamTransport.SecureWebSocket : StreamTransport.Tcp);
        var text = new string('x', 500);

        await DeliverAsync(new Contracts.Sessions.Delivery([1], new MucStanzas([.. Enumerable.Range(0, 4000).Select(_ => Message(text))])));

        var first = Message("end");
        await DeliverAsync(new Contracts.Sessions.Delivery([1], first));
        var written = await romeo.WrittenAsync($"<body>end</body></message>{separator}");
        Assert.Equal(4001, Count(written, $"{start}'romeo@h.example/orchard' from='room@rooms.h.example/nick'"));
        Assert.Equal(4001, Count(written, $"</message>{separator}"));
    }

    [Fact]
    public async Task EachFurtherSession_CostsNoAllocation()
    {
        var streams = Enumerable.Range(1, 50).Select(i => Open(i, $"user{i}@h.example/r")).ToArray();
        var one = new Contracts.Sessions.Delivery([1], Message("hi"));
        var many = new Contracts.Sessions.Delivery([.. Enumerable.Range(1, 50).Select(i => (long)i)], Message("hi"));
        for (var i = 0; i < 20; i++)
        {
            // Until the streams' buffers are as large as they get.
            await DeliverAsync(one, one);
            await DeliverAsync(many, many);
            Drain(streams);
        }

        var forOne = await AllocatedByAsync(one);
        Drain(streams);
        var forMany = await AllocatedByAsync(many);

        // The list of sessions and the pipes' own segments aside.
        Assert.InRange(forMany - forOne, 0, 49 * 8);
    }

    private async Task<long> AllocatedByAsync(Contracts.Sessions.Delivery delivery)
    {
        var batch = new DeliveryBatch(_lane, ++_sequence, [delivery]);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var delivered = _sink.DeliverAsync(batch);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        await delivered;
        return allocated;
    }

    private UnreadStream Open(long session, string jid, StreamTransport transport = StreamTransport.Tcp)
    {
        var stream = new UnreadStream(new FakeTimeProvider(), transport).BoundAs(session, jid);
        _sessions.Add(stream.Stream);
        return stream;
    }

    private async Task DeliverAsync(params Contracts.Sessions.Delivery[] deliveries)
    {
        var report = await _sink.DeliverAsync(new DeliveryBatch(_lane, ++_sequence, [.. deliveries]));
        Assert.Empty(report.Gone);
    }

    private static void Drain(UnreadStream[] streams)
    {
        foreach (var stream in streams)
        {
            stream.Discard();
        }
    }

    private static string[] Bodies(UnreadStream stream)
    {
        var written = stream.Written();
        return [.. System.Text.RegularExpressions.Regex.Matches(written, "<body>(.*?)</body>|id='(direct)'").Select(match => match.Groups[1].Value + match.Groups[2].Value)];
    }

    private static int Count(string text, string part) => (text.Length - text.Replace(part, "", StringComparison.Ordinal).Length) / part.Length;

    private static MucStanza Message(string body) => new()
    {
        Kind = StanzaKind.Message,
        Type = StanzaType.Groupchat,
        From = Jid.Parse("room@rooms.h.example/nick"),
        Payload = new MucPayload(Encoding.UTF8.GetBytes($"<body>{body}</body>"), default),
    };
}
