using System.Buffers;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Muc;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Muc;
using Krewe.Grains.Muc;

namespace Krewe.Tests.Unit.Muc;

/// <summary>XEP-0045 §7.2.13, §7.2.14: what a room remembers, and how much of it somebody who enters is told.</summary>
public sealed class MucHistoryTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly Jid Reader = Jid.Parse("juliet@verona.example/balcony");

    [Fact]
    public void Messages_AreBoundedInNumber_AsManyAsARoomMayKeepAtMost()
    {
        var history = new MucHistory();
        for (var i = 0; i < MucRoomConfig.HistoryLengthMax + 10; i++)
        {
            history.Add(Message($"<body>{i}</body>", Start), MucRoomConfig.HistoryLengthMax);
        }

        Assert.Equal(MucRoomConfig.HistoryLengthMax, history.Count);
        Assert.Equal("<body>10</body>", Text(history.Select(null, Reader, Start)[0]));
        history.Trim(3);
        Assert.Equal(3, history.Select(null, Reader, Start).Length);
        history.Clear();
        Assert.Empty(history.Select(null, Reader, Start));
    }

    [Fact]
    public void Messages_AreBoundedInBytes()
    {
        var history = new MucHistory();
        for (var i = 0; i < 20; i++)
        {
            history.Add(Message(new string('x', 100 * 1024), Start), MucRoomConfig.HistoryLengthMax);
        }

        Assert.Equal(5, history.Count);
        history.Clear();
        history.Add(Message(new string('x', 500 * 1024), Start), 10);
        Assert.Equal(1, history.Count);
    }

    /// <summary>The smallest of what is asked for, of whole and of the newest messages, and no smaller than it has to be; <c>maxchars</c> counts what is sent.</summary>
    [Fact]
    public void Selection_SatisfiesAllOfARequest_AndIsNoSmaller()
    {
        var requests = Gen.Choose(0, int.MaxValue - 1).Select(seed => new Random(seed));
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(2000), Prop.ForAll(requests.ToArbitrary(), random =>
        {
            var history = new MucHistory();
            var kept = new List<MucStanza>();
            var now = Start;
            for (var count = random.Next(20); count > 0; count--)
            {
                now += TimeSpan.FromSeconds(random.Next(30));
                var message = Message($"<body>{new string('é', random.Next(300))}</body>", now);
                history.Add(message, 100);
                kept.Add(message);
            }

            now += TimeSpan.FromSeconds(random.Next(30));
            var request = new MucHistoryRequest(
                random.Next(3) == 0 ? random.Next(5000) : null, random.Next(3) == 0 ? random.Next(20) : null, random.Next(3) == 0 ? random.Next(300) : null,
                random.Next(3) == 0 ? now.AddSeconds(-random.Next(300)) : null);

            var selected = history.Select(request, Reader, now);

            Assert.Equal(kept[^selected.Length..], selected);
            Assert.True(Satisfies(selected, request, now), $"{request}: {selected.Length} of {kept.Count}");
            if (request.MaxCharacters is null && selected.Length < kept.Count)
            {
                Assert.False(Satisfies(kept[^(selected.Length + 1)..], request, now), $"{request}: only {selected.Length} of {kept.Count}");
            }
        }));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1_000, 1)]
    [InlineData(10_000, 10)]
    [InlineData(int.MaxValue, 10)]
    public void Characters_AreThoseOfWholeStanzas(int characters, int expected)
    {
        var history = new MucHistory();
        for (var i = 0; i < 10; i++)
        {
            history.Add(Message($"<body>{new string('é', 500)}</body>", Start), 100);
        }

        Assert.Equal(expected, history.Select(new MucHistoryRequest(characters, null, null, null), Reader, Start).Length);
    }

    private static bool Satisfies(IReadOnlyCollection<MucStanza> messages, MucHistoryRequest request, DateTimeOffset now) =>
        !(messages.Sum(Written) > request.MaxCharacters)
        && !(messages.Count > request.MaxStanzas)
        && messages.All(message => !(message.SentAt < request.Since) && !((now - message.SentAt!.Value).TotalSeconds > request.Seconds));

    /// <summary>The characters of a stanza as it goes over the wire.</summary>
    private static int Written(MucStanza message)
    {
        var output = new ArrayBufferWriter<byte>();
        MucStanzaWriter.WriteRest(output, message);
        return Encoding.UTF8.GetString(MucStanzaWriter.Start(message.Kind)).Length + Reader.ToString().Length + Encoding.UTF8.GetString(output.WrittenSpan).Length;
    }

    private static MucStanza Message(string payload, DateTimeOffset at) => new()
    {
        Kind = StanzaKind.Message,
        Type = StanzaType.Groupchat,
        From = Jid.Parse("stage@rooms.verona.example/Romeo"),
        Id = "m1",
        Payload = new MucPayload(Encoding.UTF8.GetBytes(payload), default),
        OccupantId = new string('o', 43),
        SentAt = at,
    };

    private static string Text(MucStanza message) => Encoding.UTF8.GetString(message.Payload.Xml.Span);
}
