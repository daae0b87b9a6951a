using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Krewe.Frontend.Streams;
using Krewe.Frontend.Xml;
using Krewe.Tests.Fuzz;

namespace Krewe.Tests.Unit.Xml;

/// <summary>RFC 7395 §3.3: what a message may be, and what is wrong with those that are not.</summary>
public sealed class MessageFramerTests
{
    private const string Open = "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='a.example' version='1.0' xml:lang='en'/>";

    [Fact]
    public void Stream_FromOpenToClose_IsHeaderElementsAndEnd()
    {
        var framer = new MessageFramer(10_000);

        var said = Run(framer, Open, "<message xmlns='jabber:client' to='b@a.example'/>", "<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>");

        Assert.StartsWith("header to=a.example ns=None fault= ", said[0], StringComparison.Ordinal);
        Assert.StartsWith("Client True Message Normal name=message to=True:b@a.example", said[1], StringComparison.Ordinal);
        Assert.StartsWith("end ", said[2], StringComparison.Ordinal);
        Assert.Equal("more ", said[3]);
        Assert.Equal(("1.0", "en"), (framer.Header.Version, framer.Header.Lang));
    }

    [Theory]
    [InlineData("<?xml version='1.0'?><iq xmlns='jabber:client' type='get' id='1'/>")]
    [InlineData("<?xml version='1.0' encoding='utf-8'?>\n<iq xmlns='jabber:client' type='get' id='1'/>")]
    [InlineData("<iq xmlns='jabber:client' type='get' id='1'/>\n")]
    [InlineData("<r xmlns='urn:xmpp:sm:3'/>")]
    [InlineData("<a:auth xmlns:a='urn:ietf:params:xml:ns:xmpp-sasl'/>")]
    public void Message_ThatIsADocument_IsTaken(string message) => Assert.Equal("more ", Run(new MessageFramer(10_000), Open, message, message)[^1]);

    [Theory]
    [InlineData("", "bad-format")]
    [InlineData(" ", "bad-format")]
    [InlineData("\n<iq xmlns='jabber:client'/>", "bad-format")]
    [InlineData("\uFEFF<iq xmlns='jabber:client'/>", "bad-format")]
    [InlineData("hello", "bad-format")]
    [InlineData("<iq xmlns='jabber:client'/><iq xmlns='jabber:client'/>", "not-well-formed")]
    [InlineData("<iq xmlns='jabber:client'/>x", "not-well-formed")]
    [InlineData("<iq xmlns='jabber:client'/>\0", "not-well-formed")]
    [InlineData("<iq xmlns='jabber:client'>", "not-well-formed")]
    [InlineData("<iq xmlns='jabber:client'", "not-well-formed")]
    [InlineData("</iq>", "not-well-formed")]
    [InlineData("</>", "not-well-formed")]
    [InlineData("<", "not-well-formed")]
    [InlineData("<x:iq xmlns='jabber:client'/>", "not-well-formed")]
    [InlineData("<?xml version='1.0'?>", "not-well-formed")]
    [InlineData("<?xml version='1.0'?>x", "not-well-formed")]
    [InlineData("<?xml version='1.0' encoding='latin1'?><iq xmlns='jabber:client'/>", "unsupported-encoding")]
    [InlineData("<?xml version='1.0'?><?xml version='1.0'?><iq xmlns='jabber:client'/>", "restricted-xml")]
    [InlineData("<!-- a --><iq xmlns='jabber:client'/>", "restricted-xml")]
    [InlineData("<!DOCTYPE a><iq xmlns='jabber:client'/>", "restricted-xml")]
    [InlineData("<iq/>", "invalid-namespace")]
    [InlineData("<message to='b@a.example'><body>a</body></message>", "invalid-namespace")]
    [InlineData("<message xmlns='jabber:component:accept'/>", "invalid-namespace")]
    [InlineData("<close xmlns='jabber:client'/>", "invalid-namespace")]
    [InlineData("<open xmlns='jabber:client' to='a.example' version='1.0'/>", "invalid-namespace")]
    public void Message_ThatIsNone_IsTheStreamErrorOfItsFault(string message, string condition) =>
        Assert.Equal(condition, Run(new MessageFramer(10_000), Open, message)[^1]);

    [Theory]
    [InlineData("<open to='a.example' version='1.0'/>", "invalid-namespace")]
    [InlineData("<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='a.example' version='1.0'/>", "invalid-namespace")]
    [InlineData("<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='a.example' version='1.0'>", "not-well-formed")]
    [InlineData("<iq xmlns='jabber:client' type='get'/>", "invalid-namespace")]
    public void Stream_ThatBeginsOtherwise_IsRefused(string message, string condition) => Assert.Equal(condition, Run(new MessageFramer(10_000), message)[^1]);

    [Fact]
    public void Declarations_OfOneMessage_DoNotHoldInTheNext()
    {
        var open = Open.Replace(" to=", " xmlns:x='urn:x' to=", StringComparison.Ordinal);
        Assert.Equal("not-well-formed", Run(new MessageFramer(10_000), open, "<iq xmlns='jabber:client'><x:a/></iq>")[^1]);
        Assert.Equal("not-well-formed", Run(new MessageFramer(10_000), Open, "<iq xmlns='jabber:client' xmlns:x='urn:x'><x:a/></iq>", "<iq xmlns='jabber:client'><x:a/></iq>")[^1]);
    }

    [Fact]
    public void Restart_BeginsWithAnOpen()
    {
        var framer = new MessageFramer(10_000);
        Assert.Equal("more ", Run(framer, Open, "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'/>")[^1]);

        framer.Restart();
        Assert.Equal("more ", Run(framer, Open.Replace("a.example", "b.example", StringComparison.Ordinal))[^1]);
        Assert.Equal("b.example", framer.Header.To);

        framer.Restart();
        Assert.Equal("invalid-namespace", Run(framer, "<iq xmlns='jabber:client'/>")[^1]);
    }

    [Theory]
    [InlineData(100, "more ")]
    [InlineData(101, "policy-violation")]
    public void Message_OverTheLimit_IsRefused(int length, string said)
    {
        var framer = new MessageFramer(100);
        var empty = "<a xmlns='urn:a'></a>";
        Assert.Equal(said, Run(framer, Open, empty.Insert(empty.IndexOf('>') + 1, new string('x', length - empty.Length)))[^1]);
    }

    [Fact]
    public void Message_OverTheLimit_IsRefusedBeforeItsEndHasCome()
    {
        var framer = new MessageFramer(100);
        Run(framer, Open);
        Assert.Equal("policy-violation", FramerRun.Whole(Encoding.UTF8.GetBytes($"<a xmlns='urn:a'>{new string('x', 100)}"), framer)[^1]);
    }

    [Fact]
    public void Messages_InAnyPieces_AreTheSameFrames() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(600),
        Prop.ForAll(XmlDocuments.Elements.ToArbitrary(), Gen.Choose(1, 9).ToArbitrary(), (elements, step) =>
        {
            var bytes = Bytes([Open, .. elements]);
            int[] cuts = [.. Enumerable.Range(1, bytes.Length - 1).Where(cut => cut % step == 0)];
            var whole = FramerRun.Whole(bytes, new MessageFramer(262_144));
            return whole.SequenceEqual(FramerRun.InPieces(bytes, cuts, asSegments: true, new MessageFramer(262_144)))
                && whole.SequenceEqual(FramerRun.InPieces(bytes, cuts, asSegments: false, new MessageFramer(262_144)));
        }));

    /// <summary>What needs nothing of its stream is the same over TCP and over WebSocket.</summary>
    [Fact]
    public void Elements_ThatDeclareAllTheyNeed_AreReadAsInAStream()
    {
        var compared = 0;
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(2000), Prop.ForAll(XmlDocuments.Element.ToArbitrary(), xml =>
        {
            var element = $"<message xmlns='jabber:client'>{xml}</message>";
            var inStream = FramerRun.Whole($"<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>{element}");
            if (inStream is not [_, var expected, "more "] || expected.Contains("prefix=True", StringComparison.Ordinal))
            {
                return;
            }

            compared++;
            Assert.Equal(expected, Run(new MessageFramer(262_144), Open, element)[1]);
        }));

        Assert.True(compared > 300, $"{compared} compared");
    }

    private static List<string> Run(MessageFramer framer, params string[] messages) => FramerRun.Whole(Bytes(messages), framer);

    private static byte[] Bytes(string[] messages) => [.. messages.SelectMany(message => (byte[])[.. Encoding.UTF8.GetBytes(message), 0xFF])];
}
