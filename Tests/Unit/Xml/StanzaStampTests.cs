using System.Buffers;
using System.Text;
using System.Xml.Linq;
using Krewe.Frontend.Xml;

namespace Krewe.Tests.Unit.Xml;

/// <summary>RFC 6120 §8.1.2.1, §8.1.5, §4.8.3, §4.8.5: what is routed is what was sent, with a believed sender.</summary>
public sealed class StanzaStampTests
{
    private const string Header =
        "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' xmlns:x='urn:x' xmlns:y='it&apos;s' version='1.0'>";
    private const string Declarations = " xmlns:stream='http://etherx.jabber.org/streams' xmlns:x='urn:x' xmlns:y='it&apos;s'";

    [Theory]
    [InlineData("<message/>", "<message| from='o@a/b'/>")]
    [InlineData("<message></message>", "<message| from='o@a/b'></message>")]
    [InlineData("<message />", "<message| from='o@a/b' />")]
    [InlineData("<message to='r@a'><body>hi</body></message>", "<message to='r@a'| from='o@a/b'><body>hi</body></message>")]
    [InlineData("<message to=''/>", "<message to=''| from='o@a/b'/>")]
    [InlineData("<message id='1' to='r@a' type='chat'/>", "<message to='r@a'| from='o@a/b' id='1' type='chat'/>")]
    [InlineData("<iq from='evil@a' id=\"1'\" xmlns='jabber:client' type='get' to=\"o'r@a\"><q xmlns='jabber:client' to='x'/></iq>",
        "<iq to=\"o'r@a\"| from='o@a/b' id=\"1'\" type='get'><q xmlns='jabber:client' to='x'/></iq>")]
    [InlineData("<message xmlns:p='urn:p' p:to='1'\n to = 'r@a' a='>'/>", "<message to='r@a'| from='o@a/b' xmlns:p='urn:p' p:to='1' a='>'/>")]
    [InlineData("<message\n\tto='r&amp;@a'\n/>", "<message to='r&amp;@a'| from='o@a/b'\n/>")]
    [InlineData("<message to='r@a'><x:a/></message>", "<message to='r@a'| from='o@a/b'" + Declarations + "><x:a/></message>")]
    [InlineData("<message xmlns:y='urn:z'><x:a/></message>",
        "<message| from='o@a/b' xmlns:stream='http://etherx.jabber.org/streams' xmlns:x='urn:x' xmlns:y='urn:z'><x:a/></message>")]
    public void Stamp_OfAStanza_IsCanonical(string xml, string expected)
    {
        var stamped = Stamp(xml, "", "", out var toEnd);

        Assert.Equal(expected, stamped.Insert(toEnd, "|"));
        XElement.Parse(stamped);
    }

    [Fact]
    public void Stamp_WithAnotherAddressee_ReplacesOrAddsIt()
    {
        Assert.Equal("<iq to='n@a' from='o@a/b' id='1'/>", Stamp("<iq to='r@a' id='1'/>", "n@a", "", out _));
        Assert.Equal("<iq to='n@a' from='o@a/b' id='1'/>", Stamp("<iq id='1'/>", "n@a", "", out var toEnd));
        Assert.Equal("<iq to='n@a'".Length, toEnd);
    }

    [Fact]
    public void Stamp_WithoutLanguage_TakesTheStreams()
    {
        Assert.Equal("<iq from='o@a/b' xml:lang='de' id='1'/>", Stamp("<iq id='1'/>", "", "de", out _));
        Assert.Equal("<iq from='o@a/b' xml:lang='en'/>", Stamp("<iq xml:lang='en'/>", "", "de", out _));
        Assert.Equal("<iq from='o@a/b' xml:lang=''/>", Stamp("<iq xml:lang=''/>", "", "de", out _));
    }

    [Fact]
    public void Stamp_InOneAllocation_IsTheResult()
    {
        var (head, bytes, _) = Frame("<message to='r@a' from='x' xmlns='jabber:client' id='1'><x:a/></message>");
        var declarations = Encoding.UTF8.GetBytes(Declarations);
        StanzaStamp.Stamp(bytes, head, "o@a/b"u8, default, "de"u8, declarations, out _);

        var before = GC.GetAllocatedBytesForCurrentThread();
        var stamped = StanzaStamp.Stamp(bytes, head, "o@a/b"u8, default, "de"u8, declarations, out _);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.InRange(allocated, stamped.Length, stamped.Length + 32);
    }

    private static string Stamp(string xml, string to, string lang, out int toEnd)
    {
        var (head, bytes, header) = Frame(xml);
        var stamped = StanzaStamp.Stamp(
            bytes, head, "o@a/b"u8, Encoding.UTF8.GetBytes(to), Encoding.UTF8.GetBytes(lang), header.PrefixDeclarations.Span, out toEnd);
        return Encoding.UTF8.GetString(stamped);
    }

    private static (ElementHead Head, byte[] Bytes, StreamHeader Header) Frame(string xml)
    {
        var framer = new StanzaFramer(10_000);
        var buffer = new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(Header + xml));
        Assert.True(framer.TryRead(ref buffer, out _));
        Assert.True(framer.TryRead(ref buffer, out var frame));
        return (frame.Head, frame.Bytes.ToArray(), framer.Header);
    }
}
