using System.Buffers;
using System.Text;
using BenchmarkDotNet.Attributes;
using Krewe.Frontend.Xml;

namespace Krewe.Benchmarks.Xml;

/// <summary>One chat message of 300 bytes: framed and peeked, then also stamped for the way to its addressee.</summary>
[MemoryDiagnoser]
public class FramerBenchmark
{
    private const string Header =
        "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='capulet.example' version='1.0'>";

    private const string Message =
        "<message to='juliet@capulet.example' type='chat' id='b4a1c9d2-8f3e-4d9a' xml:lang='en'>"
        + "<body>Art thou not Romeo, and a Montague? Neither, fair saint, if either</body><thread>e0ffe42b28561960c6b12b</thread>"
        + "<active xmlns='http://jabber.org/protocol/chatstates'/><request xmlns='urn:xmpp:receipts'/></message>";

    private StanzaFramer _framer = null!;
    private ReadOnlySequence<byte> _whole;
    private ReadOnlySequence<byte> _halves;

    [GlobalSetup]
    public void Open()
    {
        _framer = new StanzaFramer(262_144);
        var header = new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(Header));
        _framer.TryRead(ref header, out _);
        var bytes = Encoding.UTF8.GetBytes(Message);
        if (bytes.Length is < 290 or > 310)
        {
            throw new InvalidOperationException($"The message has {bytes.Length} bytes.");
        }

        _whole = new ReadOnlySequence<byte>(bytes);
        var second = new Segment(bytes.AsMemory(150), 150);
        _halves = new ReadOnlySequence<byte>(new Segment(bytes.AsMemory(0, 150), 0, second), 0, second, second.Memory.Length);
    }

    [Benchmark(Baseline = true)]
    public int FrameAndPeek()
    {
        var buffer = _whole;
        return _framer.TryRead(ref buffer, out var frame) ? frame.Head.ChildElements : throw new InvalidOperationException();
    }

    [Benchmark]
    public int FrameAndPeekInTwoSegments()
    {
        var buffer = _halves;
        return _framer.TryRead(ref buffer, out var frame) ? frame.Head.ChildElements : throw new InvalidOperationException();
    }

    [Benchmark]
    public byte[] FramePeekAndStamp()
    {
        var buffer = _whole;
        _framer.TryRead(ref buffer, out var frame);
        return StanzaStamp.Stamp(frame.Bytes.FirstSpan, frame.Head, "romeo@montague.example/orchard"u8, default, "en"u8, default, out _);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, long index, Segment? next = null)
        {
            Memory = memory;
            RunningIndex = index;
            Next = next;
        }
    }
}
