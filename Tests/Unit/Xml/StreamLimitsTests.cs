using System.Buffers;
using System.Diagnostics;
using System.Text;
using Krewe.Frontend.Streams;
using Krewe.Frontend.Xml;

namespace Krewe.Tests.Unit.Xml;

/// <summary>RFC 6120 §13.12: limits are met before anything is buffered beyond them, at the same byte however the bytes come.</summary>
public sealed class StreamLimitsTests
{
    private static readonly StreamLimits s_limits = new() { DepthMax = 5, AttributesMax = 3, AttributeBytesMax = 40, NameBytesMax = 10 };

    [Theory]
    [InlineData("<iq>", "</iq>", 100, "a")]
    [InlineData("<iq a='", "'/>", 40, "é")]
    [InlineData("<iq><![CDATA[", "]]></iq>", 100, "]")]
    [InlineData("<iq ", "/>", 100, " ")]
    [InlineData("<iq></iq", ">", 100, " ")]
    public void Item_AtTheLimit_PassesAndOneByteMoreDoesNot(string open, string close, int max, string filling)
    {
        var bytes = Encoding.UTF8.GetByteCount(filling);
        var length = (max - open.Length - close.Length) / bytes * bytes;
        var total = open.Length + length + close.Length;
        var xml = open + string.Concat(Enumerable.Repeat(filling, length / bytes)) + close;

        Assert.StartsWith("Client", Run(xml, total)[0]);
        Assert.Equal("policy-violation", Run(xml, total - 1)[^1]);
        Assert.StartsWith("more", Run(xml[..^(1 + close.Length)], total - 1)[^1]);
    }

    [Fact]
    public void Limit_RaisedAfterAuthentication_LetsMoreThrough()
    {
        var framer = new StanzaFramer(200);
        var buffer = new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(FramerRun.Header + "<iq>" + new string('x', 9_991) + "</iq>"));
        Assert.True(framer.TryRead(ref buffer, out _));

        framer.StanzaBytesMax = 10_000;

        Assert.True(framer.TryRead(ref buffer, out var frame));
        Assert.Equal(10_000, frame.Bytes.Length);
    }

    [Fact]
    public void Header_LongerThanTheLimit_IsRefused() => Assert.Equal("policy-violation", FramerRun.Whole(FramerRun.Header, new StanzaFramer(100))[^1]);

    [Fact]
    public void Elements_TooDeep_AreRefused()
    {
        Assert.StartsWith("Client", Run("<iq><a><a><a><a></a></a></a></a></iq>")[0]);
        Assert.Equal("policy-violation", Run("<iq><a><a><a><a><a>")[^1]);
        Assert.Equal("policy-violation", FramerRun.Whole(FramerRun.Header + string.Concat(Enumerable.Repeat("<a>", 100_000)))[^1]);
    }

    [Fact]
    public void Attributes_TooMany_AreRefused()
    {
        Assert.StartsWith("Client", Run("<iq a='' b='' c=''/>")[0]);
        Assert.Equal("policy-violation", Run("<iq a='' b='' c='' d=''")[^1]);
    }

    [Fact]
    public void Attribute_TooLong_IsRefused()
    {
        Assert.StartsWith("Client", Run("<iq a='1234567890123456789012345678901234567890'/>")[0]);
        Assert.Equal("policy-violation", Run("<iq a='12345678901234567890123456789012345678901")[^1]);
        Assert.Equal("policy-violation", Run("<iq a='1234567890123456789012345678901234567890&amp;'/>")[^1]);
    }

    [Theory]
    [InlineData("<e123456789/>", "<e1234567890")]
    [InlineData("<iq a123456789=''/>", "<iq a1234567890=''/>")]
    [InlineData("<iq a    =    ''/>", "<iq a                                                                                                 =")]
    [InlineData("<iq a='&#000000000000000000000000065;'/>", "<iq>&#00000000000000000000000000000000065;")]
    public void Name_TooLong_IsRefused(string passes, string refused)
    {
        Assert.StartsWith("Client", Run(passes)[0]);
        Assert.Equal("policy-violation", Run(refused)[^1]);
    }

    // A parser that starts over with each read needs some 30 thousand million steps for this.
    [Theory]
    [InlineData("<iq>", "a")]
    [InlineData("<iq a='", "é")]
    [InlineData("<iq><![CDATA[", "]")]
    [InlineData("<iq>", "<a b='c'/>")]
    [InlineData("<iq ", " ")]
    public void Element_ByteByByte_TakesLinearTime(string open, string filling)
    {
        var framer = new StanzaFramer(262_144, StreamLimits.Default with { AttributeBytesMax = 262_144 });
        var bytes = Encoding.UTF8.GetBytes(open + string.Concat(Enumerable.Repeat(filling, 250_000 / Encoding.UTF8.GetByteCount(filling))));
        var header = new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(FramerRun.Header));
        Assert.True(framer.TryRead(ref header, out _));
        var steps = Stopwatch.StartNew();
        for (var length = 1; length <= bytes.Length; length++)
        {
            var buffer = new ReadOnlySequence<byte>(bytes, 0, length);
            Assert.False(framer.TryRead(ref buffer, out _));
        }

        Assert.True(steps.Elapsed < TimeSpan.FromSeconds(10), $"{steps.Elapsed}");
    }

    // The header has come before the limits are tried; all segmentations must agree.
    private static List<string> Run(string xml, int stanzaBytesMax = 10_000)
    {
        var bytes = Encoding.UTF8.GetBytes(xml);
        var runs = new[] { [], [.. Enumerable.Range(1, bytes.Length)], [bytes.Length / 2], new[] { bytes.Length - 2, bytes.Length - 1 } }
            .SelectMany(cuts => new[] { (cuts, true), (cuts, false) })
            .Select(run => FramerRun.InPieces(bytes, run.cuts, run.Item2, Opened(stanzaBytesMax)))
            .ToList();
        Assert.All(runs, run => Assert.Equal(runs[0], run));
        return runs[0];
    }

    private static StanzaFramer Opened(int stanzaBytesMax)
    {
        var framer = new StanzaFramer(10_000, s_limits);
        var header = new ReadOnlySequence<byte>("<s:stream xmlns:s='http://etherx.jabber.org/streams' xmlns='jabber:client'>"u8.ToArray());
        Assert.True(framer.TryRead(ref header, out _));
        framer.StanzaBytesMax = stanzaBytesMax;
        return framer;
    }
}
