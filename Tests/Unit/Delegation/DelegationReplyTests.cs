using System.Buffers;
using System.Text;
using System.Xml.Linq;
using FsCheck;
using FsCheck.Fluent;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Delegation;
using Krewe.Frontend.Streams;
using Krewe.Frontend.Xml;

namespace Krewe.Tests.Unit.Delegation;

/// <summary>XEP-0355 §4.3: whatever a delegate sends, what is taken for an answer is one.</summary>
public sealed class DelegationReplyTests
{
    private const string Juliet = "juliet@verona.example/balcony";

    private const string Header = "<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' to='pubsub.verona.example'>";

    private const string Good = """
        <iq type='result' id='w' from='pubsub.verona.example' to='verona.example' xmlns:p='urn:p'> <delegation xmlns='urn:xmpp:delegation:2'>
        <forwarded xmlns='urn:xmpp:forward:0'><iq xmlns='jabber:client' id='q1' type='result' to='juliet@verona.example/balcony' from='nurse@verona.example'>
        <p:query node='x'>text &amp; <item xmlns='urn:i'/></p:query></iq></forwarded></delegation></iq>
        """;

    private const string Error = """
        <iq type='result' id='w' from='pubsub.verona.example' to='verona.example'><delegation xmlns='urn:xmpp:delegation:2'><forwarded xmlns='urn:xmpp:forward:0'>
        <iq xmlns='jabber:client' id='q1' type='error' to='juliet@verona.example/balcony'><error type='wait'><conflict xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>
        </forwarded></delegation></iq>
        """;

    private static readonly DelegationReply.Expected Expected = new(Jid.Parse(Juliet), Jid.Parse("nurse@verona.example"), "verona.example", "q1", 2);

    /// <summary>Pieces that matter, to be put anywhere.</summary>
    private static readonly string[] Shreds =
    [
        "</iq>", "<iq xmlns='jabber:client' id='q1' type='result' to='romeo@verona.example/orchard'/>", " to='romeo@verona.example'", " from='boss@verona.example'", " id='q2'", " type='get'",
        " xmlns='urn:x'", " xmlns='jabber:client'", "<error type='cancel'/>", "</forwarded>", "<forwarded xmlns='urn:xmpp:forward:0'>", "<delegation xmlns='urn:xmpp:delegation:1'>", "text", " ", "<![CDATA[x]]>",
        "&#32;", "p:", "xmlns:p='urn:q' ", "<x/>", "'", ">", "/>",
    ];

    [Fact]
    public void Reply_InAnyTwoPieces_GivesTheSameAnswer()
    {
        var whole = Read(Encoding.UTF8.GetBytes(Good));
        Assert.Equal(
            "<iq to=\"juliet@verona.example/balcony\" from=\"nurse@verona.example\" xmlns:p=\"urn:p\" id=\"q1\" type=\"result\"><p:query node=\"x\">text &amp; <item xmlns=\"urn:i\" /></p:query></iq>",
            Plain(whole!));
        var bytes = Encoding.UTF8.GetBytes(Good);
        for (var cut = 1; cut < bytes.Length; cut++)
        {
            Assert.Equal(whole, Read(bytes, cut));
        }
    }

    [Fact]
    public void Error_IsPassedOnAsItIs() => Assert.Equal(
        "<iq to=\"juliet@verona.example/balcony\" from=\"nurse@verona.example\" id=\"q1\" type=\"error\"><error type=\"wait\"><conflict xmlns=\"urn:ietf:params:xml:ns:xmpp-stanzas\" /></error></iq>",
        Plain(Read(Encoding.UTF8.GetBytes(Error))!));

    /// <summary>An independent parser judges what got through: nothing but an answer, of the right id, to and from the right ones, with at most one payload.</summary>
    [Fact]
    public void Reply_HoweverDamaged_IsAnAnswerOrNone()
    {
        int taken = 0, refused = 0;
        var damaged = from text in Gen.Elements(Good, Error)
                      from cuts in Gen.Choose(1, 3)
                      from places in Gen.Choose(0, text.Length - 1).ListOf(cuts)
                      from kinds in Gen.Choose(0, 3).ListOf(cuts)
                      from lengths in Gen.Choose(1, 60).ListOf(cuts)
                      from shreds in Gen.Elements(Shreds).ListOf(cuts)
                      select Damage(text, places, kinds, lengths, shreds);
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(5000), Prop.ForAll(damaged.ToArbitrary(), text =>
        {
            if (Read(Encoding.UTF8.GetBytes(text)) is not { } answer)
            {
                refused++;
                return;
            }

            taken++;
            var iq = XElement.Parse($"<all xmlns='jabber:client'>{Encoding.UTF8.GetString(answer)}</all>").Elements().Single();
            Assert.Equal("{jabber:client}iq", iq.Name.ToString());
            Assert.Equal(("q1", Juliet, "nurse@verona.example"), (iq.Attribute("id")?.Value, iq.Attribute("to")?.Value, iq.Attribute("from")?.Value));
            Assert.Contains(iq.Attribute("type")?.Value, (string[])["result", "error"]);
            Assert.True(string.IsNullOrWhiteSpace(string.Concat(iq.Nodes().OfType<XText>().Select(node => node.Value))));
            var isError = iq.Attribute("type")?.Value == "error";
            Assert.InRange(iq.Elements().Count(), isError ? 1 : 0, isError ? 2 : 1);
            Assert.Equal(isError, iq.Elements("{jabber:client}error").Count() == 1 && isError);
        }));
        Assert.True(taken > 100 && refused > 1000, $"{taken} taken, {refused} refused: no test");
    }

    private static string Damage(string text, IList<int> places, IList<int> kinds, IList<int> lengths, IList<string> shreds)
    {
        for (var i = 0; i < places.Count && text.Length > 0; i++)
        {
            var at = places[i] % text.Length;
            var length = Math.Min(lengths[i], text.Length - at);
            text = kinds[i] switch
            {
                0 => text.Remove(at, length),
                1 => text.Insert(at, text.Substring(at, length)),
                2 => text.Insert(at, shreds[i]),
                _ => text.Remove(at, 1).Insert(at, shreds[i][..1]),
            };
        }

        return text;
    }

    /// <summary>As it comes out of a component's stream: null when it does not, or is no answer.</summary>
    private static byte[]? Read(byte[] wrapper, int cut = 0)
    {
        var framer = new StanzaFramer(StreamLimits.Default.StanzaBytesMax);
        var buffer = new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(Header));
        Assert.True(framer.TryRead(ref buffer, out _));
        try
        {
            buffer = new ReadOnlySequence<byte>(wrapper[..cut]);
            if (cut > 0 && framer.TryRead(ref buffer, out _))
            {
                Assert.Fail("half of it is taken for all");
            }

            buffer = new ReadOnlySequence<byte>(wrapper);
            if (!framer.TryRead(ref buffer, out var frame) || frame is not { Kind: FrameKind.Element, Head: { IsStanza: true, Kind: StanzaKind.Iq, StanzaType: StanzaType.Result } })
            {
                return null;
            }

            byte[]? rented = null;
            return DelegationReply.TryRead(frame.Contiguous(ref rented), Expected, Encoding.UTF8.GetBytes(Juliet), out var answer) ? answer : null;
        }
        catch (StreamException)
        {
            return null;
        }
    }

    private static string Plain(byte[] iq) => XElement.Parse(Encoding.UTF8.GetString(iq)).ToString(SaveOptions.DisableFormatting);
}
